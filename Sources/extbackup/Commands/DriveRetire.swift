import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// The end of a drive's service.
struct DriveRetire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Take a drive out of service: plugging it in starts nothing, and nobody waits for it.",
        discussion: """
            Nothing on the drive is touched. Its key and the backup of its header stay, so that it can still be read, \
            unless you say otherwise. Its file goes to /etc/extbackup/retired.
            """
    )

    @Argument(help: "The drive's name.", completion: .driveName)
    var name: String

    @ArgumentParser.Flag(
        help: "Remove the key and the header's backup as well: then only the passphrase opens the drive."
    )
    var removeKeys = false

    @ArgumentParser.Flag(help: "Do not ask.")
    var yes = false

    func run() throws {
        let program = try Program.start(for: .drivesByHand)
        let drive = try DriveName(argument: name)
        let care = try DriveCare(of: drive, in: program.context)
        if !yes { try confirm(drive, Ask(interruption: program.context.interruption)) }
        let file = try care.retire(removeKeys ? .removed : .kept)
        Output.say("drive '\(drive)' is out of service; its file is \(file)")
        if !removeKeys { Output.say("its key stays: \(program.context.layout.keyFile(of: drive))") }
    }

    private func confirm(_ drive: DriveName, _ ask: Ask) throws(Failure) {
        guard StandardStream.input.isTerminal else {
            throw Failure(.usage, "there is no terminal to ask on; nothing was changed", hint: "use --yes")
        }
        let loss = removeKeys ? "Its key will be gone for good. " : ""
        Output.ask("Drive '\(drive)' will get no backups any more. \(loss)To go on, type its name: ")
        guard try ask.line() == drive.text else {
            throw Failure(
                .usage,
                "that is not its name; nothing was changed",
                hint: "'extbackup drives list' lists the names"
            )
        }
    }
}
