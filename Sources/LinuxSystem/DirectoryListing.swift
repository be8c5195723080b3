internal import CLinux
import Glibc
import SystemPackage

extension Descriptor {
    /// As `forEachEntry`, with the names alone.
    public func forEachName(_ body: (FileName) -> Void) throws(SystemError) {
        try forEachEntry { name, _ in body(name) }
    }

    /// Calls `body` with the name and the inode's number of every entry but `.` and `..`, in the order of the file system
    /// (getdents64(2)). The directory must be open for reading; it is read from its start.
    ///
    /// - Throws: what the kernel says; names given before that are good.
    public func forEachEntry(_ body: (_ name: FileName, _ inode: UInt64) -> Void) throws(SystemError) {
        try check("lseek") { lseek(rawValue, 0, SEEK_SET) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let count = try check("getdents64") { ext_getdents64(rawValue, buffer.baseAddress, buffer.count) }
            if count == 0 { return }
            // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name with its NUL.
            var start = 0
            while start < count {
                let length = Int(buffer.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
                let inode = buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self)
                let name = UnsafeRawBufferPointer(rebasing: buffer[(start + 19)..<(start + length)])
                start += length
                let isDot = name[0] == 0x2e && (name[1] == 0 || (name[1] == 0x2e && name[2] == 0))
                if isDot { continue }
                // The NUL is among the last eight bytes: records are padded to a multiple of that, with anything.
                var end = max(0, name.count - 8)
                while name[end] != 0 { end += 1 }
                body(FileName(unchecked: Array(name[..<end])), inode)
            }
        }
    }
}
