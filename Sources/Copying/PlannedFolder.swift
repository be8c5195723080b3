internal import LinuxSystem

/// A folder in which something is to be done, with what is to be done in it.
///
/// The plan is a sequence of them in which a folder comes before those below it. One folder may come several times.
struct PlannedFolder: Equatable {
    enum State: UInt8 {
        /// It is on the destination.
        case present
        /// It is made.
        case new
        /// It is made in the place of something that is no folder.
        case replacesEntry
        /// It is on the destination and has nothing to do with the source: things are removed in it, and what stays
        /// keeps it; or it could not be read on the source. Its metadata are not touched.
        case retained
    }

    /// From the root, whose path is empty.
    let path: FileName
    var state: State
    /// What of its metadata is repaired, its time apart, which every change inside touches.
    var differences: Differences = []
    /// Its time is touched though none of its steps says so: a folder is made in it, or something is moved out of it.
    var timeChanges = false
    /// Its number in the manifest, and that of the folder above; 0 without a manifest.
    var number = FolderNumber(rawValue: 0)
    var parent = FolderNumber(rawValue: 0)
    var steps: [PlannedStep] = []

    /// True when the folder's metadata are set at the end: it is made, repaired, or its time was touched.
    var needsFinish: Bool {
        switch state {
        case .present: !differences.isEmpty || timeChanges || steps.contains { $0.touchesFolder }
        case .new, .replacesEntry: true
        case .retained: false
        }
    }
}

/// Something to be done with one name in a folder.
struct PlannedStep: Equatable {
    /// What the destination has under the name.
    enum Replaced: UInt8 {
        case nothing
        /// Something that a rename replaces in one step.
        case entry
        case emptyFolder
        /// A folder with contents: a deletion, which may be held.
        case folder
    }

    enum Action: Equatable {
        /// New contents, or a new symbolic link, device, FIFO or socket. `group` is set for the first of several
        /// names.
        case copy(replacing: Replaced, size: Int64, group: Int?)
        /// A file of which all but a time that nobody can set is as it was: its contents are copied only if their hash
        /// is another one.
        case check(size: Int64, hash: ContentHash)
        /// It was moved on the source, and is moved on the destination.
        case move(from: ManifestPlace)
        /// Metadata alone.
        case repair
        /// Another name of the group's file, of which `leader` is the first one. `mirrorIsEqual`: what is there is an
        /// equal copy that will do when the file system allows no more names.
        case link(
            group: Int,
            leader: LinkTable.Leader,
            replacing: Replaced,
            size: Int64,
            mirrorIsEqual: Bool
        )
        /// An earlier copy has it: it is linked from there. `group` as with `copy`.
        case linkReference(tree: Int, replacing: Replaced, size: Int64, group: Int?)
        /// Removed with everything in it.
        case remove
        /// What a killed run left behind.
        case removeLeftover
        /// The destination is right, the manifest is to be told. `child`: the number of a folder, else 0.
        case record(child: FolderNumber)
        /// The manifest knows of something that is on neither side.
        case forget
    }

    let name: FileName
    let kind: EntryKind
    let action: Action
    /// How the destination's entry differs; empty where it has none.
    var differences: Differences = []

    /// True when it changes the time of the folder.
    var touchesFolder: Bool {
        switch action {
        case .copy, .check, .move, .link, .linkReference, .remove, .removeLeftover: true
        case .repair, .record, .forget: false
        }
    }
}

/// In what two entries of one name differ.
public struct Differences: OptionSet, Hashable, Sendable {
    /// One bit each.
    public let rawValue: UInt8
    /// Takes the bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Bytes of a file, target of a link, number of a device.
    public static var contents: Differences { Differences(rawValue: 1) }
    /// Size.
    public static var size: Differences { Differences(rawValue: 2) }
    /// Time of the last change.
    public static var time: Differences { Differences(rawValue: 4) }
    /// Permission bits.
    public static var permissions: Differences { Differences(rawValue: 8) }
    /// Owner.
    public static var owner: Differences { Differences(rawValue: 16) }
    /// Owning group.
    public static var group: Differences { Differences(rawValue: 32) }
    /// Access control lists.
    public static var accessLists: Differences { Differences(rawValue: 64) }
    /// Other extended attributes.
    public static var attributes: Differences { Differences(rawValue: 128) }
}

/// Names that the copier gives to what is not finished, in the folder where it will be.
enum TemporaryName {
    private static let prefix = Array(".extbackup-tmp-".utf8)

    static func random() -> FileName {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return FileName(".extbackup-tmp-" + String(repeating: "0", count: 16 - digits.count) + digits)
    }

    static func matches(_ name: FileName) -> Bool {
        name.bytes.count == prefix.count + 16 && name.bytes.starts(with: prefix)
            && name.bytes.dropFirst(prefix.count).allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}
