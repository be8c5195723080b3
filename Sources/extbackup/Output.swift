import ExtBackupKit
import LinuxSystem
import Reporting
import Synchronization

/// How the program speaks: results on standard output, talk on standard error.
enum Output {
    /// One line of talk.
    static func say(_ text: String) {
        ask(text + "\n")
    }

    /// What a recovery sheet asks for that changed; nil when it did not.
    static func askToPrint(_ sheet: FileName?) {
        if let sheet { say("its recovery sheet is another now; print it again: \(sheet)") }
    }

    /// One line of a result.
    static func result(_ text: String) {
        result(Array((text + "\n").utf8))
    }

    /// One line of a result. On a terminal that shows colors its first word has the grade's; a line that begins with a
    /// blank stays as it is.
    static func result(_ line: String, markedBy grade: Finding.Grade) {
        guard StandardStream.output.takesColors, let end = line.firstIndex(of: " "), end > line.startIndex
        else {
            return result(line)
        }
        let color =
            switch grade {
            case .fine: 32
            case .note: 36
            case .warning: 33
            case .failure: 31
            }
        result("\u{1b}[\(color)m\(line[..<end])\u{1b}[0m\(line[end...])")
    }

    /// A secret that a person must see once, on a line of its own between empty ones.
    ///
    /// - Throws: when nobody can have seen it.
    static func say(secret: UnsafeRawBufferPointer) throws(SystemError) {
        var line = Array("\n    ".utf8) + secret + Array("\n\n".utf8)
        defer {
            for index in line.indices { line[index] = 0 }
        }
        try StandardStream.error.write(line)
    }

    /// Text without a line's end: a question.
    static func ask(_ text: String) {
        // Whoever closed our talk does not want to read it, ignoring.
        try? StandardStream.error.write(Array(text.utf8))
    }

    /// What failed, and what to do about it.
    static func complain(_ failure: Failure) {
        say("extbackup: \(failure.message)")
        for line in failure.excerpt { say("    \(line)") }
        if let hint = failure.hint { say("  hint: \(hint)") }
    }

    /// Lines of a result, each with its end.
    static func result(_ lines: [UInt8]) {
        do {
            try StandardStream.output.write(lines)
        } catch {
            lost.withLock { $0 = $0 ?? error }
        }
    }

    /// Lines of a result.
    static func result(_ lines: [String]) {
        for line in lines { result(line) }
    }

    /// Why a result did not get to where standard output leads; nil when all of it did. A program that reads half a
    /// result must learn that there was more.
    static var failure: Failure? {
        lost.withLock { $0 }.map {
            Failure(
                .failed,
                "the result cannot be written: \($0.reason)",
                hint: "what was to be done is done; see where standard output leads"
            )
        }
    }

    private static let lost = Mutex<SystemError?>(nil)
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
