import Glibc
import LinuxSystem

/// A folder for one test; gone with this value.
final class TemporaryFolder: Sendable {
    let path: FileName

    init() throws {
        var template = Array("/tmp/extbackup-light-XXXXXX".utf8CString)
        let isMade =
            template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) } ?? nil } != nil
        guard isMade else { throw SystemError(call: "mkdtemp", errno: currentErrno()) }
        path = FileName(bytes: template.map(UInt8.init(bitPattern:)))
    }

    deinit {
        // What is left in /tmp after a failure harms nobody, ignoring.
        _ = try? ChildProcess(["/bin/rm", "-rf", "--", path]).run()
    }

    func file(_ name: FileName) -> FileName { path.appending(name) }

    func shell(_ command: String) throws {
        let outcome = try ChildProcess(["/bin/sh", "-ec", FileName("cd \"$0\"; \(command)"), path])
            .run()
        guard outcome.isSuccess else { throw ShellFailure(message: outcome.lastLine) }
    }

    struct ShellFailure: Error { let message: String }
}
