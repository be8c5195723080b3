internal import CLinux
import Glibc
import SystemPackage

/// An open file descriptor with one owner.
///
/// `close()` tells what the kernel says at the close; the destructor only sees to it that nothing leaks, and
/// is fine for descriptors that were read. What was written is made certain by `sync()` before.
public struct Descriptor: ~Copyable, Sendable {
    /// The kernel's number. Valid as long as this value lives; do not close it.
    public let rawValue: CInt

    /// Takes over an open descriptor.
    public init(owning rawValue: CInt) {
        self.rawValue = rawValue
    }

    deinit {
        _ = Glibc.close(rawValue)
    }

    /// Another descriptor of the same open file (`F_DUPFD_CLOEXEC`).
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try check("fcntl") { ext_fcntl(rawValue, F_DUPFD_CLOEXEC, 0) })
    }
}

/// Where `open` may go while it resolves a path.
public struct Resolution: Sendable {
    let flags: UInt64

    /// Below the directory, on its file system, through no symbolic link: for everything on a drive and
    /// everything below a source.
    public static var beneath: Resolution {
        Resolution(flags: EXT_RESOLVE_BENEATH | EXT_RESOLVE_NO_SYMLINKS | EXT_RESOLVE_NO_XDEV)
    }
    /// As `beneath`, but mount points may be crossed.
    public static var beneathAcrossMounts: Resolution {
        Resolution(flags: EXT_RESOLVE_BENEATH | EXT_RESOLVE_NO_SYMLINKS)
    }
    /// As any program does: for paths that a person configured.
    public static var anywhere: Resolution { Resolution(flags: 0) }
}

/// What to open a file for, and how.
public struct OpenFlags: OptionSet, Sendable {
    /// The flags of open(2).
    public let rawValue: Int32
    /// Takes flags of open(2).
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// For reading (the default).
    public static var read: OpenFlags { [] }
    /// For writing.
    public static var write: OpenFlags { OpenFlags(rawValue: O_WRONLY) }
    /// For both.
    public static var readWrite: OpenFlags { OpenFlags(rawValue: O_RDWR) }
    /// Only directories.
    public static var directory: OpenFlags { OpenFlags(rawValue: O_DIRECTORY) }
    /// A place in the tree, not its contents (`O_PATH`).
    public static var path: OpenFlags { OpenFlags(rawValue: EXT_O_PATH) }
    /// Makes the file when it is missing.
    public static var create: OpenFlags { OpenFlags(rawValue: O_CREAT) }
    /// Fails when the file is there; for block devices: when anything holds it.
    public static var exclusive: OpenFlags { OpenFlags(rawValue: O_EXCL) }
    /// Drops old contents.
    public static var truncate: OpenFlags { OpenFlags(rawValue: O_TRUNC) }
    /// Does not wait for FIFOs, does not open a tray.
    public static var nonBlocking: OpenFlags { OpenFlags(rawValue: O_NONBLOCK) }
    /// Every write goes to the end.
    public static var append: OpenFlags { OpenFlags(rawValue: O_APPEND) }
    /// Reading does not change the access time (owner and root only).
    public static var noAccessTime: OpenFlags { OpenFlags(rawValue: EXT_O_NOATIME) }
    /// A file without a name, in the directory that is opened (`O_TMPFILE`).
    public static var temporary: OpenFlags { OpenFlags(rawValue: EXT_O_TMPFILE) }
    /// Reads and writes go past the page cache (`O_DIRECT`): offsets, lengths and memory in whole sectors.
    public static var direct: OpenFlags { OpenFlags(rawValue: EXT_O_DIRECT) }
    /// Follows a symbolic link in the last part; all other opens refuse it.
    public static var followLink: OpenFlags { OpenFlags(rawValue: 1 << 30) }
}

extension Descriptor {
    /// Opens a path a person configured, from the process's working directory.
    ///
    /// A symbolic link in the last part fails with `ELOOP` unless `followLink` is given.
    public static func open(
        _ path: FileName,
        _ flags: OpenFlags,
        mode: UInt32 = 0o600
    ) throws(SystemError) -> Descriptor {
        let raw = Self.rawFlags(flags)
        let fd = try check("open", path) { path.withCString { ext_openat(AT_FDCWD, $0, raw, mode_t(mode)) } }
        return Descriptor(owning: fd)
    }

    /// Makes a file without a name in the folder at `path`, for reading and writing (`O_TMPFILE`; where the file system
    /// has none, a file whose name is removed at once).
    public static func makeUnnamed(in path: FileName) throws(SystemError) -> Descriptor {
        do {
            let raw = rawFlags([.readWrite, .temporary, .followLink])
            let fd = try check("open", path) { path.withCString { ext_openat(AT_FDCWD, $0, raw, 0o600) } }
            return Descriptor(owning: fd)
        } catch {
            // EOPNOTSUPP from the file system, EISDIR from an old kernel.
            if error.errno != .notSupported && error.errno != .isDirectory { throw error }
        }
        let folder = try open(path, [.directory, .followLink])
        let name = FileName(".extbackup-work-\(UInt64.random(in: 0 ... .max))")
        let file = try folder.open(name, [.readWrite, .create, .exclusive])
        try folder.unlink(name)
        return file
    }

    /// Opens `name` relative to this directory (openat2(2)).
    public func open(
        _ name: FileName,
        _ flags: OpenFlags,
        mode: UInt32 = 0o600,
        resolve: Resolution = .beneath
    ) throws(SystemError) -> Descriptor {
        let raw = UInt64(UInt32(bitPattern: Self.rawFlags(flags)))
        let creates = flags.contains(.create) || flags.contains(.temporary)
        let fd = try check("openat2", name) {
            name.withCString { ext_openat2(rawValue, $0, raw, creates ? UInt64(mode) : 0, resolve.flags) }
        }
        return Descriptor(owning: fd)
    }

    private static func rawFlags(_ flags: OpenFlags) -> Int32 {
        let follows = flags.contains(.followLink)
        let raw = flags.rawValue & ~OpenFlags.followLink.rawValue
        return raw | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW)
    }

    /// Closes and tells what the kernel says (a network file system may report a failed write here).
    public consuming func close() throws(SystemError) {
        // The destructor would close a second time, so it gets a duplicate-free number: none. `discard self`
        // needs trivially destroyed fields, which this type has.
        let number = rawValue
        discard self
        if Glibc.close(number) != 0 {
            let reason = currentErrno()
            if reason != .interrupted { throw SystemError(call: "close", errno: reason) }
        }
    }

    /// Reads at most the buffer's length; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try check("read") { Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
    }

    /// Reads the rest of the file, at most `limit` bytes; longer files fail with `EFBIG`.
    public func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try check("read") {
                chunk.withUnsafeMutableBytes { Glibc.read(rawValue, $0.baseAddress, $0.count) }
            }
            if count == 0 { return result }
            result.append(contentsOf: chunk[..<count])
            if result.count > limit { throw SystemError(call: "read", errno: .fileTooLarge) }
        }
    }

    /// Writes all bytes.
    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try check("write") {
                bytes[written...].withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            }
        }
    }

    /// Waits until the file's data and metadata are on the device (fsync(2)). Blocks.
    public func sync() throws(SystemError) {
        try check("fsync") { Glibc.fsync(rawValue) }
    }

    /// Waits until everything of this file's file system is on the device, and reports write-back errors since
    /// this descriptor was opened (syncfs(2), kernel 5.8). Blocks.
    public func syncFileSystem() throws(SystemError) {
        try check("syncfs") { ext_syncfs(rawValue) }
    }

    /// Takes an advisory lock on the open file (flock(2)); false when somebody else holds it.
    public func tryLock(_ kind: LockKind) throws(SystemError) -> Bool {
        let operation: Int32 =
            switch kind {
            case .shared: LOCK_SH
            case .exclusive: LOCK_EX
            }
        do {
            try check("flock") { flock(rawValue, operation | LOCK_NB) }
            return true
        } catch {
            if error.errno == .wouldBlock { return false }
            throw error
        }
    }
}

/// Who else may hold a lock.
public enum LockKind: Sendable {
    /// Others with a shared lock.
    case shared
    /// Nobody.
    case exclusive
}
