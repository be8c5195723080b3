import Drives
import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("The mail about a run", Need.root)
struct RunReporterTests {
    @Test(
        "tells when the next backup of each drive is due",
        arguments: [("", "2026-10-21 14:13 UTC, in 30 days"), ("60d", "2026-11-20 14:13 UTC, in 60 days")]
    )
    func due(dueAfter: String, due: String) throws {
        let sandbox = try Sandbox()
        if !dueAfter.isEmpty { try sandbox.configure(rest: "[drive]\ndue_after = \"\(dueAfter)\"") }
        try sandbox.runBefore(files: ["a"])
        for name in ["blue", "green"] {
            let file = Sandbox.driveFile.split(separator: "red").joined(separator: name)
            try sandbox.home.write(FileName("etc/drives.d/\(name).toml"), file)
        }
        try StatusFile(directory: sandbox.layout.stateFolder).update {
            $0[drive: "blue"].lastGood = Timestamp(seconds: 1_790_000_000)
        }
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        #expect(try sandbox.run().verdict == .failed(.unlockFailed))
        let mail = try #require(try sandbox.mails().last)
        // Of green nothing is known: it never had a backup.
        #expect(
            mail.contains("\nNext backup due\n  blue          \(due)\n  red           \(due)\n\n"),
            "\(mail)"
        )
    }

    @Test("of a success counts from this run")
    func recovered() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted, occurrences: 1...1))
        #expect(try sandbox.run().verdict == .failed(.unlockFailed))
        let before = try #require(try sandbox.mails().last)
        #expect(!before.contains("Next backup due"))
        #expect(try sandbox.run().verdict == .succeeded)
        let mail = try #require(try sandbox.mails().first { $0.contains("works again") })
        #expect(
            mail.contains("\nNext backup due\n  red           2026-10-21 14:13 UTC, in 30 days\n"),
            "\(mail)"
        )
    }
}
