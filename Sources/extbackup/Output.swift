import ExtBackupKit
import LinuxSystem
import Reporting

/// How the program speaks: results on standard output, talk on standard error.
enum Output {
    /// One line of talk.
    static func say(_ text: String) {
        write(text + "\n", to: .standardError)
    }

    /// One line of a result.
    static func result(_ text: String) {
        write(text + "\n", to: .standardOutput)
    }

    /// Text without a line's end: a question.
    static func ask(_ text: String) {
        write(text, to: .standardError)
    }

    /// What failed, and what to do about it.
    static func complain(_ failure: Failure) {
        say("extbackup: \(failure.message)")
        if let hint = failure.hint { say("  hint: \(hint)") }
    }

    private static func write(_ text: String, to stream: StandardStream) {
        // Whoever closed our output does not want to read, ignoring.
        try? stream.write(Array(text.utf8))
    }
}

/// The table of exit statuses, as every help text ends with it.
enum ExitStatusTable {
    static var text: String {
        ExitStatus.allCases.map { status in
            let code = String(status.rawValue)
            return String(repeating: " ", count: 5 - code.count) + code + "  " + status.name
                + String(repeating: " ", count: 16 - status.name.count) + status.meaning
        }.joined(separator: "\n")
    }
}
