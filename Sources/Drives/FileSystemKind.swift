/// The file systems that a drive may have. The kind is recorded when the drive is prepared, and never probed.
public enum FileSystemKind: String, Hashable, Sendable, CaseIterable {
    /// The default.
    case ext4
    /// XFS.
    case xfs
    /// Btrfs.
    case btrfs

    /// The options that it is mounted with, beside the flags. For looking they keep the kernel from replaying a journal,
    /// which would be a write.
    func mountData(for access: DriveAccess) -> String {
        switch (self, access) {
        case (.ext4, .writing): "errors=remount-ro"
        case (.ext4, .looking): "noload"
        case (.xfs, .looking): "norecovery"
        case (.btrfs, .looking): "rescue=nologreplay"
        case (.xfs, .writing), (.btrfs, .writing): ""
        }
    }
}
