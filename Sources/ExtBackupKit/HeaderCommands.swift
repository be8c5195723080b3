public import Drives
public import LinuxSystem
import Reporting

/// `extbackup header`: the backup of a drive's LUKS header, without which a damaged header loses all that is on the drive.
public struct HeaderCommands {
    private let context: RunContext
    private let drive: EnrolledDrive

    /// For a prepared drive.
    public init(of name: DriveName, in context: RunContext) throws(Failure) {
        self.context = context
        drive = try EnrolledDrive(name, in: context)
    }

    private var name: DriveName { drive.name }

    /// Where the backup is.
    public var path: FileName { context.layout.headerBackup(luksUUID: drive.file.luksUUID) }

    /// Saves the header of the drive, which must be plugged in, over the backup that is there.
    ///
    /// - Returns: the file's SHA-256, and the recovery sheet that is to be printed again, if there is one.
    public func backUp() throws(Failure) -> (digest: String, sheet: FileName?) {
        let key = try drive.key()
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        defer { withExtendedLifetime(lock) {} }
        let device = try drive.pluggedDevice()
        let digest: String
        do {
            digest = try drive.records.saveHeaderBackup(of: device, key: key)
        } catch {
            throw Failure(
                .failed,
                "the header of drive '\(name)' is not saved: \(error)",
                hint: Self.kernelHint
            )
        }
        return (digest, try drive.renewSheet())
    }

    /// Checks that the backup is whole and opens with the key, and that it is what a plugged drive has.
    ///
    /// - Returns: what was found, in sentences.
    public func check() throws(Failure) -> [String] {
        do {
            try drive.records.checkHeaderBackup()
        } catch {
            throw Failure(error, at: path, of: name)
        }
        let key = try drive.key()
        if try !opensBackup(with: key) {
            throw Failure(
                .unlockFailed,
                "the key of drive '\(name)' does not open the backup of its header",
                hint: "run 'extbackup header backup \(name)' with the drive plugged in"
            )
        }
        var lines = ["\(path) is whole, and the key opens slot \(drive.identity.keySlot)"]
        guard let device = try drive.device() else {
            return lines + ["the drive is not plugged in: its own header was not looked at"]
        }
        guard try isSameHeader(as: device) else {
            throw Failure(
                .failed,
                "the drive has another header now than its backup: keys were changed since",
                hint: "run 'extbackup header backup \(name)'"
            )
        }
        lines.append("the drive's header is the same")
        return lines
    }

    private func opensBackup(with key: borrowing SecretBytes) throws(Failure) -> Bool {
        do {
            return try drive.records.opens(.backup, with: key)
        } catch {
            throw Failure(.failed, "\(path) cannot be opened: \(error)")
        }
    }

    private func isSameHeader(as device: BlockDevice) throws(Failure) -> Bool {
        do {
            return try drive.records.backupEqualsHeader(of: device)
        } catch {
            throw Failure(.failed, "the drive's header cannot be read: \(error)", hint: Self.kernelHint)
        }
    }

    /// Looks at the partition to which the header is to be put back; nothing is written. Without a path it is the one
    /// that still shows the drive's UUID.
    public func restoration(to partition: FileName?) throws(Failure) -> HeaderRestoration {
        var place = partition
        if place == nil { place = try drive.device()?.node }
        guard let place else {
            throw Failure(
                .noDrive,
                "no disk shows the UUID of drive '\(name)'",
                hint: "name its partition, for example /dev/sdX1; 'lsblk -o NAME,SERIAL,SIZE' lists them"
            )
        }
        do {
            return try HeaderRestoration(
                of: drive.identity,
                luksUUID: drive.file.luksUUID,
                extent: drive.file.extent,
                to: place,
                in: context.layout
            )
        } catch {
            throw refused(error, place)
        }
    }

    /// Writes the backup to the partition. Where nothing showed that the drive is there, its backup begins, as when it is
    /// plugged in.
    ///
    /// - Returns: what was done, in sentences.
    public func restore(_ restoration: HeaderRestoration) throws(Failure) -> [String] {
        let former = try write(restoration)
        let done = "The header is back, and the key opens the drive."
        switch former {
        case .replaced: return [done]
        case .kept(let file):
            return [
                "The header that was on the drive was whole, and not the backup: it is kept as \(file).",
                done,
            ]
        case .damaged where !drive.isEnabled: return [done]
        case .damaged:
            // What udev started found the lock taken.
            try context.startUnit(FileName("extbackup@\(name).service"))
            return ["\(done) Its backup begins now, as when it is plugged in."]
        }
    }

    private func write(_ restoration: HeaderRestoration) throws(Failure) -> HeaderRestoration.Former {
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        let key = try keyOfBackup()
        var light = DriveLight(of: drive.identity, in: context)
        light.showWork()
        defer {
            light.giveBack()
            withExtendedLifetime(lock) {}
        }
        do {
            return try restoration.perform(key: key)
        } catch {
            throw refused(error, restoration.partition)
        }
    }

    /// The drive's key, or the new one that a change which was cut off left beside it, if that opens the backup.
    private func keyOfBackup() throws(Failure) -> SecretBytes {
        let key = try drive.key()
        do {
            if try !drive.records.opens(.backup, with: key), let new = try drive.records.newKey(),
                try drive.records.opens(.backup, with: new)
            {
                return new
            }
        } catch {
            // Whatever it is, who checks the backup tells it, ignoring.
        }
        return key
    }

    private func refused(_ reason: HeaderRestoration.Reason, _ partition: FileName) -> Failure {
        if case .backup(let fault) = reason { return Failure(fault, at: path, of: name) }
        let status: ExitStatus = if case .keyDoesNotOpen = reason { .unlockFailed } else { .failed }
        return Failure(
            status,
            "the header is not put back to \(partition): \(reason)",
            hint: hint(against: reason, partition)
        )
    }

    private func hint(against reason: HeaderRestoration.Reason, _ partition: FileName) -> String {
        if case .partitioned(let partitions) = reason, let first = partitions.first {
            return "name the partition, for example: extbackup header restore \(name) \(first)"
        }
        if case .misplaced(_, let drive) = reason {
            let cause = "if this is the drive's disk, its partition table is not the one that it had"
            return drive.hasKnownTable
                ? "\(cause): \(context.layout.recoverySheet(of: name)) tells how to write that anew"
                : "\(cause): name a partition that begins at that byte"
        }
        return "'lsblk -o NAME,SERIAL,SIZE,FSTYPE' shows disks and what is on them"
    }

    private static let kernelHint = "look at 'journalctl -k'; the drive or its cable may be failing"
}

extension Failure {
    /// What a person is told of the backup of a header that cannot be used.
    init(_ fault: DriveRecords.HeaderFault, at path: FileName, of name: DriveName) {
        let again = "plug the drive in and run 'extbackup header backup \(name)'"
        let (message, hint) =
            switch fault {
            case .missing:
                ("there is no \(path): a damaged header would lose all that is on the drive", again)
            case .digestMissing: ("\(path) has no SHA-256 beside it", again)
            case .damaged: ("\(path) is not what its SHA-256 says: it is damaged", again)
            case .openToOthers:
                ("\(path) can be read by others than root", "run: chown root: \(path); chmod 0600 \(path)")
            case .foreign(let reason): ("\(path): \(reason)", again)
            case .unreadable(let error): ("\(path) cannot be read: \(error.reason)", Self.hint(toUse: path))
            }
        self.init(.failed, message, hint: hint)
    }
}
