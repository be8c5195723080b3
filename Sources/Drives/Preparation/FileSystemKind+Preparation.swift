/// What preparation has to know of each kind.
extension FileSystemKind {
    /// The longest label in bytes (mkfs.ext4(8), mkfs.xfs(8), mkfs.btrfs(8)).
    public var labelLimitBytes: Int {
        switch self {
        case .ext4: 16
        case .xfs: 12
        case .btrfs: 255
        }
    }

    /// The smallest disk, LUKS header and partition table included. mkfs.xfs refuses less than 300 MiB,
    /// mkfs.btrfs less than about 110 MiB.
    public var minimumDiskBytes: UInt64 {
        switch self {
        case .ext4: 64 << 20
        case .xfs: 320 << 20
        case .btrfs: 160 << 20
        }
    }

    /// A drive's name as a label: what does not fit is cut off. Names are ASCII, so no character is cut.
    public func label(for name: DriveName) -> String {
        String(name.text.prefix(labelLimitBytes))
    }
}
