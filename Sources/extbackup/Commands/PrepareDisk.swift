import ArgumentParser
import Drives
import ExtBackupKit
import LinuxSystem
import Reporting

/// Makes a backup drive of a disk.
struct PrepareDisk: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erase a disk and make an encrypted backup drive of it.",
        discussion: """
            Writes a partition table, a LUKS2 container that a new key on this machine opens (and a passphrase, \
            everywhere else), and a file system; saves the LUKS header; and lets systemd start a backup whenever the \
            drive is plugged in. Everything on the disk is lost. Disks that are in use are refused.
            """
    )

    @Argument(help: "The disk: /dev/sdX. Without it the disks are listed, and nothing is changed.")
    var device: String?

    @Option(help: "The drive's name from now on: \(DriveName.rule).")
    var name: String?

    @Option(help: ArgumentHelp("The file system.", discussion: FileSystemKind.table, valueName: "kind"))
    var filesystem = "ext4"

    @ArgumentParser.Flag(
        help: """
            Erase nothing: take in a LUKS drive whose passphrase you know; the argument is then its partition. What is on \
            it stays, but a folder with the name of a source becomes its copy.
            """
    )
    var adopt = false

    @ArgumentParser.Flag(help: "Also take a disk that is neither on USB nor removable.")
    var allowInternal = false

    @ArgumentParser.Flag(
        help: "Do not ask; needs --serial, and one of the three options for the passphrase."
    )
    var yes = false

    @Option(help: "The disk's serial number, or its last four characters, instead of the question.")
    var serial: String?

    @Option(help: "A file with the passphrase, which is its first line.")
    var passphraseFile: String?

    @ArgumentParser.Flag(help: "Make no passphrase: then only the key on this machine opens the drive.")
    var noPassphrase = false

    @ArgumentParser.Flag(help: "Have a passphrase made, and show it.")
    var generatePassphrase = false

    private var choiceCount: Int {
        [noPassphrase, generatePassphrase, passphraseFile != nil].filter { $0 }.count
    }

    func validate() throws {
        if choiceCount > 1 {
            throw ValidationError(
                "--no-passphrase, --generate-passphrase and --passphrase-file contradict each other"
            )
        }
        if adopt, noPassphrase || generatePassphrase || serial != nil || allowInternal {
            throw ValidationError("--adopt takes only --name, --passphrase-file and --yes")
        }
        if adopt, device == nil {
            throw ValidationError("which partition? 'lsblk -f' shows those with crypto_LUKS")
        }
        if adopt, yes, passphraseFile == nil {
            throw ValidationError("--adopt --yes needs --passphrase-file")
        }
        if device != nil, name == nil { throw ValidationError("the drive needs a name: --name") }
        if device == nil, name != nil {
            throw ValidationError("which disk? 'extbackup prepare-disk' lists them")
        }
        if yes, !adopt, serial == nil {
            throw ValidationError("--yes needs --serial, so that no other disk is erased")
        }
        if yes, choiceCount == 0 {
            throw ValidationError(
                "--yes needs --passphrase-file, --generate-passphrase or --no-passphrase"
            )
        }
    }

    func run() throws {
        let program = try Program.start(for: .drivesByHand)
        guard let device, let name else {
            for line in try DiskOverview().lines { Output.result(line) }
            return
        }
        if adopt {
            try takeIn(FileName(argument: device), try DriveName(argument: name), program)
        } else {
            try prepare(device, name, program)
        }
    }

    private func takeIn(_ device: FileName, _ name: DriveName, _ program: Program) throws {
        let ask = Ask(interruption: program.context.interruption)
        let passphrase: SecretBytes
        if let passphraseFile {
            passphrase = try ask.firstLine(of: FileName(argument: passphraseFile))
        } else {
            passphrase = try ask.passphrase(of: device)
        }
        let prepared = try program.context.adopt(
            device,
            as: name,
            passphrase: passphrase,
            progress: { Output.say("  \($0) …") }
        )
        for line in prepared.closingLines { Output.say(line) }
    }

    private func prepare(_ device: String, _ name: String, _ program: Program) throws {
        let name = try DriveName(argument: name)
        let policy: DiskPolicy = allowInternal ? .anyDisk : .onlyRemovable
        guard let fileSystem = FileSystemKind(rawValue: filesystem) else {
            throw Failure(
                .usage,
                "\(FileName(argument: filesystem)) is no file system for a drive",
                hint: "ext4, xfs or btrfs"
            )
        }
        let disk = try DiskDescription(at: FileName(argument: device))
        try disk.refuse(under: policy)
        for line in disk.lines { Output.say(line) }
        let ask = Ask(interruption: program.context.interruption)
        try ask.confirm(
            disk,
            serial: serial,
            answer: yes ? .given : .asked,
            warning: "Everything on this disk will be lost."
        )
        let passphrase = try choosePassphrase(ask)
        let prepared = try program.context.prepare(
            disk,
            as: name,
            under: policy,
            fileSystem: fileSystem,
            passphrase: passphrase,
            progress: { Output.say("  \($0) …") }
        )
        for line in prepared.closingLines { Output.say(line) }
    }

    private func choosePassphrase(_ ask: Ask) throws(Failure) -> SecretBytes? {
        if noPassphrase { return nil }
        if generatePassphrase { return try Ask.generatedPassphrase() }
        if let passphraseFile { return try ask.firstLine(of: FileName(argument: passphraseFile)) }
        return try ask.newPassphrase()
    }
}
