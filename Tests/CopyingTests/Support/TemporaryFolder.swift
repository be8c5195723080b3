import LinuxSystem
import Testing

/// A folder of its own for one test, removed with everything in it at the end.
final class TemporaryFolder: Sendable {
    let path: String
    let folder: Descriptor

    /// - Parameter place: `/dev/shm` for many small runs, where a sync costs nothing.
    init(in place: String = "/tmp") throws {
        path = place + "/extbackup-copying-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try run("/bin/mkdir", "-m", "700", path)
        folder = try Descriptor.open(FileName(path), .directory)
    }

    deinit {
        // A rest in /tmp fails no test, ignoring.
        _ = try? run("/bin/rm", "-rf", path)
    }

    /// Makes an empty folder in it and opens it.
    func makeFolder(_ name: String) throws -> Descriptor {
        try folder.createDirectory(FileName(name))
        return try folder.open(FileName(name), .directory)
    }
}

/// A command that must succeed.
@discardableResult
func run(_ words: String...) throws -> String {
    try run(words.map { FileName($0) })
}

/// A command that must succeed.
@discardableResult
func run(_ words: [FileName]) throws -> String {
    let outcome = try ChildProcess(words, timeout: .seconds(120)).run()
    let output = String(decoding: outcome.output, as: UTF8.self)
    if !outcome.isSuccess { throw CommandFailure(words: words, output: output) }
    return output
}

struct CommandFailure: Error {
    let words: [FileName]
    let output: String
}

/// What a test needs that not every machine gives.
enum Need {
    /// Owners, devices, and most attributes are set by root alone.
    static var root: ConditionTrait {
        .enabled(if: ProcessLimits.isRoot, "SKIPPED: needs root to make owners, devices and attributes")
    }

    /// Images are mounted through /dev/loop-control.
    static var images: ConditionTrait {
        .enabled(
            if: ProcessLimits.isRoot && (try? Descriptor.open("/dev/loop-control", .readWrite)) != nil,
            "SKIPPED: needs root and /dev/loop-control to mount file system images"
        )
    }
}
