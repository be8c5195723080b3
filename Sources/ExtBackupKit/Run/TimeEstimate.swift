import Copying
import Drives
import Reporting

/// How long a copy to a drive may take, from what its last runs took as a whole: unlocking, scanning and closing are in it.
struct TimeEstimate {
    /// Runs that copied less say more of these than of the drive's speed.
    private static let leastBytes: ByteCount = 1_000_000_000
    /// Older runs are not asked.
    static let runLimit = 20
    private static let usedRuns = 5

    private let bytes: Int64
    private let duration: Duration
    private let runs: Int

    /// Takes the latest runs of one drive, the latest first; nil when none of them copied enough.
    init?(from reports: [RunReport]) {
        let telling = reports.filter { report in
            report.total.bytesCopied >= Self.leastBytes && report.duration > .zero
                && Self.cameToItsEnd(report.verdict)
        }
        if telling.isEmpty { return nil }
        let used = telling.prefix(Self.usedRuns)
        bytes = used.reduce(0) { $0 + $1.total.bytesCopied.bytes }
        duration = used.reduce(.zero) { $0 + $1.duration }
        runs = used.count
    }

    private static func cameToItsEnd(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .succeeded, .partial, .held: true
        case .failed, .interrupted, .skipped: false
        }
    }

    /// A sentence about that many bytes; nil for none.
    func text(for bytes: ByteCount) -> String? {
        if bytes.bytes <= 0 { return nil }
        let rate = Double(self.bytes) / (duration / .seconds(1))
        let seconds = (Double(bytes.bytes) / rate).rounded(.up)
        if seconds >= 100 * 86_400 { return nil }
        let source = runs == 1 ? "a run that copied" : "\(runs) runs that copied"
        return "about \(Duration.seconds(Int64(seconds)).text), at \(ByteCount(Int64(rate)))/s "
            + "as in \(source) \(ByteCount(self.bytes))"
    }
}

extension BackupRun {
    /// How long the planned copy may take; nil when the drive's history does not tell.
    func timeEstimate(of planned: [PlannedSource]) -> String? {
        // What is wrong with the history was told when the drive's counter was looked up, ignoring.
        let history = try? History.open(in: context.layout.stateFolder, now: context.now())
        let reports = try? history?.runs(drive: record.luksUUID, limit: TimeEstimate.runLimit)
        let bytes = planned.reduce(0) { $0 + $1.plan.summary.bytesToWrite }
        return TimeEstimate(from: reports ?? [])?.text(for: ByteCount(bytes))
    }
}
