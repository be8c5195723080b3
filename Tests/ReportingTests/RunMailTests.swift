import LinuxSystem
import Testing

@testable import Reporting

@Suite("A run's mail")
struct RunMailTests {
    static let safeties: [PullSafety] =
        [.safe(.poweredOff), .safe(.stopped), .safe(.closed), .unsafe(reason: "it is busy"), .gone]

    private func body(_ report: RunReport, _ context: MailContext? = nil) -> String {
        let context = context ?? RunMailCase.context(to: [])
        return RunMail.compose(report, occasion: .failure, context: context).body
    }

    private func steps(in body: String) -> [Substring] {
        body.split(separator: "\n").filter {
            $0.hasPrefix("  1. ") || $0.hasPrefix("  2. ") || $0.hasPrefix("  3. ")
        }
    }

    @Test(
        "says on every verdict what to do, in one to three steps",
        arguments: VerdictTests.verdicts,
        safeties
    )
    func steps(verdict: Verdict, safety: PullSafety) {
        let body = body(Sample.report(verdict, safety: safety))
        let isDone = verdict == .succeeded || verdict == .skipped
        if case .unsafe = safety {
            #expect(
                body.contains(
                    "  1. Leave the drive plugged in, and close it:\n         extbackup cleanup red\n"
                )
            )
        } else {
            #expect(steps(in: body).isEmpty == isDone)
        }
        #expect(!body.contains("  4. "))
    }

    @Test(
        "says why sources were skipped, and what they wait for",
        arguments: [
            (.partial, "is done but not complete: source 'db' was skipped: not today."),
            (.skipped, "was skipped: source 'db' was skipped: not today."),
        ] as [(Verdict, String)]
    )
    func skippedSources(verdict: Verdict, sentence: String) {
        let failure = Explanation(
            message: "source 'db' was skipped: not today",
            hint: "see what the hook waits for"
        )
        var report = Sample.report(verdict, failure: failure)
        report.sources = [SourceResult(name: "db", note: "skipped: not today")]
        let text = body(report).split(whereSeparator: \.isNewline).joined(separator: " ")
        #expect(text.contains("The backup of 'nas' to drive 'red' \(sentence)"))
        #expect(text.contains("  1. See what the hook waits for"))
        #expect(!text.contains("entries"))
    }

    @Test("says whether the drive may be pulled, in subject and text", arguments: safeties)
    func safety(safety: PullSafety) {
        let report = Sample.report(.failed(.other), safety: safety)
        let mail = RunMail.compose(report, occasion: .failure, context: RunMailCase.context(to: []))
        let (subject, answer) =
            switch safety {
            case .safe: ("safe to pull", "Yes. The file system is unmounted, LUKS is closed,")
            case .unsafe: ("DO NOT PULL", "NO. It is busy.")
            case .gone: ("not plugged in", "It is not plugged in.")
            }
        #expect(mail.subject.hasSuffix(" - " + subject))
        #expect(mail.body.contains("\nIs the drive safe to pull? " + answer))
    }

    @Test(
        "is text of 78 columns without control characters, whatever the names",
        arguments: VerdictTests.verdicts
    )
    func hostile(verdict: Verdict) throws {
        let hostile = "x\u{1b}[2J\u{202e}\r\nBcc: eve@example.org\n\n" + String(repeating: "ä", count: 90)
        var report = Sample.report(verdict, safety: .unsafe(reason: hostile))
        report.host = hostile
        report.drive = ReportedDrive(name: hostile, serial: hostile, luksUUID: hostile)
        report.invocation = hostile
        report.failure = Explanation(message: hostile, hint: hostile)
        var source = SourceResult(name: hostile, heldDeletions: 1, note: hostile)
        source.skipped.add(FileName(hostile), reason: hostile)
        report.sources = [source]
        report.warnings = [hostile]
        let context = MailContext(
            to: [try MailAddress("root")],
            now: Sample.ended,
            drives: [DriveStanding(name: hostile, lastGood: nil, due: Sample.ended)],
            journal: [JournalLine(time: Sample.ended, identifier: hostile, message: hostile)]
        )
        let mail = RunMail.compose(report, occasion: .held, context: context)
        let text = String(decoding: mail.bytes, as: UTF8.self)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            // Only a command may be longer, as it is there to be copied, and a message id, which has no folds.
            let isWhole = line.hasPrefix("         extbackup ") || line.contains(": <extbackup.")
            #expect(line.count <= 78 || isWhole, "\(line)")
            #expect(SingleLine.escape(line) == line)
            #expect(!line.hasPrefix("Bcc:"))
        }
        #expect(text.split(separator: "\n\n", maxSplits: 1)[1] == mail.body)
    }

    @Test("tells when a drive is due, where that is known")
    func due() {
        var context = RunMailCase.context(to: [])
        context.drives[1].due = Sample.ended.advanced(by: .seconds(3 * 86_400 + 120))
        let body = body(Sample.report(.failed(.other)), context)
        #expect(body.contains("\nNext backup due\n  blue          2026-03-04 06:42 UTC, in 3 days\n\n"))
    }

    @Test("leaves out what it does not know")
    func sparse() {
        var report = Sample.report(.failed(.noDrive), phase: .finding, safety: .gone)
        report.drive.serial = nil
        report.invocation = nil
        report.runNumber = 0
        let body = body(report, MailContext(to: [], now: Sample.ended))
        for label in ["serial", "  run  ", "copied", "free", "Last good", "Next", "journalctl", "Sources"] {
            #expect(!body.contains(label), "\(label)")
        }
    }

    @Test("gives the hint of whoever saw the failure instead of general advice")
    func hint() {
        let failure = Explanation(message: "no", hint: "try this: extbackup status")
        let body = body(Sample.report(.failed(.noSpace), failure: failure))
        #expect(steps(in: body).map(String.init).first == "  1. Try this: extbackup status")
        #expect(!body.contains("exclude"))
    }
}
