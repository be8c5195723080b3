import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem

/// What was.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the runs that were, or tell everything about one.",
        discussion: """
            The latest run comes first, with the number that --run takes. Where the terminal is narrow, columns on the \
            right are left out. What a run wrote to the journal while it ran is not in it, but the command that shows \
            it is. Needs root.
            """
    )

    @Argument(help: "Only runs of this drive.", completion: .driveName)
    var drive: String?

    @Option(help: ArgumentHelp("List so many runs (default: \(usualCount)).", valueName: "n"))
    var last: Int?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Tell everything about the run of this number.", valueName: "number")
    )
    var number: Int64?

    @ArgumentParser.Flag(help: "Print the runs as a JSON array, or the one run as JSON.")
    var json = false

    private static let usualCount = 20

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last needs a number from 1 on") }
        if number != nil, drive != nil || last != nil {
            throw ValidationError("--run is about one run: it goes with neither a drive nor --last")
        }
    }

    func run() throws {
        let program = try Program.start(for: .talk)
        if let number {
            let run = try RunLog.run(number, in: program.context)
            if json { Output.result(try run.json()) } else { Output.result(run.lines) }
            return
        }
        let name = try drive.map { try DriveName(argument: $0) }
        let log = try RunLog(of: name, last: last ?? Self.usualCount, in: program.context)
        if json {
            Output.result(try log.json())
        } else {
            Output.result(log.lines(width: StandardStream.output.terminalColumns))
        }
    }
}
