public import Drives
public import LinuxSystem
import Reporting

extension DiskDescription {
    /// Looks at a disk that a person named; a drive of this machine is refused.
    public init(at path: FileName, in context: RunContext) throws(Failure) {
        let drives = try context.ownDrives()
        do {
            self = try DiskInspection.inspect(path)
            refuse(ifOneOf: drives)
        } catch {
            guard case .system(let cause) = error.reason else { throw Failure(error) }
            throw Failure(
                .failed,
                "the disk cannot be looked at: \(cause)",
                hint: "'extbackup prepare-disk' lists disks"
            )
        }
    }

    /// Says why the disk must not be erased, before anybody is asked anything.
    public func refuse(under policy: DiskPolicy) throws(Failure) {
        let refusals = refusals(under: policy)
        if refusals.isEmpty { return }
        throw Failure(PreparationError(.refused(refusals), device: devicePath))
    }

    /// What a person needs to see before the disk is erased.
    public var lines: [String] {
        var lines = [
            "\(devicePath): \(model ?? "unknown model"), serial number \(serial ?? "none"), "
                + "\(ByteCount(Int64(clamping: sizeBytes))), \(bus)"
        ]
        lines += contents.map { "  whole disk: \($0.title)" }
        lines += partitions.map { partition in
            let what = partition.contents.map(\.title).joined(separator: ", ")
            return "  partition \(partition.number): \(ByteCount(Int64(clamping: partition.sizeBytes)))"
                + (what.isEmpty ? "" : ", \(what)")
        }
        if contents.isEmpty, partitions.isEmpty { lines.append("  nothing recognizable is on it") }
        return lines
    }
}

extension ContentSignature {
    fileprivate var title: String {
        // Labels come from the disk and may hold anything.
        label.map { "\(type) labeled \(FileName($0))" } ?? type
    }
}

extension RunContext {
    /// Takes back what is left of a drive of this name whose preparation was killed or cut off with the power.
    ///
    /// - Parameter device: the LUKS drive that is to be taken in; nil when a disk is to be erased.
    /// - Returns: what was done, as a line for a person; nil when nothing was left.
    public func takeBackUnfinished(
        _ name: DriveName,
        from device: FileName?
    ) throws(Failure) -> String? {
        do throws(PreparationError.Reason) {
            let unfinished = try UnfinishedDrive.find(name, in: layout, operations: operations)
            switch consume unfinished {
            case .none: return nil
            case .some(let unfinished):
                switch try unfinished.takeBack(from: device) {
                case .removed:
                    return "drive '\(name)' was begun before and not finished; what was left of it is removed"
                case .kept:
                    return
                        "drive '\(name)' was made before, up to the link that starts its backups; 'extbackup doctor' "
                        + "tells how to make that"
                }
            }
        } catch {
            if error == .beingPrepared {
                throw Failure(
                    .locked,
                    "a drive '\(name)' is being prepared right now",
                    hint: "wait for it, or choose another name"
                )
            }
            throw Failure(
                .failed,
                "drive '\(name)' was begun and not finished, and that cannot be taken back: \(error)",
                hint: "plug that drive in and give the command of then again, or choose another name"
            )
        }
    }

    /// What is to be made of a disk.
    public func plan(
        for disk: DiskDescription,
        as name: DriveName,
        under policy: DiskPolicy,
        fileSystem: FileSystemKind
    ) throws(Failure) -> PreparationPlan {
        PreparationPlan(
            name: name,
            disk: disk,
            policy: policy,
            fileSystem: fileSystem,
            preparedAtSeconds: now().seconds,
            hostName: hostName,
            known: try ownDrives()
        )
    }

    /// What is to be done to a LUKS drive that is taken in.
    ///
    /// - Throws: when it cannot be taken in, as far as that can be told without its passphrase.
    public func plan(adopting device: FileName, as name: DriveName) throws(Failure) -> AdoptionPlan {
        let plan = AdoptionPlan(
            name: name,
            device: device,
            preparedAtSeconds: now().seconds,
            hostName: hostName,
            known: try ownDrives()
        )
        do {
            try DriveAdoption(layout: layout, operations: operations).check(plan)
        } catch {
            throw Failure(error)
        }
        return plan
    }

    /// Erases a plan's disk and makes a drive of it; then systemd knows it. Blocks.
    public func prepare(
        _ plan: PreparationPlan,
        passphrase: consuming SecretBytes?,
        progress: @escaping (PreparationStep) -> Void
    ) throws(Failure) -> PreparedDrive {
        let prepared: PreparedDrive
        do {
            prepared = try DiskPreparation(layout: layout, operations: operations).prepare(
                plan,
                secrets: PreparationSecrets(passphrase: passphrase),
                interruption: interruption,
                progress: progress
            )
        } catch {
            throw Failure(error)
        }
        try reloadUnits()
        return prepared
    }

    /// Takes a LUKS drive in without erasing it; then systemd knows it. Blocks.
    public func adopt(
        _ plan: AdoptionPlan,
        passphrase: borrowing SecretBytes,
        progress: @escaping (DriveAdoption.Step) -> Void
    ) throws(Failure) -> PreparedDrive {
        let prepared: PreparedDrive
        do {
            prepared = try DriveAdoption(layout: layout, operations: operations).adopt(
                plan,
                passphrase: passphrase,
                interruption: interruption,
                progress: progress
            )
        } catch {
            throw Failure(error)
        }
        try reloadUnits()
        return prepared
    }

    /// The drives that were prepared. One whose file is broken ends it: which disk is that drive could not be told.
    func ownDrives() throws(Failure) -> OwnDrives {
        let files: [DriveFile]
        do throws(ConfigurationError) {
            files = try DriveFile.prepared(in: layout.driveFolder).map { (name) throws(ConfigurationError) in
                try DriveFile(named: name, in: layout.driveFolder)
            }
        } catch {
            throw Failure(error)
        }
        return OwnDrives(try files.map { (file) throws(Failure) in try file.identity() })
    }

    /// Asks systemd to read units and links anew.
    public static func reloadSystemd() throws(Failure) {
        let hint = "run 'systemctl daemon-reload'"
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess(["/usr/bin/systemctl", "daemon-reload"]).run()
        } catch {
            throw Failure(.failed, "all is done, but systemd cannot be told: \(error)", hint: hint)
        }
        if outcome.isSuccess { return }
        throw Failure(
            .failed,
            "all is done, but systemd did not take it up: \(outcome.lastLine)",
            hint: hint
        )
    }

    /// The only prepared drive that is plugged in.
    public func onlyPluggedDrive() throws(Failure) -> DriveName {
        let plugged = try pluggedDrives()
        guard let only = plugged.first else {
            throw Failure(
                .noDrive,
                "no prepared drive is plugged in",
                hint: "'extbackup status' lists the drives"
            )
        }
        guard plugged.count == 1 else {
            let names = plugged.map(\.text).joined(separator: ", ")
            throw Failure(.usage, "more than one drive is plugged in: \(names)", hint: "name one of them")
        }
        return only
    }

    private func pluggedDrives() throws(Failure) -> [DriveName] {
        let names: [String]
        do {
            names = try DriveFile.prepared(in: layout.driveFolder)
        } catch {
            throw Failure(error)
        }
        var plugged: [DriveName] = []
        do throws(SystemError) {
            for text in names {
                // A drive whose file is broken is told by 'config check', ignoring.
                guard let drive = try? DriveFile(named: text, in: layout.driveFolder),
                    let name = DriveName(text)
                else { continue }
                if try !operations.candidates(luksUUID: drive.luksUUID).isEmpty { plugged.append(name) }
            }
        } catch {
            throw Failure(.failed, "drives cannot be looked for: \(error)", hint: "see that udev runs")
        }
        return plugged
    }
}

extension PreparedDrive {
    /// What a person should know at the end.
    public var closingLines: [String] {
        var lines = [
            "Drive '\(name)' is ready.",
            "  key:           \(keyFile)",
            "  header backup: \(headerBackup)",
            "  restore:       \(recoverySheet), also as a page (.html): print it,",
            "                 keep it outside of this house; the same is on the drive, in .extbackup/RESTORE.txt",
        ]
        if passphraseSlot == nil {
            lines.append(
                "  There is no passphrase: without the key file above nobody can read this drive. Keep a copy"
            )
            lines.append("  of it outside of this house.")
        } else {
            lines.append("  Write the passphrase down and keep it outside of this house.")
        }
        return lines
    }
}

extension Failure {
    /// What a person is told of a preparation that failed.
    init(_ error: PreparationError) {
        let left =
            error.leftBehind.isEmpty ? "" : "; left behind: \(error.leftBehind.joined(separator: ", "))"
        let step = error.step.map { " while \($0.description)" } ?? ""
        switch error.reason {
        case .refused(let refusals):
            let reasons = refusals.map(\.description).joined(separator: "; ")
            self.init(
                .failed,
                "\(error.device) is not erased: \(reasons)\(left)",
                hint: refusals.compactMap(\.remedy).first
                    ?? "'extbackup prepare-disk' lists the disks that can be taken, and why others cannot"
            )
        case .nameTaken:
            self.init(
                .failed,
                "\(error.device): \(error.reason)\(left)",
                hint: "choose another name; 'extbackup drives list' and 'extbackup doctor' tell what is there"
            )
        case .beingPrepared:
            self.init(
                .locked,
                "\(error.device): \(error.reason)\(left)",
                hint: "wait for it, or choose another name"
            )
        case .programMissing(_, let package):
            self.init(.failed, "\(error.reason)\(left)", hint: "run: apt install \(package)")
        case .alreadyPrepared:
            self.init(
                .failed,
                "\(error.device) was not taken in: \(error.reason)\(left)",
                hint: "'extbackup drives rename' gives it another name"
            )
        case .passphraseDoesNotOpen:
            self.init(.unlockFailed, "\(error.device): \(error.reason)\(left)", hint: "try again")
        case .foreignFileSystem:
            self.init(
                .failed,
                "\(error.device) was not taken in: \(error.reason)\(left)",
                hint: "without --adopt the disk is erased and made a drive"
            )
        case .interrupted:
            self.init(.interrupted, "stopped\(step)\(left)", hint: "run the same command again")
        case .adoptionUnfinished, .diskChanged, .diskLocked, .system, .encryption, .partitioning,
            .partitionMissing,
            .keyDoesNotOpen,
            .fileSystem, .drive, .marker, .headerBackupUnusable, .unknownToUdev:
            self.init(
                .failed,
                "\(error.device) was not prepared: \(error.reason)\(step)\(left)",
                hint:
                    "run the same command again, or use another disk; 'journalctl -k' shows the disk's errors"
            )
        }
    }
}
