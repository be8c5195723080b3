import Reporting
import Testing

@testable import ExtBackupKit

@Suite("The time that a copy may take")
struct TimeEstimateTests {
    /// A run, by what it copied, how long it took, and how it ended.
    struct Run: Sendable {
        var gigabytes: Int64
        var seconds: Int64
        var verdict = Verdict.succeeded

        var report: RunReport {
            RunReport(
                host: "nas",
                drive: ReportedDrive(name: "red", luksUUID: "uuid"),
                started: Timestamp(seconds: 1_000),
                ended: Timestamp(seconds: 1_000 + seconds),
                verdict: verdict,
                phase: .reporting,
                sources: [
                    SourceResult(name: "a", bytesCopied: ByteCount(gigabytes * 400_000_000)),
                    SourceResult(name: "b", bytesCopied: ByteCount(gigabytes * 600_000_000)),
                ],
                safety: .safe(.poweredOff)
            )
        }
    }

    @Test(
        "comes from the last runs that copied enough, and is left out where none did",
        arguments: [
            ([], nil),
            // Too little, cut off, not begun, or a clock that was set back.
            ([Run(gigabytes: 0, seconds: 10)], nil),
            ([Run(gigabytes: 5, seconds: 50, verdict: .interrupted)], nil),
            ([Run(gigabytes: 5, seconds: 50, verdict: .failed(.driveGone))], nil),
            ([Run(gigabytes: 5, seconds: -50)], nil),
            (
                [Run(gigabytes: 1, seconds: 10)],
                "about 1 min 40 s, at 100 MB/s as in a run that copied 1.0 GB"
            ),
            // All together, not one as much as the other; those that say nothing are passed over.
            (
                [
                    Run(gigabytes: 0, seconds: 100), Run(gigabytes: 1, seconds: 20, verdict: .partial),
                    Run(gigabytes: 9, seconds: 30, verdict: .held),
                ],
                "about 50 s, at 200 MB/s as in 2 runs that copied 10 GB"
            ),
            // The fifth one is the last.
            (
                Array(repeating: Run(gigabytes: 2, seconds: 20), count: 5) + [
                    Run(gigabytes: 900, seconds: 1)
                ],
                "about 1 min 40 s, at 100 MB/s as in 5 runs that copied 10 GB"
            ),
        ] as [([Run], String?)]
    )
    func estimate(runs: [Run], text: String?) {
        let estimate = TimeEstimate(from: runs.map(\.report))
        #expect(estimate?.text(for: 10_000_000_000) == text)
        #expect(estimate?.text(for: 0) == nil)
    }
}
