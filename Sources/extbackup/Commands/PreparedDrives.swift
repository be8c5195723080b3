import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem

/// The drives.
struct PreparedDrives: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drives",
        abstract: "Look after the drives that were prepared.",
        subcommands: [List.self, Show.self, DriveKey.self, DriveRename.self, DriveRetire.self]
    )

    /// Lists them.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the drives: which is plugged in, and how old the last good backup on it is.",
            discussion: "Where the terminal is narrow, columns on the right are left out. Needs root."
        )

        @ArgumentParser.Flag(help: "Print the drives as a JSON array.")
        var json = false

        func run() throws {
            let program = try Program.start(for: .talk)
            let drives = try DriveList(program.context)
            for warning in drives.warnings { Output.say("warning: \(warning)") }
            if json {
                Output.result(try drives.json())
            } else {
                Output.result(drives.lines(width: StandardStream.output.terminalColumns))
            }
        }
    }

    /// Shows one.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell everything about one drive: its disk, its last run, its files on this machine.",
            discussion: "Needs root."
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        @ArgumentParser.Flag(help: "Print it as JSON.")
        var json = false

        func run() throws {
            let program = try Program.start(for: .talk)
            let drive = try DriveDescription(of: try DriveName(argument: name), in: program.context)
            for warning in drive.warnings { Output.say("warning: \(warning)") }
            if json { Output.result(try drive.json()) } else { Output.result(drive.lines) }
        }
    }
}
