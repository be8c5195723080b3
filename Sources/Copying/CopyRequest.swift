public import LinuxSystem

/// What to copy where.
///
/// The copier makes the destination equal to the source: everything that `rsync -aHAXS --delete --numeric-ids SRC/
/// DST/` carries, and what rsync loses as well (changes within a second, split hard links). It works in two
/// steps. `CopyPlan.make` walks both trees and writes nothing; the caller looks at the plan's summary and decides
/// (guards, free space); `apply` carries it out. After an error, a kill or a pulled plug every name on the
/// destination holds its old or its new contents, whole, and the next run converges.
public struct CopyRequest: Sendable {
    /// Whether folders on other file systems below the source belong to it.
    public enum Boundary: Sendable {
        /// A folder where another file system is mounted becomes an empty folder; what the destination has in it
        /// stays.
        case oneFileSystem
        /// All that can be reached is copied.
        case acrossFileSystems
    }

    /// How large files that changed are written.
    public enum Update: Sendable {
        /// Whole, or as a clone that shares the unchanged blocks; then in the place of the earlier version.
        case atomic
        /// As `atomic` where blocks can be shared. Elsewhere the changed blocks of files from 1 MiB on are written into
        /// the earlier version: less is written, and when the run is cut off there, the file is torn until the next.
        case inPlace
    }

    /// What tells that a file's contents are what they were.
    public enum Comparison: Sendable {
        /// Its size and its time.
        case sizeAndTime
        /// Files of equal size and time are read: against the hash of a sealed manifest, else on both sides.
        case contents
    }

    let source: SharedDescriptor
    let destination: SharedDescriptor
    let selection: EntrySelection
    let boundary: Boundary
    let protected: Set<FileName>
    let workFolder: FileName
    let manifest: ManifestPart?
    let update: Update
    let comparison: Comparison
    /// How many places are remembered to find what was moved.
    var moveLimit = MovedPlaces.limit
    private(set) var earlierVersions: SharedDescriptor?
    private(set) var references: [SharedDescriptor] = []
    private(set) var omitted: [EntryStatus] = []

    /// Describes what to copy; both descriptors are directories open for reading, and are duplicated.
    ///
    /// - Parameter protected: names directly below the destination's root that are not touched, whatever the
    ///   source holds.
    /// - Parameter workFolder: where a plan that is too large for memory waits, in a file without a name.
    /// - Parameter manifest: what is known of the destination, and will be.
    public init(
        source: borrowing Descriptor,
        destination: borrowing Descriptor,
        selection: EntrySelection = EntrySelection(),
        boundary: Boundary = .oneFileSystem,
        protected: Set<FileName> = [],
        workFolder: FileName = "/var/tmp",
        manifest: ManifestPart? = nil,
        update: Update = .atomic,
        comparison: Comparison = .sizeAndTime
    ) throws(SystemError) {
        self.source = SharedDescriptor(try source.duplicate())
        self.destination = SharedDescriptor(try destination.duplicate())
        self.selection = selection
        self.boundary = boundary
        self.protected = protected
        self.workFolder = workFolder
        self.manifest = manifest
        self.update = update
        self.comparison = comparison
    }

    /// From now on what would be overwritten or removed is moved into `folder`, under the same path. It is on the
    /// destination's file system, and neither the destination nor above it; where it is in it, `protected` holds it.
    public mutating func keepEarlierVersions(in folder: borrowing Descriptor) throws(SystemError) {
        earlierVersions = SharedDescriptor(try folder.duplicate())
    }

    /// From now on what `folder`, an earlier copy, has unchanged under the same path is linked from there instead of
    /// copied. It is on the destination's file system, and neither the destination nor in it; nothing in it is
    /// changed. Where several folders have the entry, the first one wins.
    public mutating func linkUnchanged(from folder: borrowing Descriptor) throws(SystemError) {
        references.append(SharedDescriptor(try folder.duplicate()))
    }

    /// From now on a folder is not carried, wherever the source has it: in its place, mounted once more, in a snapshot.
    /// Unlike what a selection leaves out it is not protected: what the destination has under its name is deleted.
    public mutating func omit(_ folder: EntryStatus) {
        omitted.append(folder)
    }

    /// True for a folder that is not carried.
    func isOmitted(_ folder: EntryStatus) -> Bool {
        omitted.contains { folder.isSnapshot(of: $0) }
    }

    /// How folders of the source are opened.
    var sourceResolution: Resolution {
        switch boundary {
        case .oneFileSystem: .beneath
        case .acrossFileSystems: .beneathAcrossMounts
        }
    }
}

/// An open file or folder with several owners; closed when the last one lets go.
final class SharedDescriptor: Sendable {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
