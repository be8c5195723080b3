internal import CLinux
import Glibc
internal import SystemPackage

extension FileName {
    /// The path of the folder that this path's last part is in: `/` for `/a`, `.` for `a`.
    public var parentFolder: FileName {
        let slash = UInt8(ascii: "/")
        var rest = bytes[...]
        while rest.count > 1, rest.last == slash { rest = rest.dropLast() }
        guard let last = rest.lastIndex(of: slash) else { return "." }
        rest = rest[..<last]
        while rest.last == slash { rest = rest.dropLast() }
        return rest.isEmpty ? "/" : FileName(bytes: rest)
    }
}

extension Descriptor {
    /// Makes a folder (mkdir(2)); the process's umask takes from `mode`.
    ///
    /// - Throws: `EEXIST` when anything has that name, `ENOENT` when the folder above is missing.
    public static func createFolder(_ path: FileName, mode: UInt32) throws(SystemError) {
        try check("mkdir", path) { path.withCString { mkdir($0, mode_t(mode)) } }
    }

    /// True when this folder is somewhere below the folder with that status, as `..` leads upwards.
    public func isBelow(_ folder: EntryStatus) throws(SystemError) -> Bool {
        var place = try duplicate()
        var status = try place.status()
        while true {
            let above = try place.open("..", [.directory, .path], resolve: .anywhere)
            let next = try above.status()
            // Above the root is the root.
            if (next.device, next.inode) == (status.device, status.inode) { return false }
            if (next.device, next.inode) == (folder.device, folder.inode) { return true }
            place = above
            status = next
        }
    }
}

/// An empty folder in `/tmp`, where nobody looks, for what needs some folder; it goes with this value.
public struct EmptyFolder: ~Copyable {
    private let path: FileName
    /// The folder, open for reading.
    public let descriptor: Descriptor

    /// Makes one.
    public init() throws(SystemError) {
        let path = FileName("/tmp/extbackup-empty-" + String(UInt64.random(in: 0 ... .max), radix: 36))
        try Descriptor.createFolder(path, mode: 0o700)
        descriptor = try Descriptor.open(path, .directory)
        self.path = path
    }

    deinit {
        // What is left of it is empty, and /tmp is cleaned by the system.
        _ = path.withCString { rmdir($0) }
    }
}
