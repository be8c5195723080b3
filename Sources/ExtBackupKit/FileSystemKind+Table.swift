public import Drives

extension FileSystemKind {
    /// What each kind gives, for a person who has to choose.
    public static let table = """
        ext4   the default: oldest and best known, repaired by e2fsck
        xfs    large files and large drives, changes of large files share blocks until they are whole
        btrfs  checks all contents by sums, compresses if you mount it so, changes of large files as xfs
        """
}
