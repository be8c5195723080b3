internal import CLinux
import Glibc
import SystemPackage

/// Entries made, linked, renamed, removed, and their metadata set, all relative to an open directory and
/// without following a symbolic link.
extension Descriptor {
    /// Makes the directory `name` for its owner only (mkdirat(2)).
    ///
    /// - Throws: `EEXIST` when something of that name is there.
    public func createDirectory(_ name: FileName) throws(SystemError) {
        try check("mkdirat", name) { name.withCString { mkdirat(rawValue, $0, 0o700) } }
    }

    /// Makes a FIFO, a socket's name or a device for its owner only (mknodat(2)). Devices need root.
    public func createNode(
        _ name: FileName,
        kind: EntryKind,
        deviceNumber: UInt64
    ) throws(SystemError) {
        try check("mknodat", name) {
            name.withCString { mknodat(rawValue, $0, kind.modeBits | 0o600, dev_t(deviceNumber)) }
        }
    }

    /// Makes the symbolic link `name` that holds `target`.
    public func createSymbolicLink(_ name: FileName, target: FileName) throws(SystemError) {
        try check("symlinkat", name) {
            target.withCString { text in name.withCString { symlinkat(text, rawValue, $0) } }
        }
    }

    /// What the symbolic link `name` holds.
    public func symbolicLinkTarget(_ name: FileName) throws(SystemError) -> FileName {
        // A target has at most PATH_MAX - 1 bytes, so one call reads it whole.
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try check("readlinkat", name) {
            name.withCString { path in
                buffer.withUnsafeMutableBytes { raw in
                    raw.withMemoryRebound(to: CChar.self) {
                        $0.baseAddress.map { readlinkat(rawValue, path, $0, raw.count) } ?? 0
                    }
                }
            }
        }
        return FileName(unchecked: Array(buffer[..<count]))
    }

    /// Gives the file `name` in this directory a second name in another directory (linkat(2)).
    ///
    /// - Throws: `EMLINK` when the file system allows no more names.
    public func link(
        _ name: FileName,
        to directory: borrowing Descriptor,
        as other: FileName
    ) throws(SystemError) {
        try check("linkat", other) {
            name.withCString { from in other.withCString { linkat(rawValue, from, directory.rawValue, $0, 0) }
            }
        }
    }

    /// Gives this open file, made without a name (`O_TMPFILE`), its name.
    public func linkOpenFile(to directory: borrowing Descriptor, as name: FileName) throws(SystemError) {
        do {
            try check("linkat", name) {
                name.withCString { linkat(rawValue, "", directory.rawValue, $0, EXT_AT_EMPTY_PATH) }
            }
        } catch {
            // Without CAP_DAC_READ_SEARCH the way through /proc is the one that open(2) documents.
            if error.errno != .noSuchFileOrDirectory { throw error }
            try check("linkat", name) {
                name.withCString {
                    linkat(AT_FDCWD, "/proc/self/fd/\(rawValue)", directory.rawValue, $0, AT_SYMLINK_FOLLOW)
                }
            }
        }
    }

    /// Renames `name` to `other`, in this directory, over what is there (renameat(2)).
    public func rename(_ name: FileName, to other: FileName) throws(SystemError) {
        try check("renameat", other) {
            name.withCString { from in other.withCString { renameat(rawValue, from, rawValue, $0) } }
        }
    }

    /// Gives `name` another place on the same file system, over what is there (renameat(2)).
    public func replace(
        _ name: FileName,
        to folder: borrowing Descriptor,
        as other: FileName
    ) throws(SystemError) {
        let target = folder.rawValue
        try check("renameat", other) {
            name.withCString { from in other.withCString { renameat(rawValue, from, target, $0) } }
        }
    }

    /// Gives `name` another place on the same file system (renameat2(2) with `RENAME_NOREPLACE`).
    ///
    /// - Throws: `EEXIST` when something has the new name.
    public func move(
        _ name: FileName,
        to folder: borrowing Descriptor,
        as other: FileName
    ) throws(SystemError) {
        let target = folder.rawValue
        try check("renameat2", other) {
            name.withCString { from in
                other.withCString { ext_renameat2(rawValue, from, target, $0, EXT_RENAME_NOREPLACE) }
            }
        }
    }

    /// Exchanges two names in this directory in one step (renameat2(2)).
    ///
    /// - Throws: `EINVAL` where the file system cannot.
    public func exchange(_ name: FileName, with other: FileName) throws(SystemError) {
        try check("renameat2", other) {
            name.withCString { from in
                other.withCString { ext_renameat2(rawValue, from, rawValue, $0, EXT_RENAME_EXCHANGE) }
            }
        }
    }

    /// Removes `name`, which is no directory.
    public func unlink(_ name: FileName) throws(SystemError) {
        try check("unlinkat", name) { name.withCString { unlinkat(rawValue, $0, 0) } }
    }

    /// Removes the empty directory `name`.
    public func removeDirectory(_ name: FileName) throws(SystemError) {
        try check("unlinkat", name) { name.withCString { unlinkat(rawValue, $0, AT_REMOVEDIR) } }
    }

    /// Sets owner and group of `name`. The kernel clears set-id bits and capabilities.
    public func setOwner(of name: FileName, uid: UInt32, gid: UInt32) throws(SystemError) {
        try check("fchownat", name) {
            name.withCString { fchownat(rawValue, $0, uid, gid, EXT_AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Sets owner and group of this open file.
    public func setOwner(uid: UInt32, gid: UInt32) throws(SystemError) {
        try check("fchown") { fchown(rawValue, uid, gid) }
    }

    /// Sets the twelve permission bits of `name`, which must be no symbolic link.
    ///
    /// fchmodat(2) follows links, so the entry is opened as a place and reached through /proc.
    public func setPermissions(of name: FileName, _ permissions: UInt32) throws(SystemError) {
        let place = try open(name, .path)
        if try place.status().kind == .symbolicLink {
            throw SystemError(call: "chmod", subject: name, errno: .tooManySymbolicLinkLevels)
        }
        try check("chmod", name) { chmod("/proc/self/fd/\(place.rawValue)", mode_t(permissions)) }
    }

    /// Sets the twelve permission bits of this open file.
    public func setPermissions(_ permissions: UInt32) throws(SystemError) {
        try check("fchmod") { fchmod(rawValue, mode_t(permissions)) }
    }

    /// Sets the time of the last change of contents of `name`, a symbolic link included; the access time
    /// stays.
    public func setModified(of name: FileName, _ time: FileTime) throws(SystemError) {
        let times = Self.timesToSet(time)
        try check("utimensat", name) {
            name.withCString { utimensat(rawValue, $0, times, EXT_AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Sets the time of the last change of contents of this open file.
    public func setModified(_ time: FileTime) throws(SystemError) {
        let times = Self.timesToSet(time)
        try check("futimens") { futimens(rawValue, times) }
    }

    private static func timesToSet(_ time: FileTime) -> [timespec] {
        [
            timespec(tv_sec: 0, tv_nsec: Int(EXT_UTIME_OMIT)),
            timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)),
        ]
    }

    /// The size in which this file system gives out space, in bytes.
    public func allocationUnit() throws(SystemError) -> Int64 {
        var result = statvfs()
        try check("fstatvfs") { fstatvfs(rawValue, &result) }
        return max(512, Int64(result.f_frsize))
    }
}

/// What the process may do and hold.
public enum ProcessLimits {
    /// True for root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Lets the process open as many files as it may: the soft limit is for programs that use select(2).
    public static func raiseOpenFiles() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        // More is of no use; with less, batches are smaller.
        limit.rlim_cur = min(limit.rlim_max, 1 << 16)
        _ = setrlimit(resource, &limit)
    }

    /// How many descriptors may be open at once (the soft limit).
    public static var openFiles: Int {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
            ? Int(clamping: limit.rlim_cur) : 256
    }
}
