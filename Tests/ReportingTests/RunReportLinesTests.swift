import LinuxSystem
import Testing

@testable import Reporting

@Suite("A report's lines")
struct RunReportLinesTests {
    private static func rich() -> RunReport {
        var report = Sample.report(
            .held,
            phase: .closing,
            failure: Explanation(message: "deletions of 'photos' are held", hint: "look at '/srv/photos'")
        )
        var photos = SourceResult(
            name: "photos",
            filesCopied: 1_234,
            bytesCopied: 5_600_000,
            deleted: 0,
            heldDeletions: 40,
            note: "the source is empty"
        )
        for number in 1...12 { photos.skipped.add(FileName("a\(number)"), reason: "permission denied") }
        report.sources = [photos, SourceResult(name: "borg", filesCopied: 1, bytesCopied: 7, deleted: 2)]
        report.space = FreeSpace(before: 1_000_000_000, after: 994_400_000, needed: 5_700_000)
        report.warnings = ["no light"]
        return report
    }

    @Test("tell everything")
    func everything() {
        let facts = [
            "  host          nas",
            "  drive         red",
            "  serial        WD-WX12A3456789",
            "  LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11",
            "  run           17",
            "  started       2026-03-01 06:09 UTC",
            "  ended         2026-03-01 06:40 UTC, after 31 min 40 s",
            "  exit status   25 (held)",
            "  reason        deletions of 'photos' are held",
            "  copied        1 235 files, 5.6 MB (5 600 007 bytes)",
            "  deleted       2",
            "  held          40 deletions",
            "  not copied    12",
            "  space needed  5.7 MB (5 700 000 bytes)",
            "  free before   1.0 GB (1 000 000 000 bytes)",
            "  free after    994 MB (994 400 000 bytes)",
            "  what to do    look at '/srv/photos'",
            "  afterwards    safe to pull: closed and powered off",
            "  started by    its unit",
        ]
        let sources = [
            "",
            "Sources",
            "  photos        1 234 files copied, 5.6 MB (5 600 000 bytes); 0 deleted; 40",
            "                deletions held; 12 not copied; the source is empty",
            "  borg          1 file copied, 7 bytes; 2 deleted",
        ]
        let skipped =
            ["", "Not copied"] + (1...10).map { "  photos: 'a\($0)': permission denied" }
            + ["  photos: 2 more entries"]
        let rest = [
            "",
            "Warnings",
            "  - no light",
            "",
            "The whole log of this run:",
            "  journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef",
        ]
        #expect(Self.rich().detailLines == facts + sources + skipped + rest)
    }

    @Test(
        "tell in which step a run ended only where it did not end in order",
        arguments: [
            (.failed(.driveGone), true), (.failed(.agentKilled), true), (.interrupted, true),
            (.succeeded, false), (.held, false), (.partial, false), (.skipped, false),
        ] as [(Verdict, Bool)]
    )
    func step(verdict: Verdict, isTold: Bool) {
        let lines = Sample.report(verdict, phase: .copying).detailLines
        #expect(lines.contains("  ended while   copying") == isTold)
    }

    @Test("of a run by hand that came nowhere are few")
    func few() {
        var report = Sample.report(.failed(.noDrive), phase: .finding, safety: .gone)
        report.invocation = nil
        report.runNumber = 0
        report.drive.serial = nil
        let lines = report.detailLines
        #expect(lines.count == 9)
        #expect(lines.last == "  started by    a person")
        #expect(
            !lines.contains { $0.contains("copied") || $0.contains("serial") || $0.contains("journalctl") }
        )
    }

    @Test("escape what could move the cursor, and are not longer than 78 columns")
    func hostile() {
        var report = Self.rich()
        report.warnings = ["e2fsck said \u{1b}[31m\n" + String(repeating: "x", count: 200)]
        report.failure = Explanation(message: "\u{202e}", hint: "\u{7}")
        report.sources[0].note = "\u{1b}"
        report.drive.name = "\u{1b}[2J"
        report.safety = .unsafe(reason: "\r")
        for line in report.detailLines {
            #expect(line.count <= 78)
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202e}" }, "\(line)")
        }
    }
}

@Suite("A recorded run")
struct RecordedRunTests {
    @Test("is its report for programs, with number, status and duration")
    func json() throws {
        let run = RecordedRun(id: 12, report: Sample.report(.held))
        let text = String(decoding: JSON.encode(run), as: UTF8.self)
        for line in [
            "\"durationSeconds\" : 1900", "\"exitName\" : \"held\"", "\"id\" : 12", "\"host\" : \"nas\"",
            "\"runNumber\" : 17",
        ] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(JSON.decode(RunReport.self, from: Array(text.utf8)) == run.report)
    }
}
