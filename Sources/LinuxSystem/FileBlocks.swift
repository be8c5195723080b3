internal import CLinux
import Glibc
import SystemPackage

/// The blocks of a file: given, taken, shared. Offsets and lengths are in bytes.
extension Descriptor {
    /// Gives a range its blocks at once, and leaves the size (fallocate(2) with `FALLOC_FL_KEEP_SIZE`).
    ///
    /// - Throws: `ENOSPC` when they are not there; `EOPNOTSUPP` where the file system cannot.
    public func preallocate(_ range: Range<Int64>) throws(SystemError) {
        try check("fallocate") {
            ext_fallocate(
                rawValue,
                EXT_FALLOC_FL_KEEP_SIZE,
                range.lowerBound,
                range.upperBound - range.lowerBound
            )
        }
    }

    /// Makes a range a hole, and leaves the size; what is left of a block at either end becomes zeros.
    ///
    /// - Throws: `EOPNOTSUPP` where the file system cannot.
    public func punchHole(_ range: Range<Int64>) throws(SystemError) {
        try check("fallocate") {
            ext_fallocate(
                rawValue,
                EXT_FALLOC_FL_KEEP_SIZE | EXT_FALLOC_FL_PUNCH_HOLE,
                range.lowerBound,
                range.upperBound - range.lowerBound
            )
        }
    }

    /// Gives this file the contents of another one by sharing its blocks (`FICLONE`, ioctl_ficlone(2)).
    ///
    /// - Throws: `EOPNOTSUPP`, `ENOTTY` or `EINVAL` where the file system cannot, `EXDEV` across file systems.
    public func cloneContents(of other: borrowing Descriptor) throws(SystemError) {
        let from = other.rawValue
        try check("ioctl FICLONE") { ext_clone_file(rawValue, from) }
    }

    /// True when the byte at `offset` is in the page cache; false also where the kernel does not tell.
    public func isCached(at offset: Int64) -> Bool {
        var byte: UInt8 = 0
        return ext_pread_cached(rawValue, &byte, 1, offset) == 1
    }

    /// True on btrfs (statfs(2), `BTRFS_SUPER_MAGIC` in linux/magic.h).
    public func isOnBtrfs() throws(SystemError) -> Bool {
        var kind: UInt32 = 0
        try check("fstatfs") { ext_file_system_kind(rawValue, &kind) }
        return kind == EXT_BTRFS_SUPER_MAGIC
    }
}
