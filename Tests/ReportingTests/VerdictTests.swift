import LinuxSystem
import Testing

@testable import Reporting

@Suite("A report in JSON")
struct VerdictTests {
    static let verdicts: [Verdict] =
        [.succeeded, .partial, .held, .interrupted, .skipped] + FailureKind.allCases.map(Verdict.failed)

    @Test("keeps each verdict", arguments: verdicts)
    func verdict(verdict: Verdict) {
        #expect(JSON.decode(Verdict.self, from: JSON.encode(verdict)) == verdict)
    }

    @Test("shows scripts the result, the kind and the exit status")
    func form() {
        let text = String(decoding: JSON.encode(Verdict.failed(.noSpace)), as: UTF8.self)
        #expect(
            text == """
                {
                  "exitStatus" : 16,
                  "kind" : "no-space",
                  "result" : "failed"
                }

                """
        )
    }

    @Test(
        "keeps whether the drive may be pulled",
        arguments: [.safe(.poweredOff), .safe(.stopped), .safe(.closed), .unsafe(reason: "busy"), .gone]
            as [PullSafety]
    )
    func safety(safety: PullSafety) {
        #expect(JSON.decode(PullSafety.self, from: JSON.encode(safety)) == safety)
    }

    @Test("names the first ten skipped entries, escaped, and counts all")
    func skipped() {
        var report = Sample.report(.partial)
        report.sources = ["a", "b"].map { name in
            var source = SourceResult(name: name, filesCopied: 2, bytesCopied: 5, deleted: 1)
            for number in 0..<8 { source.skipped.add(FileName("\(number)\n"), reason: "permission denied") }
            for _ in 0..<100 { source.skipped.add("more", reason: "permission denied") }
            return source
        }
        #expect(report.sources[0].skipped.first.count == 10)
        #expect(report.sources[0].skipped.first[0].path == "'0\\n'")
        #expect(report.total.skipped.total == 216)
        #expect(report.total.skipped.first == report.sources[0].skipped.first)
        #expect(report.total.filesCopied == 4)
        #expect(report.total.bytesCopied == 10)
        #expect(report.total.deleted == 2)
    }

    @Test("never shows a negative duration")
    func duration() {
        var report = Sample.report(.succeeded)
        #expect(report.duration == .seconds(1_900))
        report.ended = report.started.advanced(by: .seconds(-5))
        #expect(report.duration == .zero)
    }
}
