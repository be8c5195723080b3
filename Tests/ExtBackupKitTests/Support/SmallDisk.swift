import LinuxSystem
import Testing

/// A small ext4 file system in a file, mounted for one test.
final class SmallDisk: Sendable {
    let root: FileName
    private let home: TemporaryFolder

    init(mebibytes: Int) throws {
        home = try TemporaryFolder(in: "/tmp")
        root = try home.makeFolder("mount")
        let image = home.path.appending("image")
        try Self.run("/usr/bin/truncate", "-s", FileName("\(mebibytes)M"), image)
        try Self.run("/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "0", image)
        try Self.run("/bin/mount", "-o", "loop", image, root)
    }

    deinit {
        // A mount that is left fails no test, ignoring.
        _ = try? ChildProcess(["/bin/umount", "-l", root]).run()
    }

    private static func run(_ words: FileName...) throws {
        let outcome = try ChildProcess(words).run()
        try #require(outcome.isSuccess, "\(words): \(outcome.lastLine)")
    }
}
