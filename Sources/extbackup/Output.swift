import ExtBackupKit
import LinuxSystem
import Reporting

/// How the program speaks: results on standard output, talk on standard error.
enum Output {
    /// One line of talk.
    static func say(_ text: String) {
        write(text + "\n", to: .error)
    }

    /// One line of a result.
    static func result(_ text: String) {
        write(text + "\n", to: .output)
    }

    /// A secret that a person must see once, on a line of its own between empty ones.
    static func say(secret: UnsafeRawBufferPointer) {
        var line = Array("\n    ".utf8) + secret + Array("\n\n".utf8)
        // Nobody reads, so nobody sees it, ignoring.
        try? StandardStream.error.write(line)
        for index in line.indices { line[index] = 0 }
    }

    /// Text without a line's end: a question.
    static func ask(_ text: String) {
        write(text, to: .error)
    }

    /// What failed, and what to do about it.
    static func complain(_ failure: Failure) {
        say("extbackup: \(failure.message)")
        for line in failure.excerpt { say("    \(line)") }
        if let hint = failure.hint { say("  hint: \(hint)") }
    }

    /// Lines of a result, each with its end.
    static func result(_ lines: [UInt8]) {
        // Whoever closed our output does not want to read, ignoring.
        try? StandardStream.output.write(lines)
    }

    /// Lines of a result.
    static func result(_ lines: [String]) {
        for line in lines { result(line) }
    }

    private static func write(_ text: String, to stream: StandardStream) {
        // Whoever closed our output does not want to read, ignoring.
        try? stream.write(Array(text.utf8))
    }
}

/// Lines of a result that are written together, since there may be millions.
struct LineBuffer {
    private var bytes: [UInt8] = []

    /// Adds a line without its end.
    mutating func append(_ line: [UInt8]) {
        bytes += line
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= 1 << 16 { flush() }
    }

    /// Writes what is left.
    mutating func flush() {
        Output.result(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}

/// The table of exit statuses, as help texts end with it.
enum ExitStatusTable {
    /// All of them.
    static var text: String { text(of: ExitStatus.allCases.map { ($0, $0.meaning) }) }

    /// Those that a command ends with, and what they mean there.
    static func text(of rows: [(status: ExitStatus, meaning: String)]) -> String {
        rows.map { status, meaning in
            let code = String(status.rawValue)
            return String(repeating: " ", count: 5 - code.count) + code + "  " + status.name
                + String(repeating: " ", count: 16 - status.name.count) + meaning
        }.joined(separator: "\n")
    }
}
