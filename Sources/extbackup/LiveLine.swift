import LinuxSystem

/// A line on standard error about work that goes on: drawn anew on a terminal, one line a minute elsewhere.
struct LiveLine {
    private let clock = ContinuousClock()
    private let isTerminal = StandardStream.error.terminalColumns != nil
    private var lastSentence: ContinuousClock.Instant
    private var isDrawn = false

    private static let pause = Duration.seconds(60)

    init() {
        lastSentence = clock.now
    }

    /// Shows how far the work is.
    ///
    /// - Parameters:
    ///   - bar: the text for a terminal of that many columns.
    ///   - sentence: the text for a log.
    mutating func show(bar: (_ columns: Int) -> String, sentence: () -> String) {
        if isTerminal {
            guard let columns = StandardStream.error.terminalColumns else { return }
            // The last column would make some terminals begin a new line.
            Output.ask("\r" + bar(columns - 1) + Self.clearToEnd)
            isDrawn = true
        } else if clock.now - lastSentence >= Self.pause {
            lastSentence = clock.now
            Output.say("extbackup: \(sentence())")
        }
    }

    /// Shows one text, cut where a terminal is narrow.
    mutating func show(_ text: String) {
        show(bar: { String(text.prefix($0)) }, sentence: { text })
    }

    /// Takes the line away, before other text.
    mutating func clear() {
        if isDrawn { Output.ask("\r" + Self.clearToEnd) }
        isDrawn = false
    }

    /// ECMA-48, "erase in line".
    private static let clearToEnd = "\u{1b}[K"
}
