internal import CLinux
import Glibc
import SystemPackage

/// What kind of thing a directory entry is.
public enum EntryKind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// A symbolic link.
    case symbolicLink
    /// A named pipe.
    case fifo
    /// A Unix socket's name.
    case socket
    /// A character device.
    case characterDevice
    /// A block device.
    case blockDevice

    /// The kind bits of `st_mode` (inode(7)).
    var modeBits: UInt32 {
        switch self {
        case .file: S_IFREG
        case .directory: S_IFDIR
        case .symbolicLink: S_IFLNK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        }
    }

    init?(mode: UInt32) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symbolicLink
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        default: return nil
        }
    }
}

/// A point in time as file systems keep it: seconds since 1970 (negative before) and nanoseconds.
public struct FileTime: Hashable, Sendable, Comparable {
    /// Whole seconds since 1970-01-01 00:00 UTC.
    public var seconds: Int64
    /// 0 to 999 999 999, counted forward from `seconds`.
    public var nanoseconds: UInt32

    /// Makes a time of its two parts.
    public init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The earlier one is the smaller one.
    public static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// What statx(2) tells about an entry.
public struct EntryStatus: Hashable, Sendable {
    /// Its kind.
    public let kind: EntryKind
    /// The lower twelve bits of the mode: permissions, set-user-id, set-group-id, sticky.
    public let permissions: UInt32
    /// The owner.
    public let uid: UInt32
    /// The owning group.
    public let gid: UInt32
    /// Bytes of content, holes included; for a symbolic link the length of its target.
    public let size: Int64
    /// Bytes that it occupies on its file system.
    public let allocatedBytes: Int64
    /// Last change of contents.
    public let modified: FileTime
    /// Last change of contents or metadata.
    public let changed: FileTime
    /// When the inode was made; nil where the file system does not know.
    public let born: FileTime?
    /// The number of the inode in its file system.
    public let inode: UInt64
    /// The file system's device number.
    public let device: UInt64
    /// A device's own number; 0 for other kinds.
    public let deviceNumber: UInt64
    /// How many names it has.
    public let linkCount: UInt32
    /// True when something is mounted here (also a bind mount of the same file system).
    public let isMountRoot: Bool

    /// What another description than the file system's own tells; the rest is empty.
    public init(
        kind: EntryKind,
        permissions: UInt32,
        uid: UInt32,
        gid: UInt32,
        size: Int64,
        modified: FileTime,
        deviceNumber: UInt64,
        linkCount: UInt32
    ) {
        self.kind = kind
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.deviceNumber = deviceNumber
        self.linkCount = linkCount
        allocatedBytes = size
        changed = FileTime(seconds: 0, nanoseconds: 0)
        born = nil
        inode = 0
        device = 0
        isMountRoot = false
    }

    init?(_ raw: borrowing statx) {
        guard let kind = EntryKind(mode: UInt32(raw.stx_mode)) else { return nil }
        self.kind = kind
        permissions = UInt32(raw.stx_mode) & 0o7777
        uid = raw.stx_uid
        gid = raw.stx_gid
        size = Int64(clamping: raw.stx_size)
        allocatedBytes = Int64(clamping: raw.stx_blocks) &* 512
        modified = FileTime(seconds: raw.stx_mtime.tv_sec, nanoseconds: raw.stx_mtime.tv_nsec)
        changed = FileTime(seconds: raw.stx_ctime.tv_sec, nanoseconds: raw.stx_ctime.tv_nsec)
        born =
            raw.stx_mask & EXT_STATX_BTIME != 0
            ? FileTime(seconds: raw.stx_btime.tv_sec, nanoseconds: raw.stx_btime.tv_nsec) : nil
        inode = raw.stx_ino
        device = ext_makedev(raw.stx_dev_major, raw.stx_dev_minor)
        deviceNumber = ext_makedev(raw.stx_rdev_major, raw.stx_rdev_minor)
        linkCount = raw.stx_nlink
        isMountRoot = raw.stx_attributes & EXT_STATX_ATTR_MOUNT_ROOT != 0
    }
}

extension Descriptor {
    /// The status of the open file or directory itself.
    public func status() throws(SystemError) -> EntryStatus {
        try Self.status(rawValue, FileName(), EXT_AT_EMPTY_PATH)
    }

    /// The status of `name` in this directory; a symbolic link is not followed.
    public func status(of name: FileName) throws(SystemError) -> EntryStatus {
        try Self.status(rawValue, name, EXT_AT_SYMLINK_NOFOLLOW)
    }

    /// The status of `name` in this directory, which is not followed; nil when there is nothing of that name.
    public func statusIfPresent(of name: FileName) throws(SystemError) -> EntryStatus? {
        do {
            return try status(of: name)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    private static func status(
        _ directory: CInt,
        _ name: FileName,
        _ flags: CInt
    ) throws(SystemError) -> EntryStatus {
        var raw = statx()
        try check("statx", name) {
            name.withCString {
                ext_statx(directory, $0, flags, EXT_STATX_BASIC_STATS | EXT_STATX_BTIME, &raw)
            }
        }
        guard let status = EntryStatus(raw) else {
            throw SystemError(call: "statx", subject: name, errno: .notSupported)
        }
        return status
    }
}
