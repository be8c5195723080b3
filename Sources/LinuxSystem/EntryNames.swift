internal import CLinux
import Glibc
import SystemPackage

extension Descriptor {
    /// The names in this small directory, without `.` and `..`, ordered by bytes.
    ///
    /// - Throws: `EFBIG` for a directory with more than `limit` names.
    public func entryNames(limit: Int = 100_000) throws(SystemError) -> [FileName] {
        let directory = try open(".", .directory)
        var names: [FileName] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = try check("getdents64") {
                buffer.withUnsafeMutableBytes { ext_getdents64(directory.rawValue, $0.baseAddress, $0.count) }
            }
            if count == 0 { return names.sorted() }
            var start = 0
            while start < count {
                // struct linux_dirent64: d_reclen at 16, d_name at 19, ended by a NUL (getdents(2)).
                let length = Int(buffer[start + 16]) | Int(buffer[start + 17]) << 8
                let name = FileName(bytes: buffer[(start + 19)..<(start + length)])
                if name != "." && name != ".." { names.append(name) }
                start += length
            }
            if names.count > limit { throw SystemError(call: "getdents64", errno: .fileTooLarge) }
        }
    }
}
