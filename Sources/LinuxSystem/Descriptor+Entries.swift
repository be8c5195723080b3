internal import CLinux
import Glibc

extension Descriptor {
    /// The names in this directory, in no order, without `.` and `..`. For small folders of our own; trees are
    /// walked by the copier.
    public func entryNames() throws(SystemError) -> [FileName] {
        let folder = try open(".", .directory)
        var names: [FileName] = []
        var buffer = [UInt8](repeating: 0, count: 32768)
        while true {
            let length = try check("getdents64") {
                buffer.withUnsafeMutableBytes { ext_getdents64(folder.rawValue, $0.baseAddress, $0.count) }
            }
            if length == 0 { return names }
            var offset = 0
            while offset < length {
                // struct linux_dirent64: d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, then the name.
                let recordLength = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
                let name = buffer[(offset + 19)..<(offset + recordLength)].prefix { $0 != 0 }
                if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) {
                    names.append(FileName(bytes: name))
                }
                offset += recordLength
            }
        }
    }
}
