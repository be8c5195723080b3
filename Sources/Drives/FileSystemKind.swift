/// The file systems that a drive may have. The kind is recorded when the drive is prepared, and never probed.
public enum FileSystemKind: String, Hashable, Sendable, CaseIterable {
    /// The default.
    case ext4
    /// XFS.
    case xfs
    /// Btrfs.
    case btrfs

    /// The options that it is mounted with, beside `MountFlags.drive`.
    var mountData: String {
        switch self {
        case .ext4: "errors=remount-ro"
        case .xfs, .btrfs: ""
        }
    }
}
