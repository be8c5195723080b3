import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// Opens a drive for a person.
struct Mount: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a drive to look at it, until Ctrl-C.",
        discussion: """
            Unlocks the drive with its key and mounts it, read-only unless you say otherwise, for root to look at; at \
            Ctrl-C it is unmounted and closed again. A drive that is named and not plugged in is waited for. No backup \
            begins meanwhile. After --writable the next backup compares the whole drive. Needs root.
            """
    )

    @Argument(
        help: "The drive's name; may be left out when only one prepared drive is plugged in.",
        completion: .driveName
    )
    var name: String?

    @Option(
        help: ArgumentHelp("Mount it at this folder, which is made when it is missing.", valueName: "folder"),
        completion: .directory
    )
    var at: String?

    @ArgumentParser.Flag(help: "Let files on it be changed.")
    var writable = false

    func run() throws {
        let program = try Program.start(for: .visibleDrives)
        let drive = try program.drive(named: name)
        let safety = try DriveVisit(to: drive, in: program.context).look(
            for: writable ? .writing : .looking,
            at: at.map { FileName(argument: $0) }
        ) { place in
            Output.result(place.bytes + [UInt8(ascii: "\n")])
            Output.say("drive '\(drive)' is open\(writable ? "" : ", read-only"); Ctrl-C closes it")
        }
        Output.say("drive '\(drive)': \(safety.sentence)")
    }
}
