import Glibc
import LinuxSystem
import SystemPackage
import Testing

/// The built program, run as a person runs it.
enum Program {
    /// How it ended and what it said.
    struct Outcome: CustomStringConvertible {
        var status: Int32
        var output: String
        var errors: String
        var description: String { "status \(status)\n\(output)\(errors)" }
    }

    /// It lies beside the program that runs the tests.
    static func path() throws -> FileName {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try check("readlink") { readlink("/proc/self/exe", &buffer, buffer.count) }
        let path = buffer[..<count].map(UInt8.init(bitPattern:))
        let folder = path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
        return FileName(bytes: folder).appending("extbackup")
    }

    /// The checkout.
    static let repository = FileName(#filePath).components.dropLast(4).reduce(FileName("/")) {
        $0.appending($1)
    }

    /// Runs it without a terminal.
    ///
    /// - Parameter before: what stands in front of it, for example `setpriv`.
    static func run(_ arguments: [FileName], before: [FileName] = []) throws -> Outcome {
        let folder = try TemporaryFolder()
        let errors = folder.path.appending("errors")
        // Its streams are told apart by the shell.
        let script: FileName = "errors=$1; shift; exec \"$@\" 2>\"$errors\""
        let words = ["/bin/sh", "-c", script, "sh", errors] + before + [try path()] + arguments
        let outcome = try ChildProcess(words).run()
        guard case .exited(let status) = outcome.ending else {
            throw SystemError(call: "the program: \(outcome.ending)", errno: .interrupted)
        }
        return Outcome(
            status: status,
            output: String(decoding: outcome.output, as: UTF8.self),
            errors: String(
                decoding: try Descriptor.open(errors, .read).readAll(limit: 1 << 20),
                as: UTF8.self
            )
        )
    }

    /// Runs a shell script with the program's path as `$1` and what it needs after that.
    static func script(_ text: FileName, _ arguments: FileName...) throws -> ChildProcess.Outcome {
        try ChildProcess(["/bin/sh", "-c", text, "sh", try path()] + arguments).run()
    }

    /// `config check` is two arguments.
    static func words(_ text: String) -> [FileName] {
        text.split(separator: " ").map { FileName(String($0)) }
    }
}

/// A folder that goes with this value.
final class TemporaryFolder: Sendable {
    let path: FileName

    init() throws {
        path = FileName("/tmp/extbackup-command-" + String(UInt64.random(in: 0 ... .max), radix: 36))
        _ = try Descriptor.makeFolder(path, mode: 0o755)
    }

    deinit {
        // What is left is the system's to clean, ignoring.
        _ = try? ChildProcess(["/bin/rm", "-rf", "--one-file-system", path]).run()
    }

    func write(_ name: FileName, _ text: String, mode: UInt32 = 0o644) throws {
        var folder = try Descriptor.open(path, .directory)
        for part in name.components.dropLast() { folder = try folder.makeDirectory(part, mode: 0o755) }
        try folder.replaceFile(name.components[name.components.count - 1], with: Array(text.utf8), mode: mode)
    }
}

/// What a test needs that not every machine gives.
enum Need {
    static var root: ConditionTrait { .enabled(if: geteuid() == 0, "NOT TESTED: needs root") }

    static var loopDevices: ConditionTrait {
        .enabled(
            if: geteuid() == 0 && access("/dev/loop-control", R_OK) == 0,
            "NOT TESTED: a disk in use needs root and /dev/loop-control"
        )
    }

    /// The program must find no set-up.
    static var noSetUp: ConditionTrait {
        .enabled(if: access("/etc/extbackup", F_OK) != 0, "NOT TESTED: extbackup is set up on this machine")
    }

    static func program(_ path: String) -> ConditionTrait {
        .enabled(if: access(path, X_OK) == 0, "NOT TESTED: needs \(path)")
    }
}
