internal import CLinux
import Glibc
import SystemPackage

/// An entry's extended attributes, reached without following a symbolic link.
///
/// Linux before 6.13 has no calls relative to a directory, and no descriptor of a symbolic link or a socket
/// takes the calls for descriptors. `/proc/self/fd/N/name` names the entry through the open directory, so
/// that nothing on the way can be exchanged.
public struct AttributePlace: Sendable {
    private let path: FileName
    private let fd: CInt

    /// The attributes of `name` in `directory`, which must stay open.
    public init(_ name: FileName, in directory: borrowing Descriptor) {
        path = FileName(unchecked: Array("/proc/self/fd/\(directory.rawValue)/".utf8) + name.bytes)
        fd = -1
    }

    /// The attributes of `name` in the working directory of this thread.
    public init(_ name: FileName, in folder: WorkingFolder) {
        path = name
        fd = -1
    }

    /// The attributes of an open file or directory, which must stay open.
    public init(of file: borrowing Descriptor) {
        path = FileName()
        fd = file.rawValue
    }

    /// The names of all attributes; empty where the file system has none.
    public func names() throws(SystemError) -> [FileName] {
        var buffer = [UInt8](repeating: 0, count: 0)
        do {
            // The first call with a length of 0 asks for the size; for most files it is 0 and all is said.
            while true {
                let size = try list(into: &buffer)
                if size == 0 { return [] }
                if size <= buffer.count {
                    return buffer[..<size].split(separator: 0).map { FileName(unchecked: Array($0)) }
                }
                buffer = [UInt8](repeating: 0, count: size + 256)
            }
        } catch {
            if error.errno == .notSupported { return [] }
            throw error
        }
    }

    private func list(into buffer: inout [UInt8]) throws(SystemError) -> Int {
        do {
            return try check("listxattr") {
                buffer.withUnsafeMutableBytes { raw in
                    let names = raw.assumingMemoryBound(to: CChar.self).baseAddress
                    return fd >= 0
                        ? ext_flistxattr(fd, names, raw.count)
                        : path.withCString { ext_llistxattr($0, names, raw.count) }
                }
            }
        } catch {
            // Somebody added one since the size was asked.
            if error.errno == .outOfRange { return buffer.count + 1 }
            throw error
        }
    }

    /// The value of one attribute; nil when there is none of this name.
    public func value(_ name: FileName) throws(SystemError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            do {
                let size = try check("getxattr", name) {
                    buffer.withUnsafeMutableBytes { raw in
                        name.withCString { name in
                            fd >= 0
                                ? ext_fgetxattr(fd, name, raw.baseAddress, raw.count)
                                : path.withCString { ext_lgetxattr($0, name, raw.baseAddress, raw.count) }
                        }
                    }
                }
                return Array(buffer[..<size])
            } catch {
                if error.errno == .noData { return nil }
                if error.errno != .outOfRange || buffer.count > 65536 { throw error }
                buffer = [UInt8](repeating: 0, count: 65537)
            }
        }
    }

    /// Sets one attribute, new or not.
    public func set(_ name: FileName, to value: [UInt8]) throws(SystemError) {
        try check("setxattr", name) {
            value.withUnsafeBytes { raw in
                name.withCString { name in
                    fd >= 0
                        ? ext_fsetxattr(fd, name, raw.baseAddress, raw.count)
                        : path.withCString { ext_lsetxattr($0, name, raw.baseAddress, raw.count) }
                }
            }
        }
    }

    /// Removes one attribute; nothing happens when there is none of this name.
    public func remove(_ name: FileName) throws(SystemError) {
        do {
            try check("removexattr", name) {
                name.withCString { name in
                    fd >= 0
                        ? ext_fremovexattr(fd, name) : path.withCString { ext_lremovexattr($0, name) }
                }
            }
        } catch {
            if error.errno != .noData { throw error }
        }
    }
}
