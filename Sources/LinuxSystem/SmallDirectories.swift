internal import CLinux
import Glibc
import SystemPackage

/// Small directories read whole, and links: sysfs, configuration. Big trees are read in another way.
extension Descriptor {
    /// What the symbolic link `name` in this directory holds.
    ///
    /// - Throws: `EINVAL` when it is no symbolic link.
    public func linkTarget(_ name: FileName) throws(SystemError) -> FileName {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try check("readlinkat", name) {
            name.withCString { readlinkat(rawValue, $0, &buffer, buffer.count) }
        }
        return FileName(bytes: buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    /// Makes the symbolic link `name` in this directory.
    ///
    /// - Throws: `EEXIST` when something of that name is there.
    public func makeLink(_ name: FileName, to target: FileName) throws(SystemError) {
        try check("symlinkat", name) {
            target.withCString { text in name.withCString { symlinkat(text, rawValue, $0) } }
        }
    }

    /// Removes the directory `name` when it is there and empty; one that holds something stays.
    public func removeEmptyDirectory(_ name: FileName) throws(SystemError) {
        do {
            try check("unlinkat", name) { name.withCString { unlinkat(rawValue, $0, AT_REMOVEDIR) } }
        } catch {
            if error.errno != .noSuchFileOrDirectory && error.errno != .directoryNotEmpty { throw error }
        }
    }

    /// Gives the file `name` in this directory the name `newName`, in the place of what had it.
    public func rename(_ name: FileName, to newName: FileName) throws(SystemError) {
        try check("renameat", name) {
            name.withCString { from in newName.withCString { renameat(rawValue, from, rawValue, $0) } }
        }
    }

    /// Sets the mode of this file.
    public func setMode(_ mode: UInt32) throws(SystemError) {
        try check("fchmod") { fchmod(rawValue, mode_t(mode)) }
    }
}

/// The path without symbolic links (realpath(3)).
public func resolvedPath(_ path: FileName) throws(SystemError) -> FileName {
    let resolved = path.withCString { realpath($0, nil) }
    guard let resolved else {
        throw SystemError(call: "realpath", subject: path, errno: currentErrno())
    }
    defer { free(resolved) }
    return FileName(bytes: UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
}
