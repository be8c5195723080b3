internal import CLinux
import Glibc
import SystemPackage

/// What drives need to know of an open file: whose it is, and on which device.
public struct NodeStatus: Hashable, Sendable {
    /// What kind of file it is.
    public enum Kind: Hashable, Sendable {
        /// A plain file.
        case regular
        /// A folder.
        case directory
        /// A block device.
        case blockDevice
        /// Anything else.
        case other
    }

    /// What kind of file it is.
    public let kind: Kind
    /// The owner's user id.
    public let ownerID: UInt32
    /// The permission bits, at most `0o7777`.
    public let permissions: UInt32
    /// The device that holds the file.
    public let device: DeviceNumber
    /// True for the topmost directory of a mount, also of a bind mount (statx(2), `STATX_ATTR_MOUNT_ROOT`,
    /// Linux 5.8).
    public let isMountRoot: Bool

    /// True when somebody besides root may read or write it.
    public var isOpenToOthers: Bool { ownerID != 0 || permissions & 0o077 != 0 }
}

extension Descriptor {
    /// Asks for the open file's status.
    public func nodeStatus() throws(SystemError) -> NodeStatus {
        var status = CLinux.statx()
        try check("statx") {
            ext_statx(rawValue, "", EXT_AT_EMPTY_PATH, EXT_STATX_BASIC_STATS, &status)
        }
        let kind: NodeStatus.Kind =
            switch UInt32(status.stx_mode) & UInt32(Glibc.S_IFMT) {
            case UInt32(Glibc.S_IFREG): .regular
            case UInt32(Glibc.S_IFDIR): .directory
            case UInt32(Glibc.S_IFBLK): .blockDevice
            default: .other
            }
        return NodeStatus(
            kind: kind,
            ownerID: status.stx_uid,
            permissions: UInt32(status.stx_mode) & 0o7777,
            device: DeviceNumber(major: status.stx_dev_major, minor: status.stx_dev_minor),
            isMountRoot: status.stx_attributes & EXT_STATX_ATTR_MOUNT_ROOT != 0
        )
    }
}

/// The process's effective user id; 0 for root.
public func effectiveUserID() -> UInt32 {
    geteuid()
}

extension DeviceNumber {
    /// Takes a number as C libraries have it (`dev_t`).
    public init(packed: UInt64) {
        self.init(major: ext_major(packed), minor: ext_minor(packed))
    }
}

/// Another descriptor of a file that a C library opened and will close.
public func duplicateDescriptor(_ number: CInt) throws(SystemError) -> Descriptor {
    Descriptor(owning: try check("fcntl") { ext_fcntl(number, F_DUPFD_CLOEXEC, 0) })
}
