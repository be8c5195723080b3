import Fuzzing
import LinuxSystem
import Testing

@testable import Reporting

@Suite("A status that was spoiled")
struct StatusFuzzTests {
    @Test("is told without a crash, or is none", .timeLimit(.minutes(10)))
    func fuzz() throws {
        var status = Status()
        status[drive: "red"].finish(Sample.report(.held))
        var progress = Progress(changesDone: 1, changesTotal: 2, bytesDone: 3, bytesTotal: 4)
        progress.source = Progress.Source(name: "photos", number: 1, count: 3)
        progress.bytesPerSecond = 5
        progress.secondsLeft = 6
        status[drive: "red"].begin(
            RunningState(
                invocation: Sample.invocation,
                pid: 42,
                started: Sample.started,
                phase: .copying,
                progress: progress
            )
        )
        let fragments = [
            "9223372036854775807", "-9223372036854775808", "1e308", "null", "{}", "[]", "\"\"", "{\"a\":",
        ]
        Fuzz([JSON.encode(status)], fragments: fragments, rounds: 4000).run("statuses") { bytes, seed in
            guard let red = JSON.decode(Status.self, from: bytes)?[drive: "red"] else { return }
            _ = red.running?.progress?.text
            _ = red.lastReport?.detailLines
            _ = red.lastReport?.total
            #expect(JSON.decode(DriveStatus.self, from: JSON.encode(red)) == red, "\(seed)")
        }
    }

    @Test("with numbers at their limits has sums")
    func limits() throws {
        var report = Sample.report(.held)
        let most = SourceResult(
            name: "a",
            filesCopied: .max,
            bytesCopied: ByteCount(.max),
            deleted: .max,
            heldDeletions: .max
        )
        report.sources = [most, most]
        #expect(report.total.filesCopied == .max)
        #expect(report.total.bytesCopied == ByteCount(.max))
        #expect(ByteCount(.min) - ByteCount(1) == ByteCount(.min))
    }
}
