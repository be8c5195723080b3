import LinuxSystem
import Testing

/// A disk with nothing on it.
final class EmptyLoop {
    let path: FileName
    private let home = try? TemporaryFolder(in: "/tmp")

    init() throws {
        let image = try #require(home).path.appending("image")
        try #require(try ChildProcess(["/usr/bin/truncate", "-s", "128M", image]).run().isSuccess)
        let outcome = try ChildProcess(["/sbin/losetup", "--find", "--show", image]).run()
        path = FileName(outcome.lastLine)
    }

    deinit {
        // A loop device that is left fails no test, ignoring.
        _ = try? ChildProcess(["/sbin/losetup", "--detach", path]).run()
    }
}
