import Drives
import LinuxSystem
import Reporting
import SystemPackage

/// Keys, headers, links, age and room.
extension Doctor {
    func check(_ file: DriveFile, _ configuration: Configuration?) -> [Finding] {
        let drive: EnrolledDrive
        do {
            drive = try EnrolledDrive(file, in: context)
        } catch {
            return [.failure(.configuration, file.name, error)]
        }
        return checkRecords(of: drive) + checkLastRun(of: file, configuration)
    }

    /// What this machine keeps of a drive: key, header, link.
    func checkRecords(of drive: EnrolledDrive) -> [Finding] {
        let (device, findings) = look(for: drive)
        return findings + checkKey(drive, device) + checkHeader(drive, device)
            + [checkUnit(drive.records, drive.file)]
            + (checkHiding(of: drive.name.text, device).map { [$0] } ?? [])
    }

    /// The drive's device; nil when it is not plugged in, or when what is plugged in may be a copy, which is told.
    private func look(for drive: EnrolledDrive) -> (BlockDevice?, [Finding]) {
        do {
            return (try drive.device(), [])
        } catch {
            return (nil, [.failure(.machine, drive.name.text, error)])
        }
    }

    private func checkKey(_ drive: EnrolledDrive, _ device: BlockDevice?) -> [Finding] {
        let (name, slot) = (drive.name.text, drive.identity.keySlot)
        let key: SecretBytes
        do {
            key = try drive.key()
        } catch {
            return [.failure(.key, name, error)]
        }
        var findings = checkKeyChange(drive)
        for container in [.backup] + (device.map { [.drive($0)] } ?? []) as [DriveRecords.Container] {
            do {
                if try drive.records.opens(container, with: key) {
                    findings.append(
                        .fine(.key, name, "it opens slot \(slot) of \(container.title)")
                    )
                } else {
                    findings.append(
                        .failure(
                            .key,
                            name,
                            "it does not open slot \(slot) of \(container.title)",
                            hint:
                                "put the right key back from your backup",
                            status: .unlockFailed
                        )
                    )
                }
            } catch {
                // A header backup that is not there has a finding of its own.
                if container == .backup { continue }
                findings.append(
                    .failure(
                        .key,
                        name,
                        "it cannot be tried on \(container.title): \(error)",
                        hint: "run it as root; if the header is damaged, see 'extbackup help header restore'"
                    )
                )
            }
        }
        return findings
    }

    private func checkKeyChange(_ drive: EnrolledDrive) -> [Finding] {
        let name = drive.name.text
        // A folder that cannot be read has a finding of its own, ignoring.
        guard (try? drive.records.isKeyChangeUnfinished()) == true else { return [] }
        return [
            .failure(
                .key,
                name,
                "a change of it was cut off: the new one lies beside it, and may be the one that opens the drive",
                hint: "run 'extbackup drives key rotate \(name)' with the drive plugged in",
                status: .unlockFailed
            )
        ]
    }

    private func checkHeader(_ drive: EnrolledDrive, _ device: BlockDevice?) -> [Finding] {
        let name = drive.name.text
        let path = context.layout.headerBackup(luksUUID: drive.file.luksUUID)
        do {
            try drive.records.checkHeaderBackup()
        } catch {
            return [.failure(.header, name, Failure(error, at: path, of: drive.name))]
        }
        guard let device else { return [.fine(.header, name, "its backup is there and whole")] }
        do {
            if try drive.records.backupEqualsHeader(of: device) {
                return [.fine(.header, name, "its backup is there, and is what the drive has")]
            }
            return [
                .warning(
                    .header,
                    name,
                    "its backup is not what the drive has now: keys were changed since",
                    hint: "run 'extbackup header backup \(name)'"
                )
            ]
        } catch {
            return [
                .warning(
                    .header,
                    name,
                    "its backup cannot be compared with the drive: \(error)",
                    hint: "look at 'journalctl -k'; the drive or its cable may be failing"
                )
            ]
        }
    }

    private func checkUnit(_ records: DriveRecords, _ drive: DriveFile) -> Finding {
        checkLink(records, drive) ?? checkAgent(of: drive.name)
            ?? .fine(.unit, drive.name, "plugging it in starts a backup")
    }

    /// What is wrong with a drive's link; nil when all is well.
    private func checkLink(_ records: DriveRecords, _ drive: DriveFile) -> Finding? {
        do {
            try records.checkUnitLink()
            return nil
        } catch {
            let again = "ln -s \(context.layout.unitFile)"
            switch error {
            case .missing(let path):
                let folder = path.components.dropLast().reduce(FileName("/")) { $0.appending($1) }
                return .failure(
                    .unit,
                    drive.name,
                    "it is disabled: \(path) is not there, and plugging it in starts nothing",
                    hint:
                        "run: mkdir -p \(folder); \(again) \(path); systemctl daemon-reload"
                )
            case .foreign(let path, let target):
                return .failure(
                    .unit,
                    drive.name,
                    "\(path) leads to \(target)",
                    hint: "remove it, then run: \(again) \(path); systemctl daemon-reload"
                )
            case .unreadable(let error):
                return .failure(
                    .unit,
                    drive.name,
                    "its link cannot be read: \(error)",
                    hint: "run it as root"
                )
            }
        }
    }

    /// What the last run of a drive left: how old its backup is, and the room on it.
    private func checkLastRun(of drive: DriveFile, _ configuration: Configuration?) -> [Finding] {
        let status: DriveStatus
        do {
            status = try StatusFile(directory: context.layout.stateFolder).read().status[drive: drive.name]
        } catch {
            return [
                .failure(
                    .age,
                    drive.name,
                    error.message,
                    hint: error.hint ?? Failure.hint(toUse: context.layout.stateFolder)
                )
            ]
        }
        let room = status.lastReport.flatMap { checkRoom(on: drive.name, after: $0) }
        return [checkAge(of: drive, status.lastGood, configuration)] + (room.map { [$0] } ?? [])
    }

    /// Nil when the drive was never mounted.
    private func checkRoom(on name: String, after report: RunReport) -> Finding? {
        guard let space = report.space else { return nil }
        let free = space.after ?? space.before
        let copied = report.total.bytesCopied
        let hint = "exclude something, or prepare a larger drive"
        if report.verdict == .failed(.noSpace) {
            return .warning(.space, name, "the last run did not fit; \(free) are free on it", hint: hint)
        }
        // The first run copies everything, and none after it does.
        if report.runNumber > 1, free < copied {
            let message = "\(free) are free on it, and the last run copied \(copied)"
            return .warning(.space, name, message, hint: hint)
        }
        return .fine(.space, name, "\(free) are free on it")
    }

    private func checkAge(
        of drive: DriveFile,
        _ lastGood: Timestamp?,
        _ configuration: Configuration?
    ) -> Finding {
        guard let lastGood else {
            return .warning(
                .age,
                drive.name,
                "it never had a good backup",
                hint: "plug it in, or run 'extbackup run'"
            )
        }
        let now = context.now()
        let text = "the last good backup was \(lastGood.age(asOf: now))"
        guard let limit = configuration?.drive.dueAfter, lastGood.duration(to: now) > limit else {
            return .fine(.age, drive.name, text)
        }
        return .warning(
            .age,
            drive.name,
            "it is overdue: \(text), and it is due after \(limit.text)",
            hint: "bring it and plug it in"
        )
    }

    /// Links that belong to no drive, and drives that are none yet.
    func strangers(beside drives: [DriveFile]) -> [Finding] {
        var findings: [Finding] = []
        let known = Set(drives.map(\.name))
        for name in enabledNames() where !known.contains(name) {
            findings.append(
                .warning(
                    .unit,
                    name,
                    "plugging it in starts an agent, but it has no file in \(context.layout.driveFolder)",
                    hint: "remove its links 'extbackup@\(name).service' below \(context.layout.unitFolder)"
                )
            )
        }
        for name in UnfinishedDrive.names(in: context.layout) where !known.contains(name.text) {
            findings.append(
                .warning(
                    .configuration,
                    name.text,
                    "its preparation was cut off, or goes on right now",
                    hint: "run the same 'extbackup prepare-disk' again: it removes what was left"
                )
            )
        }
        return findings
    }

    /// The drives whose agents some device's appearance starts.
    private func enabledNames() -> [String] {
        let prefix = Array("extbackup@".utf8)
        let suffix = Array(".service".utf8)
        var names: Set<String> = []
        // A machine without systemd's folder has a finding for every drive, ignoring.
        guard let units = try? Descriptor.open(context.layout.unitFolder, [.directory, .followLink]),
            let folders = try? units.entryNames()
        else { return [] }
        for folder in folders where folder.bytes.suffix(13) == Array(".device.wants".utf8)[...] {
            // As above, ignoring.
            let links = (try? units.open(folder, .directory).entryNames()) ?? []
            for link in links.map(\.bytes)
            where link.starts(with: prefix) && link.suffix(suffix.count) == suffix[...] {
                names.insert(
                    String(decoding: link.dropFirst(prefix.count).dropLast(suffix.count), as: UTF8.self)
                )
            }
        }
        return names.sorted()
    }
}

extension DriveRecords.Container {
    fileprivate var title: String {
        switch self {
        case .drive: "the drive"
        case .backup: "the header's backup"
        }
    }
}
