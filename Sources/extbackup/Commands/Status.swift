import ArgumentParser
import ExtBackupKit

/// How things stand.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell how the drives stand: last result, age of the last good backup, running run."
    )

    @ArgumentParser.Flag(help: "Print the status as JSON.")
    var json = false

    func run() throws {
        let program = try Program.start(for: .talk)
        let overview = try StatusOverview(program.context)
        for warning in overview.warnings { Output.say("warning: \(warning)") }
        if json { Output.result(try overview.json()) } else { Output.result(overview.lines) }
    }
}
