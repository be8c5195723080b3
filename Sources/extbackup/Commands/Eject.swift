import ArgumentParser
import ExtBackupKit
import Reporting

/// Closes a drive and switches it off.
struct Eject: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Close what is open of a drive and switch it off, so that it may be pulled.",
        discussion: """
            How far it is switched off is 'when_done' in the configuration. A drive on which a backup works is left \
            alone. Needs root.
            """
    )

    @Argument(
        help: "The drive's name; may be left out when only one prepared drive is plugged in.",
        completion: .driveName
    )
    var name: String?

    func run() throws {
        let program = try Program.start(for: .drivesByHand)
        let drive = try program.drive(named: name)
        let safety = try DriveVisit(to: drive, in: program.context).eject()
        Output.say("drive '\(drive)': \(safety.sentence)")
    }
}
