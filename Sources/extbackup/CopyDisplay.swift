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
        var pace = CopyPace()
        var source: String?
    }

    private let state = Mutex(State())

    /// Takes what the engine tells.
    ///
    /// - Parameter source: which source it is about, where there are several.
    func show(_ progress: CopyProgress, of source: String? = nil) {
        state.withLock { state in
            if source != state.source {
                state.source = source
                state.pace = CopyPace()
            }
            state.pace.update(progress, at: state.clock.now)
            let text = ProgressText(progress, rate: state.pace.rate)
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
