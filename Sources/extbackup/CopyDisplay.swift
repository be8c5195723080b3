import Copying
import ExtBackupKit
import LinuxSystem
import Reporting

/// Shows how far a copy is, on standard error: a line that is drawn anew on a terminal, one line a minute elsewhere.
final class CopyDisplay {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let isTerminal = StandardStream.error.terminalColumns != nil
    private var rate = ProgressRate()
    private var copyingSince: ContinuousClock.Instant?
    private var lastSentence: ContinuousClock.Instant
    private var isDrawn = false

    private static let pause = Duration.seconds(60)

    init() {
        start = clock.now
        lastSentence = start
    }

    /// Takes what the engine tells.
    func show(_ progress: CopyProgress) {
        let now = clock.now
        measure(progress, at: now)
        let text = ProgressText(progress, rate: rate)
        if isTerminal {
            guard let columns = StandardStream.error.terminalColumns else { return }
            // The last column would make some terminals begin a new line.
            Output.ask("\r" + text.bar(columns: columns - 1) + Self.clearToEnd)
            isDrawn = true
        } else if now - lastSentence >= Self.pause {
            lastSentence = now
            Output.say("extbackup: \(text.sentence)")
        }
    }

    /// Takes the line away, before other text.
    func clear() {
        if isDrawn { Output.ask("\r" + Self.clearToEnd) }
        isDrawn = false
    }

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

    /// ECMA-48, "erase in line".
    private static let clearToEnd = "\u{1b}[K"
}
