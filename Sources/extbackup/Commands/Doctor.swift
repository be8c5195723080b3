import ArgumentParser
import ExtBackupKit
import Reporting

/// Looks for what breaks without a word.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything a backup or a restore needs, and tell how to mend it.",
        discussion: """
            Looks at the configuration, sources, keys, header backups, units, kernel, udev, clock, light and mail. Changes \
            nothing. Drives need not be plugged in; those that are get asked as well. Needs root. Ends with the exit \
            status of the worst failure; warnings and notes end with 0.
            """
    )

    @ArgumentParser.Flag(help: "Print the findings as one JSON document.")
    var json = false

    @ArgumentParser.Flag(help: "Print only warnings and failures.")
    var quiet = false

    func run() throws {
        let program = try Program.start(for: .talk)
        let findings = ExtBackupKit.Doctor(program.context).examine()
        if json {
            Output.result(try findings.json())
        } else {
            let shown = quiet ? findings.filter { $0.grade == .warning || $0.grade == .failure } : findings
            for finding in shown {
                for line in [finding].lines { Output.result(line, markedBy: finding.grade) }
            }
            if !quiet { Output.say("extbackup: \(findings.verdict)") }
        }
        throw ExitCode(findings.status.rawValue)
    }
}
