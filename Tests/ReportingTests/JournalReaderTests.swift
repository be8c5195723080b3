import LinuxSystem
import SystemPackage
import Testing

@testable import Reporting

/// Writes journal files from text; of the package systemd-journal-remote.
private let journalWriter: FileName = "/lib/systemd/systemd-journal-remote"

@Suite("The journal")
struct JournalReaderTests {
    static let hasWriter: Bool = {
        let outcome = try? ChildProcess([journalWriter, "--version"]).run()
        return outcome?.isSuccess == true
    }()

    private func entry(_ second: Int, _ fields: String...) -> String {
        let moment = Sample.started.seconds + Int64(second)
        return "__REALTIME_TIMESTAMP=\(moment)000000\n__MONOTONIC_TIMESTAMP=\(1_000 + second)\n"
            + "_BOOT_ID=11111111111111111111111111111111\n" + fields.map { $0 + "\n" }.joined() + "\n"
    }

    private func journal(_ entries: [String]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let file = FileName(bytes: Array("--output=".utf8) + directory.path.bytes + Array("/t.journal".utf8))
        let text = entries.joined()
        let outcome = try ChildProcess([journalWriter, file, "-"], input: Array(text.utf8)).run()
        try #require(outcome.isSuccess, "\(outcome.lastLine)")
        return directory
    }

    @Test(
        "gives this invocation's last lines, and what systemd said of it",
        .enabled(if: hasWriter, "SKIPPED: install the package systemd-journal-remote to run this test")
    )
    func lines() throws {
        let ours = "_SYSTEMD_INVOCATION_ID=\(Sample.invocation)"
        let other = "_SYSTEMD_INVOCATION_ID=ffffffffffffffffffffffffffffffff"
        let about = "INVOCATION_ID=\(Sample.invocation)"
        let name = "SYSLOG_IDENTIFIER=extbackup"
        let directory = try journal([
            entry(0, ours, name, "PRIORITY=6", "MESSAGE=too old"),
            entry(1, ours, name, "PRIORITY=6", "MESSAGE=starting"),
            entry(2, other, name, "PRIORITY=6", "MESSAGE=of another run"),
            entry(3, ours, name, "PRIORITY=4", "MESSAGE=no light"),
            entry(4, about, "_PID=7", "MESSAGE=of somebody who lies"),
            entry(5, about, "_PID=1", "SYSLOG_IDENTIFIER=systemd", "PRIORITY=5", "MESSAGE=killed"),
            entry(6, ours, name, "PRIORITY=3", "MESSAGE=a\u{202e}b"),
        ])
        let lines = try JournalReader(directory: directory.path)
            .lastLines(ofInvocation: Sample.invocation, limit: 4)
        #expect(
            lines.map(\.text) == [
                "06:09:06 starting", "06:09:08 warning: no light", "06:09:10 systemd: killed",
                "06:09:11 error: a\\u{202e}b",
            ]
        )
    }

    @Test("of a machine without one is empty")
    func empty() throws {
        let directory = try TemporaryDirectory()
        let reader = JournalReader(directory: directory.path)
        #expect(try reader.lastLines(ofInvocation: Sample.invocation).isEmpty)
    }

    @Test("is not asked for what is no invocation", arguments: ["", "0", "0123456789ABCDEF0123456789ABCDEF"])
    func invocation(text: String) throws {
        #expect(try JournalReader(directory: "/no/such").lastLines(ofInvocation: text).isEmpty)
    }

    @Test("that cannot be read says why")
    func missing() {
        let error = #expect(throws: ReportingError.self) {
            try JournalReader(directory: "/no/such").lastLines(ofInvocation: Sample.invocation)
        }
        #expect(error?.message == "the journal cannot be read: No such file or directory")
    }
}
