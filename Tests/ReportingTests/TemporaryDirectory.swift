import Glibc
import LinuxSystem

/// A directory of its own for a test; it is removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: FileName

    init() throws {
        var template = Array("/tmp/extbackup-test.XXXXXX".utf8CString)
        try check("mkdtemp") { mkdtemp(&template) == nil ? -1 : 0 }
        path = FileName(bytes: template.map { UInt8(bitPattern: $0) })
    }

    deinit {
        // What is left in /tmp harms no test, ignoring.
        _ = try? ChildProcess(["/bin/rm", "-rf", path]).run()
    }

    /// Writes a file.
    func write(_ name: FileName, _ text: String) throws {
        try Descriptor.open(path, .directory).replaceFile(name, with: Array(text.utf8), mode: 0o600)
    }

    /// Reads a file.
    func read(_ name: FileName) throws -> String {
        let file = try Descriptor.open(path, .directory).open(name, .read)
        return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    }

    /// The names in it, hidden ones left out, sorted.
    func names() throws -> [String] {
        let list = try ChildProcess(["/bin/ls", path]).run().output
        return String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The permission bits of a file in it.
    func mode(_ name: FileName) throws -> UInt32 {
        var status = stat()
        try check("stat") { path.appending(name).withCString { stat($0, &status) } }
        return status.st_mode & 0o7777
    }
}
