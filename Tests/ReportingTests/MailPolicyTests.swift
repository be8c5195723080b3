import Reporting
import Testing

@Suite("A mail")
struct MailPolicyTests {
    @Test(
        "is sent on failure, on held deletions, and when all is well again",
        arguments: [
            (.succeeded, nil, nil),  // the first run ever
            (.succeeded, .succeeded, nil),
            (.succeeded, .failed(.noSpace), .recovered),
            (.succeeded, .partial, .recovered),
            (.succeeded, .held, .recovered),
            (.succeeded, .interrupted, .recovered),
            (.failed(.noSpace), .succeeded, .failure),
            (.failed(.noSpace), .failed(.noSpace), .failure),  // each run tells for itself
            (.failed(.notClosed), nil, .failure),
            (.partial, .partial, .failure),
            (.interrupted, .succeeded, .failure),
            (.held, .held, .held),
            (.skipped, .failed(.other), nil),
        ] as [(Verdict, Verdict?, MailPolicy.Occasion?)]
    )
    func occasions(verdict: Verdict, previous: Verdict?, expected: MailPolicy.Occasion?) {
        #expect(MailPolicy().occasion(for: Sample.report(verdict), previous: previous) == expected)
    }

    @Test("about a run that was skipped is sent when it tells why")
    func skipped() {
        let report = Sample.report(.skipped, failure: Explanation(message: "the run was skipped: not today"))
        #expect(MailPolicy().occasion(for: report, previous: .succeeded) == .failure)
    }

    @Test("is sent only on the occasions that were chosen", arguments: MailPolicy.Occasion.allCases)
    func chosen(occasion: MailPolicy.Occasion) {
        let policy = MailPolicy(on: [occasion])
        let mailed = [Verdict.failed(.other), .held, .succeeded].compactMap {
            policy.occasion(for: Sample.report($0), previous: .failed(.other))
        }
        #expect(mailed == [occasion])
    }

    @Test("about an interruption is not sent to the one who pressed Ctrl-C")
    func interruptedByHand() {
        var report = Sample.report(.interrupted)
        report.invocation = nil
        #expect(MailPolicy().occasion(for: report, previous: .succeeded) == nil)
    }
}
