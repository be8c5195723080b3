import LinuxSystem
import SystemPackage
import Testing

/// A folder of its own for one test, in memory, removed with everything in it at the end.
final class TemporaryFolder: Sendable {
    let path: FileName

    /// - Parameter place: the folder above; on disk where a real file system is needed.
    init(in place: FileName = "/dev/shm") throws {
        path = place.appending(FileName("extbackup-kit-" + String(UInt64.random(in: 0 ... .max), radix: 36)))
        _ = try Descriptor.makeFolder(path, mode: 0o755)
    }

    deinit {
        // What is left in memory goes with the machine, ignoring.
        _ = try? ChildProcess(["/bin/rm", "-rf", "--one-file-system", path]).run()
    }

    /// Writes a file; the folders above it are made.
    func write(_ name: FileName, _ text: String, mode: UInt32 = 0o644) throws {
        let folder = try makeFolder(above: name)
        try #require(name.components.last != nil)
        if let last = name.components.last {
            try folder.replaceFile(last, with: Array(text.utf8), mode: mode)
        }
    }

    /// A folder below, with what is above it.
    @discardableResult
    func makeFolder(_ name: FileName, mode: UInt32 = 0o755) throws -> FileName {
        _ = try makeFolder(above: name.appending("x"), mode: mode)
        return path.appending(name)
    }

    private func makeFolder(above name: FileName, mode: UInt32 = 0o755) throws -> Descriptor {
        var folder = try Descriptor.open(path, .directory)
        for part in name.components.dropLast() { folder = try folder.makeDirectory(part, mode: mode) }
        return folder
    }

    func contents(_ name: FileName) throws -> String {
        String(
            decoding: try Descriptor.open(path.appending(name), .read).readAll(limit: 1 << 20),
            as: UTF8.self
        )
    }

    func exists(_ name: FileName) -> Bool {
        // Whatever keeps it from being opened, it is not there, ignoring.
        (try? Descriptor.open(path.appending(name), .path)) != nil
    }

    /// Names in a folder, sorted; none when there is no folder.
    func names(in folder: FileName) throws -> [FileName] {
        guard exists(folder) else { return [] }
        return try Descriptor.open(path.appending(folder), .directory).entryNames().sorted()
    }
}

/// What a test needs that not every machine gives.
enum Need {
    /// Keys and markers must be root's.
    static var root: ConditionTrait {
        .enabled(if: ProcessLimits.isRoot, "NOT TESTED: keys and markers must belong to root")
    }

    /// A small file system of its own.
    static var images: ConditionTrait {
        .enabled(
            if: ProcessLimits.isRoot && isThere("/dev/loop-control"),
            "NOT TESTED: a drive that is too small needs root and /dev/loop-control"
        )
    }

    static var borg: ConditionTrait {
        .enabled(if: isThere("/usr/bin/borg"), "NOT TESTED: borg's lock needs the Debian package borgbackup")
    }

    private static func isThere(_ path: FileName) -> Bool {
        // Not to be opened is not to be there, ignoring.
        (try? Descriptor.open(path, [.path, .followLink])) != nil
    }
}
