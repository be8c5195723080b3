import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// Runs a backup by hand.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a backup to a drive that is plugged in.",
        discussion: "Does what plugging the drive in does, here in the terminal. Needs root.")

    @Argument(help: "The drive's name; may be left out when only one prepared drive is plugged in.")
    var name: String?

    @Flag(help: "Only tell what would be copied and deleted, and whether it fits; nothing is written.")
    var dryRun = false

    func run() throws {
        let program = try Program.start()
        let drive = try program.drive(named: name)
        let report = try BackupRun.perform(drive, mode: mode, in: program.context)
        Output.say(report.closingLine)
        throw ExitCode(report.verdict.exitStatus.rawValue)
    }

    private var mode: BackupRun.Mode {
        dryRun ? .preview { Output.result($0.description) } : .backup
    }
}

/// Runs a backup for the drive's unit.
struct Agent: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the backup of a drive's unit (extbackup@NAME.service).",
        discussion: "Called by systemd when the drive appears. By hand, use 'extbackup run'.")

    @Argument(help: "The drive's name.")
    var name: String

    func run() throws {
        let program = try Program.start()
        let report = try BackupRun.perform(try DriveName(argument: name), mode: .backup, in: program.context)
        throw ExitCode(report.verdict.exitStatus.rawValue)
    }
}

/// What follows the agent's end, however it ended.
struct Cleanup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Close what a run of this drive left open (ExecStopPost= of its unit).",
        discussion: """
            Closes mappings, lets go of the disk, sets the light, and starts the next run if the drive was plugged in \
            again meanwhile. Does nothing when all is in order.
            """)

    @Argument(help: "The drive's name.")
    var name: String

    func run() throws {
        let program = try Program.start()
        let outcome = try RunCleanup(try DriveName(argument: name), in: program.context).perform()
        if case .unsafe(let reason) = outcome {
            throw Failure(.notClosed, "the drive is not closed: \(reason)", hint: "do not pull it")
        }
    }
}

/// What follows a failed unit.
struct Failed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell about a run that could not tell itself (OnFailure= of its unit).",
        discussion: "Mails and sets the light when the agent was killed or never came up; otherwise does nothing.")

    @Argument(help: "The drive's name.")
    var name: String

    func run() throws {
        let program = try Program.start()
        try FailedRun(try DriveName(argument: name), in: program.context).tell()
    }
}
