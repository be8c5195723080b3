import LinuxSystem
import Synchronization

/// Shows the steps of long work on standard error, one line each; on a terminal the line at hand tells how long the step
/// has taken, so that nobody takes a slow disk for a hanging program.
final class StepDisplay: Sendable {
    private struct State {
        var step: String?
        var began = ContinuousClock.now
        var line = LiveLine()

        /// The step, and its time once that is worth a word.
        var text: String? {
            let seconds = (ContinuousClock.now - began).components.seconds
            return step.map { $0 + (seconds < 2 ? "" : " \(seconds) s") }
        }
    }

    private let state = Mutex(State())
    private let isTerminal = StandardStream.error.terminalColumns != nil
    private let isOver = Flag()

    private static let pause = Duration.milliseconds(500)

    /// One without a step.
    init() {
        guard isTerminal else { return }
        Thread.start(named: "steps") { [self] in
            while !isOver.isSet {
                state.withLock { state in
                    if let text = state.text { state.line.show(text) }
                }
                Thread.sleep(for: Self.pause)
            }
        }
    }

    /// Begins a step; the one before it has ended.
    func begin(_ description: String) {
        finishStep()
        let step = "  \(description) …"
        guard isTerminal else { return Output.say(step) }
        state.withLock { state in
            state.step = step
            state.began = ContinuousClock.now
            state.line.show(step)
        }
    }

    /// All is over, whatever came of it: other text may follow.
    func end() {
        isOver.set()
        finishStep()
    }

    private func finishStep() {
        state.withLock { state in
            guard let text = state.text else { return }
            state.step = nil
            state.line.clear()
            Output.say(text)
        }
    }
}
