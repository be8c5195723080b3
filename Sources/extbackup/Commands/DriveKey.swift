import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem

/// What opens a drive.
struct DriveKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Change what opens a drive.",
        discussion: "The drive must be plugged in. The backup of its header is saved anew.",
        subcommands: [Rotate.self, Passphrase.self]
    )

    /// A new key file.
    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key file; the old one opens the drive no more.",
            discussion: """
                Old copies of the key file and old backups of the header still open the drive together: destroy them when \
                a key was lost to somebody.
                """
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        func run() throws {
            let program = try Program.start(for: .drivesByHand)
            let drive = try DriveName(argument: name)
            let sheet = try DriveCare(of: drive, in: program.context).rotateKey()
            Output.say(
                "drive '\(drive)' has a new key; save \(program.context.layout.keyFile(of: drive)) outside too"
            )
            Output.askToPrint(sheet)
        }
    }

    /// Another passphrase.
    struct Passphrase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a passphrase, or replace the one that is there.",
            discussion: """
                What else opens the drive stays: a drive that was taken over with --adopt may have passphrases of other \
                people and keys of other machines, which 'cryptsetup luksDump' lists.
                """
        )

        @Argument(help: "The drive's name.", completion: .driveName)
        var name: String

        @Option(help: "A file with the passphrase, which is its first line.", completion: .file())
        var passphraseFile: String?

        func run() throws {
            let program = try Program.start(for: .drivesByHand)
            let drive = try DriveName(argument: name)
            let care = try DriveCare(of: drive, in: program.context)
            let ask = Ask(interruption: program.context.interruption)
            let sheet: FileName?
            if let passphraseFile {
                sheet = try care.setPassphrase(try ask.firstLine(of: FileName(argument: passphraseFile)))
            } else {
                sheet = try care.setPassphrase(try ask.newPassphrase())
            }
            Output.say("drive '\(drive)' has a new passphrase; keep it outside of this house")
            let others = try care.otherSlots()
            if !others.isEmpty {
                let list = others.map(String.init).joined(separator: ", ")
                Output.say("what was added by hand or elsewhere opens it, too: LUKS slot \(list)")
            }
            Output.askToPrint(sheet)
        }
    }
}
