import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage

@testable import ExtBackupKit

/// A line of the configuration: a shell script as a hook. The script holds no single quotes.
func hook(_ key: String, _ script: String) -> String { "\(key) = ['/bin/sh', '-c', '\(script)']" }

extension Sandbox {
    /// One more source, `music`, with a file, and these lines of configuration.
    func music(_ lines: String = "") throws -> String {
        try home.write("music/song", "contents")
        return "[[source]]\nname = \"music\"\npath = \"\(path("music"))\"\n\(lines)\n"
    }

    /// Writes a line into the story, as hooks do by `echo … >> story`.
    func tell(_ line: String) {
        // A line that is missing fails the test, ignoring.
        _ = try? ChildProcess(["/bin/sh", "-c", FileName("echo \(line) >> \(path("story"))")]).run()
    }

    /// The lines that hooks and drive wrote, in their order.
    func story() throws -> [String] {
        guard home.exists("story") else { return [] }
        return try home.contents("story").split(separator: "\n").map { String($0) }
    }

    /// Runs with the drive plugged in once more.
    func runAgain() throws -> RunReport {
        drive.state.withLock { $0.isPresent = true }
        log.forgetTalk()
        return try run(invocation: "11111111111111111111111111111111")
    }

    /// What is on the drive of a source.
    func copied(_ source: String) throws -> [FileName] {
        try home.names(in: FileName("drive/\(source)"))
    }
}
