import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem

/// The backup of a drive's LUKS header.
struct Header: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the backup of a drive's LUKS header.",
        discussion: """
            A few damaged bytes at the start of a drive make all of it unreadable, and its header's backup, kept on this \
            machine, is the only cure. 'prepare-disk' makes it; it is saved anew after keys were changed.
            """,
        subcommands: [Backup.self, Check.self, Restore.self]
    )

    /// Saves it.
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Save the header of a drive that is plugged in."
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        func run() throws {
            let program = try Program.start(for: .drivesByHand)
            let commands = try HeaderCommands(of: try DriveName(argument: name), in: program.context)
            let (digest, sheet) = try commands.backUp()
            Output.result("\(digest)  \(commands.path)")
            Output.askToPrint(sheet)
        }
    }

    /// Checks it.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the backup is whole, opens with the key, and is what a plugged drive has."
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        func run() throws {
            let program = try Program.start(for: .drivesByHand)
            let commands = try HeaderCommands(of: try DriveName(argument: name), in: program.context)
            for line in try commands.check() { Output.result(line) }
        }
    }

    /// Puts it back.
    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the backup back on a drive whose header is damaged.",
            discussion: """
                Only on a disk with the drive's serial number that nothing uses, and only where nothing else is recognized. \
                The backup is checked and tried with the key before anything is written. A header that is whole and not the \
                backup is kept beside it.
                """
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        @Argument(
            help: "The drive's partition, for example /dev/sdX1, when its header is too damaged to be found.",
            completion: .file()
        )
        var partition: String?

        @ArgumentParser.Flag(help: "Do not ask; needs --serial.")
        var yes = false

        @Option(help: "The disk's serial number, or its last four characters, instead of the question.")
        var serial: String?

        func validate() throws {
            if yes, serial == nil {
                throw ValidationError("--yes needs --serial, so that no other disk is written to")
            }
        }

        func run() throws {
            let program = try Program.start(for: .drivesByHand)
            let commands = try HeaderCommands(of: try DriveName(argument: name), in: program.context)
            let restoration = try commands.restoration(to: partition.map { FileName(argument: $0) })
            for line in restoration.disk.lines { Output.say(line) }
            try Ask(interruption: program.context.interruption).confirm(
                restoration.disk,
                serial: serial,
                answer: yes ? .given : .asked,
                warning: "The LUKS header of \(restoration.partition) will be overwritten."
            )
            for line in try commands.restore(restoration) { Output.say(line) }
        }
    }
}
