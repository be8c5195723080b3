import Drives
import LinuxSystem
import Reporting
import SystemPackage

/// Keys, headers, links and age.
extension Doctor {
    func check(_ drive: DriveFile, _ configuration: Configuration?) -> [Finding] {
        let identity: DriveIdentity
        do {
            identity = try drive.identity()
        } catch {
            return [.failure(.configuration, drive.name, error)]
        }
        let records = DriveRecords(
            of: identity.name,
            luksUUID: drive.luksUUID,
            keySlot: identity.keySlot,
            in: context.layout
        )
        let device = pluggedDevice(of: drive)
        return checkKey(records, identity, device) + checkHeader(records, drive, identity.name, device)
            + [checkLink(records, drive)] + checkAge(of: drive, configuration)
    }

    /// The drive's device; nil when it is not plugged in, or plugged in twice.
    private func pluggedDevice(of drive: DriveFile) -> BlockDevice? {
        // Without udev there is a finding of its own, ignoring.
        let devices = (try? context.operations.candidates(luksUUID: drive.luksUUID)) ?? []
        return devices.count == 1 ? devices.first : nil
    }

    private func checkKey(
        _ records: DriveRecords,
        _ identity: DriveIdentity,
        _ device: BlockDevice?
    ) -> [Finding] {
        let name = identity.name.text
        let key: SecretBytes
        do {
            key = try records.key()
        } catch {
            return [.failure(.key, name, Failure(error, of: identity.name, in: context.layout))]
        }
        var findings: [Finding] = []
        for container in [.backup] + (device.map { [.drive($0)] } ?? []) as [DriveRecords.Container] {
            do {
                if try records.opens(container, with: key) {
                    findings.append(
                        .fine(.key, name, "it opens slot \(identity.keySlot) of \(container.title)")
                    )
                } else {
                    findings.append(
                        .failure(
                            .key,
                            name,
                            "it does not open slot \(identity.keySlot) of \(container.title)",
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

    private func checkHeader(
        _ records: DriveRecords,
        _ drive: DriveFile,
        _ name: DriveName,
        _ device: BlockDevice?
    ) -> [Finding] {
        let path = context.layout.headerBackup(luksUUID: drive.luksUUID)
        do {
            try records.checkHeaderBackup()
        } catch {
            return [.failure(.header, drive.name, Failure(error, at: path, of: name))]
        }
        guard let device else { return [.fine(.header, drive.name, "its backup is there and whole")] }
        do {
            if try records.backupEqualsHeader(of: device) {
                return [.fine(.header, drive.name, "its backup is there, and is what the drive has")]
            }
            return [
                .warning(
                    .header,
                    drive.name,
                    "its backup is not what the drive has now: keys were changed since",
                    hint: "run 'extbackup header backup \(name)'"
                )
            ]
        } catch {
            return [
                .warning(
                    .header,
                    drive.name,
                    "its backup cannot be compared with the drive: \(error)",
                    hint: "look at 'journalctl -k'; the drive or its cable may be failing"
                )
            ]
        }
    }

    private func checkLink(_ records: DriveRecords, _ drive: DriveFile) -> Finding {
        do {
            try records.checkUnitLink()
            return .fine(.unit, drive.name, "plugging it in starts a backup")
        } catch {
            let again = "run: ln -s \(context.layout.unitFile)"
            switch error {
            case .missing(let path):
                return .failure(
                    .unit,
                    drive.name,
                    "it is disabled: \(path) is not there, and plugging it in starts nothing",
                    hint: "\(again) \(path); systemctl daemon-reload"
                )
            case .foreign(let path, let target):
                return .failure(
                    .unit,
                    drive.name,
                    "\(path) leads to \(target)",
                    hint: "remove it, then \(again) \(path); systemctl daemon-reload"
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

    private func checkAge(of drive: DriveFile, _ configuration: Configuration?) -> [Finding] {
        let lastGood: Timestamp?
        do {
            lastGood = try StatusFile(directory: context.layout.stateFolder).read().status[drive: drive.name]
                .lastGood
        } catch {
            return [.failure(.age, drive.name, error.message, hint: error.hint ?? "run it as root")]
        }
        guard let lastGood else {
            return [
                .warning(
                    .age,
                    drive.name,
                    "it never had a good backup",
                    hint: "plug it in, or run 'extbackup run'"
                )
            ]
        }
        let now = context.now()
        let text = "the last good backup was \(lastGood.age(asOf: now))"
        guard let limit = configuration?.drive.dueAfter, lastGood.duration(to: now) > limit else {
            return [.fine(.age, drive.name, text)]
        }
        return [
            .warning(
                .age,
                drive.name,
                "it is overdue: \(text), and it is due after \(limit.text)",
                hint: "bring it and plug it in"
            )
        ]
    }

    /// Links and keys that belong to no drive.
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
