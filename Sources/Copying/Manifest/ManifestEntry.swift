public import LinuxSystem

/// The number of a folder in a manifest. It stays with the folder wherever that moves, so a move changes one row.
public struct FolderNumber: RawRepresentable, Hashable, Sendable {
    /// The number in the file.
    public let rawValue: Int64

    /// Takes a number from the file.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// What the one row of the top itself is filed under, with the empty name.
    public static var aboveTop: FolderNumber { FolderNumber(rawValue: 0) }
    /// The top of the destination.
    public static var top: FolderNumber { FolderNumber(rawValue: 1) }
}

/// The number under which a manifest keeps the hashes of a large file's blocks. All names of the file share it.
public struct BlockListNumber: RawRepresentable, Hashable, Sendable {
    /// The number in the file.
    public let rawValue: Int64

    /// Takes a number from the file.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Marks of an entry.
public struct ManifestFlags: OptionSet, Hashable, Sendable {
    /// The bits in the file.
    public let rawValue: UInt32

    /// Takes bits from the file; those that this program does not know are kept.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Its contents on the destination are being changed in place: they are neither the old nor the new ones.
    public static var unfinished: ManifestFlags { ManifestFlags(rawValue: 1) }
    /// The source had changed so shortly before it was read that a later change may bear the same time.
    public static var racy: ManifestFlags { ManifestFlags(rawValue: 2) }
}

/// What a manifest knows of one name on the destination, and of the source's entry that it was made from.
public struct ManifestEntry: Hashable, Sendable {
    /// Its kind.
    public var kind: EntryKind
    /// The lower twelve bits of the mode.
    public var permissions: UInt32
    /// Marks.
    public var flags: ManifestFlags
    /// The owner.
    public var uid: UInt32
    /// The owning group.
    public var gid: UInt32
    /// Bytes of content.
    public var size: Int64
    /// Last change of contents.
    public var modified: FileTime
    /// The source's last change of contents or metadata.
    public var changed: FileTime
    /// When the source's inode was made; nil where its file system does not know.
    public var born: FileTime?
    /// The source's inode number.
    public var inode: UInt64
    /// How many names the source's inode has.
    public var linkCount: UInt32
    /// A device's own number; 0 for other kinds.
    public var deviceNumber: UInt64
    /// The destination's inode, for files of several names; else 0.
    public var destinationInode: UInt64
    /// A folder's own number; nil for other kinds.
    public var child: FolderNumber?
    /// Where the hashes of a large file's blocks are.
    public var blockList: BlockListNumber?
    /// The hash of the contents, where it is known.
    public var hash: ContentHash?
    /// The digest of the extended attributes; nil when there are none.
    public var attributes: ContentHash?
    /// When the contents were last written or found to be right.
    public var checked: UnixTime?

    /// Takes everything that the source's status tells.
    public init(_ status: EntryStatus) {
        kind = status.kind
        permissions = status.permissions
        flags = []
        uid = status.uid
        gid = status.gid
        size = status.size
        modified = status.modified
        changed = status.changed
        born = status.born
        inode = status.inode
        linkCount = status.linkCount
        deviceNumber = status.deviceNumber
        destinationInode = 0
    }
}

/// One entry with its name.
public struct ManifestRow: Hashable, Sendable {
    /// The name in its folder.
    public var name: FileName
    /// What is known of it.
    public var entry: ManifestEntry

    /// Joins the two.
    public init(name: FileName, entry: ManifestEntry) {
        self.name = name
        self.entry = entry
    }
}

/// Where an entry is: its folder and its name there.
public struct ManifestPlace: Hashable, Sendable {
    /// The folder that holds it.
    public var folder: FolderNumber
    /// Its name there.
    public var name: FileName

    /// Joins the two.
    public init(folder: FolderNumber, name: FileName) {
        self.folder = folder
        self.name = name
    }
}
