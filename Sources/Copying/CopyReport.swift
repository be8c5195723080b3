public import LinuxSystem

/// An entry that was not carried, or not wholly, and why.
public struct SkippedEntry: Hashable, Sendable {
    /// Why.
    public enum Reason: Hashable, Sendable {
        /// The source could not be read.
        case unreadable(SystemError)
        /// It changed in every attempt to read it; the destination keeps what it had.
        case changedWhileRead
        /// The destination did not take it.
        case refused(SystemError)
        /// It was carried, but for an attribute that the destination does not take.
        case attributeRefused(SystemError)
        /// It would replace a folder that holds excluded entries.
        case holdsExcluded
        /// A folder with contents is in its place, and nothing is removed.
        case folderInTheWay
        /// Its name is one of those that the caller protects.
        case reservedName
        /// It is the destination itself.
        case isDestination
        /// It is an `.extbackupignore` whose rules do not hold: it excludes nothing, and nothing is deleted in its
        /// folder and below.
        case unusableRules(IgnoreFileError)
    }

    /// From the root of the tree.
    public let path: FileName
    /// Why.
    public let reason: Reason

    /// Names an entry and why it was not carried.
    public init(path: FileName, reason: Reason) {
        self.path = path
        self.reason = reason
    }
}

extension SkippedEntry: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch reason {
        case .unreadable(let error): "\(path) cannot be read: \(error)"
        case .changedWhileRead: "\(path) changed while it was read"
        case .refused(let error): "\(path) is refused by the destination: \(error)"
        case .attributeRefused(let error): "\(path) is copied without an attribute: \(error)"
        case .holdsExcluded: "\(path) would replace a folder that holds excluded entries"
        case .folderInTheWay: "\(path) was not copied: a folder with contents is in the way"
        case .reservedName: "\(path) has a name that is reserved on the destination"
        case .isDestination: "\(path) is the destination itself"
        case .unusableRules(let error): "\(path) \(error); its rules are not used"
        }
    }
}

/// Entries that were not carried: the first thousand by name, the others by number.
public struct SkippedEntries: Sendable {
    /// The first ones.
    public private(set) var listed: [SkippedEntry] = []
    /// How many in all.
    public private(set) var count = 0

    static let listLimit = 1000

    mutating func append(_ path: FileName, _ reason: SkippedEntry.Reason) {
        count += 1
        if listed.count < Self.listLimit { listed.append(SkippedEntry(path: path, reason: reason)) }
    }
}

/// How far the work is. Times are left to the caller.
public struct CopyProgress: Sendable {
    /// What is going on.
    public enum Phase: Hashable, Sendable {
        /// Both sides are walked; nothing is written.
        case scanning
        /// Contents are copied and metadata repaired.
        case copying
        /// What the source does not have is removed.
        case deleting
        /// Folders get their metadata, the last data go to the device.
        case finishing
    }

    /// What is going on.
    public internal(set) var phase = Phase.scanning
    /// Entries of both sides that were looked at.
    public internal(set) var entriesScanned = 0
    /// Bytes of contents that are done, holes included.
    public internal(set) var bytesDone: Int64 = 0
    /// Bytes of contents to do, holes included.
    public internal(set) var bytesTotal: Int64 = 0
    /// Changes made.
    public internal(set) var changesDone = 0
    /// Changes to make.
    public internal(set) var changesTotal = 0
    /// Where the work is, from the root of the tree.
    public internal(set) var path = FileName()

    /// The state before anything was done.
    public init() {}
}

/// What a plan would do, for guards and for people.
public struct PlanSummary: Hashable, Sendable {
    /// Entries of the source that are carried, the root not counted.
    public internal(set) var sourceEntryCount = 0
    /// Entries of the destination that are neither excluded nor protected, the root not counted.
    public internal(set) var destinationEntryCount = 0
    /// Entries that the destination does not have; folders not counted.
    public internal(set) var newFiles = 0
    /// Entries whose contents change.
    public internal(set) var changedFiles = 0
    /// Entries whose metadata alone change, folders among them.
    public internal(set) var metadataOnly = 0
    /// Folders that the destination does not have.
    public internal(set) var newFolders = 0
    /// Names that become further names of a file, of the destination or of an earlier copy.
    public internal(set) var links = 0
    /// Files and folders that are renamed instead of copied.
    public internal(set) var moves = 0
    /// Entries that are removed; folders not counted.
    public internal(set) var deletedFiles = 0
    /// Folders that are removed.
    public internal(set) var deletedFolders = 0
    /// Unfinished files of a killed run that are removed.
    public internal(set) var leftovers = 0
    /// Entries of the destination that the manifest does not know and that stay: they are excluded.
    public internal(set) var strangersThatStay = 0
    /// Entries of the destination that neither the manifest nor the source has; they go with the deletions.
    public internal(set) var strangersThatGo = 0
    /// Bytes of contents to write, holes included.
    public internal(set) var bytesToWrite: Int64 = 0
    /// Bytes that must be free on the destination: what is added, in its allocation units, with an estimate for
    /// metadata, and what old and new versions need side by side.
    public internal(set) var spaceNeeded: Int64 = 0
    /// Bytes that the deletions give back.
    public internal(set) var spaceFreedByDeletion: Int64 = 0

    /// Entries that are removed.
    public var deletionCount: Int { deletedFiles + deletedFolders }
    /// True when there is nothing to do.
    public var isEmpty: Bool {
        newFiles + changedFiles + metadataOnly + newFolders + links + moves + deletionCount + leftovers == 0
    }
}

/// What came of a plan.
public struct CopyOutcome: Sendable {
    /// Files, symbolic links and others whose contents were written.
    public internal(set) var copiedFiles = 0
    /// Bytes of contents written, holes not counted.
    public internal(set) var copiedBytes: Int64 = 0
    /// Folders made.
    public internal(set) var madeFolders = 0
    /// Hard links made.
    public internal(set) var links = 0
    /// Files and folders that were renamed.
    public internal(set) var moved = 0
    /// Entries whose metadata alone were repaired.
    public internal(set) var repaired = 0
    /// Entries removed, those inside removed folders counted, or moved to the earlier versions, where a folder counts
    /// once.
    public internal(set) var deleted = 0
    /// Changes not made because they remove something and deletions are held. A folder counts once.
    public internal(set) var held = 0
    /// Of these, the entries that were not copied because a folder with contents is in their place.
    public internal(set) var blocked = SkippedEntries()
    /// Deletions not made because something could not be read: a file in the same folder, or a folder anywhere, where
    /// what is missing may be. A folder counts once.
    public internal(set) var withheld = 0
    /// True when a part of the destination may differ from what the manifest says: it refused something, or something was
    /// not looked at: a folder that vanished, one that holds a mount point or is excluded. Then the manifest must not
    /// be sealed.
    public internal(set) var leavesDoubt = false
    /// What could not be carried.
    public internal(set) var skipped = SkippedEntries()
    /// Entries that were there when the plan was made and are gone.
    public internal(set) var vanished = SkippedEntries()
    /// Time to walk both trees.
    public internal(set) var scanDuration = Duration.zero
    /// Time to carry the plan out.
    public internal(set) var applyDuration = Duration.zero

    /// True when something could not be carried: the exit status is "partial".
    public var isPartial: Bool { skipped.count > 0 }
}
