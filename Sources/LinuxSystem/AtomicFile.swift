internal import CLinux
import Glibc
import SystemPackage

/// Small files that are either their old or their new contents, whole, also after a power cut.
extension Descriptor {
    /// Writes `bytes` as `name` in this directory: a hidden temporary, fsync, rename over, fsync of the
    /// directory.
    ///
    /// - Throws: what failed; then the old file is untouched and the temporary is gone.
    public func replaceFile(_ name: FileName, with bytes: [UInt8], mode: UInt32) throws(SystemError) {
        let temporary = FileName(bytes: Array(".".utf8) + name.bytes + Array(".new".utf8))
        try removeFileIfPresent(temporary)
        do {
            let file = try open(temporary, [.write, .create, .exclusive], mode: mode)
            try check("fchmod", name) { fchmod(file.rawValue, mode_t(mode)) }
            try file.writeAll(bytes)
            try file.sync()
            try file.close()
            try check("renameat", name) {
                temporary.withCString { from in
                    name.withCString { renameat(rawValue, from, rawValue, $0) }
                }
            }
        } catch {
            // The first error is the one to report; the temporary is hidden and replaced next time, ignoring.
            try? removeFileIfPresent(temporary)
            throw error
        }
        try sync()
    }

    /// Removes `name` when it is there.
    public func removeFileIfPresent(_ name: FileName) throws(SystemError) {
        do {
            try check("unlinkat", name) { name.withCString { unlinkat(rawValue, $0, 0) } }
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw error }
        }
    }

    /// Makes the directory `name` with exactly `mode` unless it is there, and opens it.
    public func makeDirectory(_ name: FileName, mode: UInt32) throws(SystemError) -> Descriptor {
        do {
            try check("mkdirat", name) { name.withCString { mkdirat(rawValue, $0, mode_t(mode)) } }
            let made = try open(name, .directory)
            try check("fchmod", name) { fchmod(made.rawValue, mode_t(mode)) }
            return made
        } catch {
            if error.errno != .fileExists { throw error }
        }
        return try open(name, .directory)
    }
}

extension Descriptor {
    /// Makes the directory at a path unless it is there, and opens it; the folder above must exist. It may be a
    /// mount of its own, as a service's folders are.
    public static func makeFolder(_ path: FileName, mode: UInt32) throws(SystemError) -> Descriptor {
        do {
            try check("mkdir", path) { path.withCString { mkdir($0, mode_t(mode)) } }
            try check("chmod", path) { path.withCString { chmod($0, mode_t(mode)) } }
        } catch {
            if error.errno != .fileExists { throw error }
        }
        return try open(path, .directory)
    }
}
