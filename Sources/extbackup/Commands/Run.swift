import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// Runs a backup by hand.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a backup to a drive that is plugged in.",
        discussion: "Does what plugging the drive in does, here in the terminal. Needs root."
    )

    @Argument(
        help: "The drive's name; may be left out when only one prepared drive is plugged in.",
        completion: .driveName
    )
    var name: String?

    @ArgumentParser.Flag(
        help: "Only tell what would be copied and deleted, whether it fits, and how long it may take."
    )
    var dryRun = false

    @ArgumentParser.Flag(help: "Print the run's report as one JSON document.")
    var json = false

    @ArgumentParser.Flag(help: "Say nothing but errors; --dry-run and --json still print what they are for.")
    var quiet = false

    func run() throws {
        var program = try Program.start(for: .drivesByHand)
        let drive = try program.drive(named: name)
        let display = quiet ? program.keepQuiet() : program.showProgress()
        defer { display.clear() }
        let report = try BackupRun.perform(drive, mode: mode(display), in: program.context)
        display.clear()
        if json { Output.result(try report.json()) }
        let isFine = report.verdict.exitStatus == .ok
        if !quiet || !isFine {
            Output.say(dryRun && isFine ? report.closingLineOfPreview : report.closingLine)
        }
        try program.context.startRunOfNewerPlugIn(of: drive)
        throw ExitCode(report.verdict.exitStatus.rawValue)
    }

    private func mode(_ display: CopyDisplay) -> BackupRun.Mode {
        guard dryRun else { return .backup }
        // The report has the numbers, too.
        let prints = !json
        return .preview { line in
            display.clear()
            if prints { Output.result(line.description) }
        }
    }
}

/// Runs a backup for the drive's unit.
struct Agent: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the backup of a drive's unit (extbackup@NAME.service).",
        discussion: "Called by systemd when the drive appears. By hand, use 'extbackup run'."
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    func run() throws {
        let program = try Program.start(for: .drives)
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
            """
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    func run() throws {
        let program = try Program.start(for: .drives)
        let ending = MonitorEnvironment(
            [
                "MONITOR_SERVICE_RESULT": Environment.value(of: "SERVICE_RESULT"),
                "MONITOR_EXIT_CODE": Environment.value(of: "EXIT_CODE"),
                "MONITOR_EXIT_STATUS": Environment.value(of: "EXIT_STATUS"),
                "MONITOR_INVOCATION_ID": Environment.value(of: "INVOCATION_ID"),
            ].compactMapValues { $0 }
        )
        let drive = try DriveName(argument: name)
        let safety = try RunCleanup(drive, in: program.context).perform(after: ending)
        // For the unit the journal has it already.
        guard ending.serviceResult == nil else { return }
        Output.say("drive '\(drive)': \(safety?.sentence ?? "nothing of it is open, it may be pulled")")
    }
}

/// What follows a failed unit.
struct Failed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell about a run that could not tell itself (OnFailure= of its unit).",
        discussion:
            "Mails and sets the light when the agent was killed or never came up; otherwise does nothing."
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    func run() throws {
        let program = try Program.start(for: .talk)
        try FailedRun(try DriveName(argument: name), in: program.context).tell(
            after: MonitorEnvironment(Environment.values(prefixed: "MONITOR_"))
        )
    }
}
