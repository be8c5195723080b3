import Glibc
import LinuxSystem

/// Programs that were built together with the tests; they lie beside the program that runs the tests.
enum BuiltProgram {
    static func path(_ name: FileName) throws -> FileName {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try check("readlink") { readlink("/proc/self/exe", &buffer, buffer.count) }
        let path = buffer[..<count].map(UInt8.init(bitPattern:))
        let folder = path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
        return FileName(bytes: folder).appending(name)
    }
}
