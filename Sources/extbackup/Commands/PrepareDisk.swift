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
            drive is plugged in. Everything on the disk is lost. Disks that are in use are refused, and those that are too \
            small for the sources. In the end key, header and link are tried, and light and mail; what is wrong with \
            them is told, and the status stays 0. Then systemd may start the first backup; if this command waits for it, \
            it ends with that run's status.
            """
    )

    @Argument(
        help: "The disk: /dev/sdX. Without it the disks are listed, and nothing is changed.",
        completion: .file()
    )
    var device: String?

    @Option(help: "The drive's name from now on: \(DriveName.rule).")
    var name: String?

    @Option(
        help: ArgumentHelp("The file system.", discussion: FileSystemKind.table, valueName: "kind"),
        completion: .list(FileSystemKind.allCases.map(\.rawValue))
    )
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

    @ArgumentParser.Flag(help: "Take a disk that is too small for the sources, and do not measure them.")
    var allowSmall = false

    @ArgumentParser.Flag(
        help: "Do not ask; needs --serial, and one of the three options for the passphrase."
    )
    var yes = false

    @Option(help: "The disk's serial number, or its last four characters, instead of the question.")
    var serial: String?

    @Option(help: "A file with the passphrase, which is its first line.", completion: .file())
    var passphraseFile: String?

    @ArgumentParser.Flag(help: "Make no passphrase: then only the key on this machine opens the drive.")
    var noPassphrase = false

    @ArgumentParser.Flag(help: "Have a passphrase made, and show it, which needs a terminal.")
    var generatePassphrase = false

    @ArgumentParser.Flag(
        inversion: .prefixedNo,
        help: """
            In the end let the light show its colors, and send a test mail. Without either option: on a terminal only.
            """
    )
    var testSignals: Bool?

    @ArgumentParser.Flag(
        inversion: .prefixedNo,
        help: """
            In the end have the first backup started, and wait for it. Without either option that is asked; without a \
            terminal, or with --yes, it is not started.
            """
    )
    var firstBackup: Bool?

    private var choiceCount: Int {
        [noPassphrase, generatePassphrase, passphraseFile != nil].filter { $0 }.count
    }

    func validate() throws {
        if choiceCount > 1 {
            throw ValidationError(
                "--no-passphrase, --generate-passphrase and --passphrase-file contradict each other"
            )
        }
        if adopt, noPassphrase || generatePassphrase || serial != nil || allowInternal || allowSmall {
            throw ValidationError(
                "--adopt takes only --name, --passphrase-file, --yes, --[no-]test-signals and --[no-]first-backup"
            )
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
            for line in try DiskOverview(in: program.context).lines { Output.result(line) }
            return
        }
        if firstBackup == true { try FirstBackup.check(in: program.context) }
        if adopt {
            try takeIn(FileName(argument: device), try DriveName(argument: name), program)
        } else {
            try prepare(device, name, program)
        }
    }

    private func takeBackUnfinished(_ name: DriveName, from device: FileName?, _ program: Program)
        throws(Failure)
    {
        if let line = try program.context.takeBackUnfinished(name, from: device) { Output.say(line) }
    }

    private func takeIn(_ device: FileName, _ name: DriveName, _ program: Program) throws {
        try takeBackUnfinished(name, from: device, program)
        let ask = Ask(interruption: program.context.interruption)
        let plan: AdoptionPlan
        let passphrase: SecretBytes
        if let passphraseFile {
            passphrase = try ask.firstLine(of: FileName(argument: passphraseFile))
            plan = try showPlan(adopting: device, name, program)
        } else {
            plan = try showPlan(adopting: device, name, program)
            passphrase = try ask.passphrase(of: device)
        }
        let steps = StepDisplay()
        defer { steps.end() }
        let prepared = try program.context.adopt(
            plan,
            passphrase: passphrase,
            progress: { steps.begin("\($0)") }
        )
        steps.end()
        try finish(prepared, program)
    }

    private func showPlan(
        adopting device: FileName,
        _ name: DriveName,
        _ program: Program
    ) throws(Failure) -> AdoptionPlan {
        let plan = try program.context.plan(adopting: device, as: name)
        for line in plan.lines(in: program.context.layout) { Output.say(line) }
        return plan
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
        try takeBackUnfinished(name, from: nil, program)
        let disk = try DiskDescription(at: FileName(argument: device), in: program.context)
        try disk.refuse(under: policy)
        for line in disk.lines { Output.say(line) }
        try measure(for: disk, program)
        let plan = try program.context.plan(for: disk, as: name, under: policy, fileSystem: fileSystem)
        let openers: PreparationPlan.Openers = noPassphrase ? .key : .keyAndPassphrase
        for line in plan.lines(openers, in: program.context.layout) { Output.say(line) }
        let ask = Ask(interruption: program.context.interruption)
        try ask.confirm(
            disk,
            serial: serial,
            answer: yes ? .given : .asked,
            warning: "Everything on this disk will be lost."
        )
        let passphrase = try choosePassphrase(ask)
        let steps = StepDisplay()
        defer { steps.end() }
        let prepared = try program.context.prepare(
            plan,
            passphrase: passphrase,
            progress: { steps.begin("\($0)") }
        )
        steps.end()
        try finish(prepared, program)
    }

    /// Refuses a disk that the sources would not fit on.
    private func measure(for disk: DiskDescription, _ program: Program) throws(Failure) {
        if allowSmall { return }
        Output.say("  measuring the sources …")
        let display = CopyDisplay()
        defer { display.clear() }
        let demand = try SourceDemand(measuringIn: program.context, progress: { display.show($0) })
        display.clear()
        for line in try demand.check(device: disk.devicePath, sizeBytes: disk.sizeBytes) {
            Output.say("  \(line)")
        }
    }

    /// Tells what was made, tries it, and has the first backup made.
    private func finish(_ prepared: PreparedDrive, _ program: Program) throws {
        for line in prepared.closingLines { Output.say(line) }
        Output.say("Trying it:")
        let isWatched = StandardStream.error.isTerminal
        let findings = DriveTrial(prepared.name, in: program.context)
            .perform(testSignals ?? isWatched ? .shown : .quiet)
        for line in findings.lines { Output.say("  \(line)") }
        guard try isBackupWanted(findings, prepared.name, program) else {
            Output.say(FirstBackup.later(prepared.name))
            return
        }
        Output.say("The first backup begins. Ctrl-C ends only the waiting for it.")
        var line = LiveLine()
        defer { line.clear() }
        let report = try FirstBackup(prepared.name, in: program.context).perform { line.show($0.line) }
        line.clear()
        Output.say(report.closingLine)
        throw ExitCode(report.verdict.exitStatus.rawValue)
    }

    private func isBackupWanted(
        _ findings: [Finding],
        _ name: DriveName,
        _ program: Program
    ) throws(Failure) -> Bool {
        let wish: FirstBackup.Choice? = firstBackup.map { $0 ? .begun : .left }
        let audience: FirstBackup.Audience = StandardStream.input.isTerminal && !yes ? .present : .absent
        switch FirstBackup.choice(wish, for: audience, after: findings) {
        case .begun: return true
        case .left: return false
        case .offered:
            let ask = Ask(interruption: program.context.interruption)
            return try ask.whetherToBegin(firstBackupOf: name)
        }
    }

    private func choosePassphrase(_ ask: Ask) throws(Failure) -> SecretBytes? {
        if noPassphrase { return nil }
        if generatePassphrase { return try Ask.generatedPassphrase() }
        if let passphraseFile { return try ask.firstLine(of: FileName(argument: passphraseFile)) }
        return try ask.newPassphrase()
    }
}
