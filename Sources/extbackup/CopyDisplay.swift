import Copying
import ExtBackupKit
import LinuxSystem
import Reporting

/// Shows how far a copy is, on standard error.
final class CopyDisplay {
    private let clock = ContinuousClock()
    private let line = LiveLine()
    private var rate = ProgressRate()
    private var copyingSince: ContinuousClock.Instant?

    /// Takes what the engine tells.
    func show(_ progress: CopyProgress) {
        measure(progress, at: clock.now)
        let text = ProgressText(progress, rate: rate)
        line.show(bar: { text.bar(columns: $0) }, sentence: { text.sentence })
    }

    /// Takes the line away, before other text.
    func clear() { line.clear() }

    private func measure(_ progress: CopyProgress, at now: ContinuousClock.Instant) {
        switch progress.phase {
        case .scanning: return
        case .copying, .deleting, .finishing: break
        }
        let since = copyingSince ?? now
        copyingSince = since
        let amount = progress.bytesTotal > 0 ? progress.bytesDone : Int64(progress.changesDone)
        rate.update(amount, at: now - since)
    }
}
