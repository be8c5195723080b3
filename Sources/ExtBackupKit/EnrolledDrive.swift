import Drives
import LinuxSystem
import Reporting

/// A prepared drive and what this machine keeps of it, for commands that a person gives.
struct EnrolledDrive {
    let name: DriveName
    let file: DriveFile
    let identity: DriveIdentity
    let records: DriveRecords
    private let context: RunContext

    /// - Throws: `noDrive` when no such drive was prepared, `config` when its file is wrong.
    init(_ name: DriveName, in context: RunContext) throws(Failure) {
        try self.init(try DriveFile.prepared(name, in: context.layout), in: context)
    }

    init(_ file: DriveFile, in context: RunContext) throws(Failure) {
        self.file = file
        self.context = context
        identity = try file.identity()
        name = identity.name
        records = DriveRecords(
            of: name,
            luksUUID: file.luksUUID,
            keySlot: identity.keySlot,
            in: context.layout
        )
    }

    /// Its key, when its file is as it must be.
    func key() throws(Failure) -> SecretBytes {
        do {
            return try records.key()
        } catch {
            throw Failure(error, of: name, in: context.layout)
        }
    }

    /// The device that holds it; nil when it is away.
    ///
    /// - Throws: `noDrive` when a copy of it is plugged in, be it beside the drive or alone.
    func device() throws(Failure) -> BlockDevice? {
        let devices: [BlockDevice]
        do {
            devices = try context.operations.candidates(luksUUID: file.luksUUID)
        } catch {
            throw Failure(.failed, "drives cannot be looked for: \(error)", hint: "see that udev runs")
        }
        if devices.count > 1 { throw Failure(DriveError(drive: name, reason: .ambiguous(devices))) }
        if let device = devices.first, let recorded = file.serial, device.serial != recorded {
            throw Failure(DriveError(drive: name, reason: .wrongSerial(device, recorded: recorded)))
        }
        return devices.first
    }

    /// The same for what needs the drive. A person who is there is asked to plug it in, and waited for. Call it under
    /// the run lock: else a backup begins then, and switches the drive off when it is done.
    func pluggedDevice() throws(Failure) -> BlockDevice {
        if let device = try device() { return device }
        guard let ask = context.askForDrive else { throw Failure(DriveError(drive: name, reason: .absent)) }
        ask(name)
        while !context.interruption.isRequested {
            context.operations.pause(Self.pause)
            if let device = try device() { return device }
        }
        throw Failure(.interrupted, "stopped before drive '\(name)' was plugged in; nothing was changed")
    }

    private static let pause = Duration.milliseconds(300)

    /// True when plugging it in starts its backup.
    var isEnabled: Bool {
        do {
            try records.checkUnitLink()
            return true
        } catch {
            return false
        }
    }

    /// What its recovery sheet says beside what the header holds.
    private var facts: DriveFacts {
        DriveFacts(
            hostName: context.hostName,
            fileSystem: identity.fileSystem,
            label: file.label,
            serial: file.serial,
            disk: file.disk,
            extent: file.extent,
            prepared: file.prepared
        )
    }

    /// Writes the recovery sheet anew, the last thing after a change of what stands in it.
    ///
    /// - Returns: the file to print again; nil when it says the same as before, or somebody threw it away.
    func renewSheet() throws(Failure) -> FileName? {
        do {
            return try records.renewSheet(facts)
        } catch {
            throw Failure(
                .failed,
                "all else is done, but the recovery sheet of drive '\(name)' is not renewed: \(error)",
                hint: "see to that, then run 'extbackup header backup \(name)'"
            )
        }
    }

    /// Sees that `takeSheet` can be done, before anything is changed.
    func checkSheet(of former: DriveName) throws(Failure) {
        do {
            try records.checkSheet(facts, of: former)
        } catch {
            throw Failure(
                .failed,
                "drive '\(former)' is not renamed, because its recovery sheet could not follow: \(error)",
                hint:
                    "run 'extbackup header backup \(former)', or remove \(context.layout.recoverySheet(of: former)) and its page"
            )
        }
    }

    /// Makes the sheet of a drive that has another name now this one's.
    ///
    /// - Returns: the file to print again; nil when somebody threw the sheet away.
    func takeSheet(of former: DriveName) throws(Failure) -> FileName? {
        do {
            return try records.renewSheet(facts, of: former)
        } catch {
            throw Failure(
                .failed,
                "drive '\(former)' was not renamed to the end, because of its recovery sheet: \(error)",
                hint: "run 'extbackup header backup \(former)', then the same command again"
            )
        }
    }
}

extension Failure {
    /// What a person is told of a key file that cannot be used.
    init(_ fault: DriveRecords.KeyFault, of name: DriveName, in layout: HostLayout) {
        let path = layout.keyFile(of: name)
        let folder = layout.keyFolder
        let (message, hint) =
            switch fault {
            case .missing: ("\(path) is not there", "put it back from your backup")
            case .link: ("\(path) is a symbolic link", "put the key itself there")
            case .openToOthers:
                ("\(path) can be read by others than root", "run: chown root: \(path); chmod 0400 \(path)")
            case .folderOpenToOthers:
                (
                    "\(folder) can be used by others than root",
                    "run: chown root: \(folder); chmod 0700 \(folder)"
                )
            case .empty: ("\(path) is empty", "put it back from your backup")
            case .unreadable(let error): ("\(path) cannot be read: \(error.reason)", Self.hint(toUse: path))
            }
        self.init(.unlockFailed, message, hint: hint)
    }
}
