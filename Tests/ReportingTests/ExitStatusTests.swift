import Reporting
import Testing

@Suite("The exit status")
struct ExitStatusTests {
    @Test("has the codes and names of the documented table")
    func table() {
        let table = ExitStatus.allCases.map { "\($0.rawValue) \($0.name)" }
        #expect(
            table == [
                "0 ok", "1 failed", "3 partial", "10 no-drive", "11 locked", "12 unlock-failed",
                "16 no-space",
                "21 drive-gone", "22 verify-failed", "25 held", "26 source-missing", "64 usage",
                "72 not-closed", "75 skipped", "78 config", "130 interrupted",
            ]
        )
    }

    @Test("means something in one line")
    func meanings() {
        for status in ExitStatus.allCases {
            #expect(!status.meaning.isEmpty && !status.meaning.contains("\n"))
        }
    }

    @Test(
        "of a whole is the worst of its parts",
        arguments: [
            ([], .ok),
            ([.ok, .ok], .ok),
            ([.ok, .skipped], .skipped),
            ([.skipped, .partial], .partial),
            ([.partial, .noSpace], .noSpace),
            ([.partial, .unlockFailed], .unlockFailed),
            ([.sourceMissing, .partial], .sourceMissing),
            ([.sourceMissing, .noSpace], .sourceMissing),  // equals: the first one
            ([.noSpace, .sourceMissing], .noSpace),
            ([.failed, .partial, .ok], .failed),
            ([.noSpace, .held], .held),
            ([.held, .verifyFailed], .verifyFailed),
            ([.verifyFailed, .driveGone], .driveGone),
            ([.driveGone, .notClosed, .ok], .notClosed),
        ] as [([ExitStatus], ExitStatus)]
    )
    func worst(parts: [ExitStatus], expected: ExitStatus) {
        #expect(ExitStatus.worst(of: parts) == expected)
    }

    @Test("tells each kind of failure apart")
    func kinds() {
        let statuses = Set(FailureKind.allCases.map(\.exitStatus))
        // A killed agent and what has no kind share code 1.
        #expect(statuses.count == FailureKind.allCases.count - 1)
        #expect(!statuses.contains(.ok))
    }
}
