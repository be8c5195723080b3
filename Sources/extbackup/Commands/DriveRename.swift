import ArgumentParser
import Drives
import ExtBackupKit

/// Another name for a drive.
struct DriveRename: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a drive another name.",
        discussion: """
            Changes the name on this machine: key, file, unit and status. The drive need not be plugged in; its label and \
            the instructions on it keep the old name.
            """
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    @Argument(help: "Its name from now on: \(DriveName.rule).")
    var newName: String

    func run() throws {
        let program = try Program.start(for: .drivesByHand)
        let old = try DriveName(argument: name)
        let new = try DriveName(argument: newName)
        let sheet = try DriveCare(of: old, in: program.context).rename(to: new)
        Output.say("drive '\(old)' is called '\(new)' now")
        Output.askToPrint(sheet)
    }
}
