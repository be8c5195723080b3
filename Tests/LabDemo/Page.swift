import LinuxSystem

/// What the demo prints: lines that are appended, so that it reads well in a terminal, a file and a CI log.
struct Page {
    private let style: Style

    private enum Style {
        /// Colors and emphasis.
        case colored
        /// Words only.
        case plain
    }

    /// A page on standard output.
    init() {
        style = StandardStream.output.takesColors ? .colored : .plain
    }

    /// The line above everything.
    func title(_ text: String) {
        line(emphasized(text))
    }

    /// Begins a chapter.
    func chapter(_ number: Int, _ text: String) {
        line()
        line(emphasized("\(number)  \(text)"))
        line()
    }

    /// Lines of talk, or what a command wrote.
    func say(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            line(part.isEmpty ? "" : "   " + part)
        }
    }

    /// A command, as if it were typed on the NAS.
    func command(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, part) in lines.enumerated() {
            line("   " + dim(index == 0 ? "nas# " : "   > ") + emphasized(String(part)))
        }
    }

    /// A text in a frame, as a mail.
    func quote(_ text: String) {
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            line("   " + dim("|") + (part.isEmpty ? "" : " " + part))
        }
    }

    /// The heads of a timeline's columns.
    func timelineHead() {
        line(dim("   seconds  light      what happens"))
    }

    /// A row of a timeline.
    func row(seconds: Double, light: LightColor, _ text: String, emphasis: Emphasis = .none) {
        let time = leftPadded(oneDecimal(seconds), to: 10)
        let text = emphasis == .strong ? emphasized(text) : text
        line("\(time)  \(block(light))  \(text)")
    }

    /// How loud a row is.
    enum Emphasis {
        case none, strong
    }

    /// The light as a block of its color with its word beside it, or as the word alone.
    func block(_ light: LightColor) -> String {
        switch style {
        case .plain:
            return padded("[\(light.word)]", to: 9)
        case .colored:
            let color = light == .off ? "48;5;236" : "48;2;\(light.red);\(light.green);\(light.blue)"
            return "\u{1b}[\(color)m   \u{1b}[0m " + padded(light.word, to: 5)
        }
    }

    /// A line as it is.
    func line(_ text: String = "") {
        // Whoever closed our output does not want to read, ignoring.
        try? StandardStream.output.write(Array((text + "\n").utf8))
    }

    private func emphasized(_ text: String) -> String {
        switch style {
        case .plain: text
        case .colored: "\u{1b}[1m\(text)\u{1b}[0m"
        }
    }

    private func dim(_ text: String) -> String {
        switch style {
        case .plain: text
        case .colored: "\u{1b}[2m\(text)\u{1b}[0m"
        }
    }
}

/// Text with spaces after it.
func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// Text with spaces before it.
func leftPadded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// A number of seconds as `12.3`.
func oneDecimal(_ seconds: Double) -> String {
    let tenths = Int((max(0, seconds) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
