import Copying
import ExtBackupKit
import LinuxSystem
import Reporting
import Synchronization

/// Shows how far a copy is, on standard error.
final class CopyDisplay: Sendable {
    fileprivate struct State {
        let clock = ContinuousClock()
        var line = LiveLine()
        var rate = ProgressRate()
        var source: String?
        var copyingSince: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Takes what the engine tells.
    ///
    /// - Parameter source: which source it is about, where there are several.
    func show(_ progress: CopyProgress, of source: String? = nil) {
        state.withLock { state in
            if source != state.source {
                state.source = source
                state.rate = ProgressRate()
                state.copyingSince = nil
            }
            state.measure(progress)
            let text = ProgressText(progress, rate: state.rate)
            let name = source.map { "\($0): " } ?? ""
            state.line.show(
                bar: { name + text.bar(columns: $0 - name.count) },
                sentence: { name + text.sentence }
            )
        }
    }

    /// Takes the line away, before other text.
    func clear() { state.withLock { $0.line.clear() } }
}

extension CopyDisplay.State {
    fileprivate mutating func measure(_ progress: CopyProgress) {
        switch progress.phase {
        case .scanning: return
        case .copying, .deleting, .finishing: break
        }
        let now = clock.now
        let since = copyingSince ?? now
        copyingSince = since
        let amount = progress.bytesTotal > 0 ? progress.bytesDone : Int64(progress.changesDone)
        rate.update(amount, at: now - since)
    }
}
