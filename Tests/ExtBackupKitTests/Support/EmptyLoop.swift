import LinuxSystem
import Testing

/// A disk of 128 MiB with nothing on it.
final class EmptyLoop {
    let path: FileName
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder(in: "/tmp")
        let image = home.path.appending("image")
        try #require(try ChildProcess(["/usr/bin/truncate", "-s", "128M", image]).run().isSuccess)
        let outcome = try ChildProcess(["/sbin/losetup", "--find", "--show", image]).run()
        try #require(outcome.isSuccess, "losetup: \(outcome.lastLine)")
        path = FileName(outcome.lastLine)
    }

    deinit {
        // A loop device that is left fails no test, ignoring.
        _ = try? ChildProcess(["/sbin/losetup", "--detach", path]).run()
    }
}
