internal import CLinux
import Glibc
import SystemPackage

/// The process's own view of what is mounted where.
public enum MountNamespace {
    /// From now on, mounts made by this process are seen by it and its children only, and end with them; mounts
    /// that others make and remove still arrive here (unshare(2), `MS_SLAVE`).
    ///
    /// Call it at the program's start, before any other thread: a namespace belongs to a thread, and new
    /// threads take over the one of the thread that starts them.
    ///
    /// - Throws: `EPERM` without `CAP_SYS_ADMIN`.
    public static func makePrivate() throws(SystemError) {
        try check("unshare") { ext_unshare_mounts() }
        let flags = UInt(MS_REC) | UInt(MS_SLAVE)
        try check("mount", "/") { mount("none", "/", nil, flags, nil) }
    }
}

extension MountNamespace {
    /// Makes one folder writable for this process that the rules of its service made read-only, by a mount of the
    /// folder onto itself in our own namespace; nobody else sees it. A folder that is writable stays as it is.
    ///
    /// - Returns: whether there is such a mount now, to be ended by `endWritable`.
    /// - Throws: `EROFS` when the file system itself is read-only.
    public static func makeWritable(_ path: FileName) throws(SystemError) -> Bool {
        var status = statvfs()
        try check("statvfs", path) { path.withCString { statvfs($0, &status) } }
        guard status.f_flag & UInt(ST_RDONLY) != 0 else { return false }
        try check("mount", path) { path.withCString { mount($0, $0, nil, UInt(MS_BIND), nil) } }
        let flags = UInt(MS_REMOUNT) | UInt(MS_BIND)
        do {
            try check("mount", path) { path.withCString { mount(nil, $0, nil, flags, nil) } }
        } catch {
            // The first error is the one to report; the mount ends with the process, ignoring.
            try? endWritable(path)
            throw error
        }
        return true
    }

    /// Ends what `makeWritable` began.
    public static func endWritable(_ path: FileName) throws(SystemError) {
        try check("umount2", path) { path.withCString { umount2($0, Int32(MNT_DETACH)) } }
    }
}

/// What a file system on foreign hardware may not do. All of them together are `drive`.
public struct MountFlags: OptionSet, Sendable {
    /// The flags of mount(2).
    public let rawValue: UInt
    /// Takes flags of mount(2).
    public init(rawValue: UInt) { self.rawValue = rawValue }

    /// Nothing can be written.
    public static var readOnly: MountFlags { MountFlags(rawValue: UInt(MS_RDONLY)) }
    /// Reading does not change access times.
    public static var noAccessTimes: MountFlags { MountFlags(rawValue: UInt(MS_NOATIME)) }
    /// For a person who looks at a drive: as `drive`, but nothing can be written, and links lead where they lead.
    public static var looking: MountFlags {
        let flags = [MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_RDONLY].map { UInt($0) }
        return MountFlags(rawValue: flags.reduce(0, |))
    }
    /// For a drive's file system: no set-user-id, no device files, no programs, no symbolic links followed, no
    /// access times. All of these can still be *stored*; they only have no effect while mounted here.
    public static var drive: MountFlags {
        let flags = [MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME].map { UInt($0) }
        return MountFlags(rawValue: flags.reduce(UInt(EXT_MS_NOSYMFOLLOW), |))
    }
}

/// How `unmountFileSystem` treats one that is in use.
public enum UnmountMode: Hashable, Sendable {
    /// It stays mounted, `EBUSY`.
    case ifUnused
    /// It leaves the tree at once and ends with its last user (`MNT_DETACH`).
    case detach
}

/// Mounts a block device (mount(2)). The type is given, never probed. Blocks.
///
/// - Parameters:
///   - data: the file system's own options, separated by commas.
public func mountFileSystem(
    _ device: FileName,
    at directory: FileName,
    type: String,
    flags: MountFlags,
    data: String
) throws(SystemError) {
    try check("mount", device) {
        device.withCString { source in
            directory.withCString { target in
                data.withCString { mount(source, target, type, flags.rawValue, $0) }
            }
        }
    }
}

/// Unmounts what is mounted at a directory; a symbolic link there is not followed (umount2(2)). Blocks.
///
/// Success says nothing about what was written: a disk that was pulled unmounts with success.
///
/// - Throws: `EBUSY` when it is in use, `EINVAL` when nothing is mounted there.
public func unmountFileSystem(_ directory: FileName, _ mode: UnmountMode) throws(SystemError) {
    let flags: UInt32 =
        switch mode {
        case .ifUnused: UInt32(UMOUNT_NOFOLLOW)
        case .detach: UInt32(UMOUNT_NOFOLLOW) | UInt32(MNT_DETACH)
        }
    try check("umount2", directory) { directory.withCString { umount2($0, Int32(flags)) } }
}
