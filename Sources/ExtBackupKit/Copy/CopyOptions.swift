public import Copying
public import LinuxSystem

/// What `extbackup copy` is asked to do: one value, so that what the engine learns is one line here.
public struct CopyOptions: Sendable {
    /// What becomes of entries that the source does not have.
    public enum Deleting: Hashable, Sendable {
        /// They stay.
        case nothing
        /// They are removed.
        case everything
        /// They are removed if they are not more than this; otherwise all of them stay.
        case atMost(Int)
    }

    /// Whether anything is written.
    public enum Mode: Hashable, Sendable {
        /// The plan is carried out.
        case copy
        /// The plan is told only.
        case preview
    }

    /// The folder whose contents are copied.
    public var source: FileName
    /// The folder that becomes equal to it; made when only its last part is missing.
    public var destination: FileName
    /// What becomes of entries that the source does not have.
    public var deleting = Deleting.nothing
    /// Which entries are copied.
    public var filter = FilterRules()
    /// Whether folders on other file systems are copied.
    public var boundary = CopyRequest.Boundary.acrossFileSystems
    /// How large files that changed are written.
    public var update = CopyRequest.Update.atomic
    /// Where what is overwritten or removed goes: relative to the destination, or absolute on its file system.
    public var backupFolder: FileName?
    /// Earlier copies from which what they have unchanged is linked, the first one that has it wins: relative to the
    /// destination, or absolute on its file system.
    public var linkFolders: [FileName] = []
    /// What tells that a file's contents are what they were.
    public var comparison = CopyRequest.Comparison.sizeAndTime
    /// The file that describes the destination between runs.
    public var manifest: FileName?
    /// Whether anything is written.
    public var mode = Mode.copy

    /// A plain copy that removes nothing.
    public init(source: FileName, destination: FileName) {
        self.source = source
        self.destination = destination
    }
}
