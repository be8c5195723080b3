internal import CLinux
import Glibc
import SystemPackage

extension Descriptor {
    /// Removes the directory `name` when it is there and empty; one that holds something stays.
    public func removeEmptyDirectory(_ name: FileName) throws(SystemError) {
        do {
            try check("unlinkat", name) { name.withCString { unlinkat(rawValue, $0, AT_REMOVEDIR) } }
        } catch {
            if error.errno != .noSuchFileOrDirectory && error.errno != .directoryNotEmpty { throw error }
        }
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
