public import Drives
public import LinuxSystem
import Reporting
import SystemPackage

/// `extbackup drives rename`, `retire` and `key`: what happens to a drive between its preparation and its end.
public struct DriveCare {
    private let context: RunContext
    private let drive: EnrolledDrive

    /// For a prepared drive.
    public init(of name: DriveName, in context: RunContext) throws(Failure) {
        self.context = context
        drive = try EnrolledDrive(name, in: context)
    }

    private var name: DriveName { drive.name }

    // MARK: - Keys

    /// Makes a new key for the drive, which must be plugged in. The old key opens it no more.
    ///
    /// - Returns: the recovery sheet that is to be printed again, if there is one.
    @discardableResult
    public func rotateKey() throws(Failure) -> FileName? {
        try changeKeys { (change) throws(PreparationError.Reason) in try change.rotateKey() }
    }

    /// Gives the drive, which must be plugged in, a passphrase, or another one.
    ///
    /// - Returns: the recovery sheet that is to be printed again, if there is one.
    @discardableResult
    public func setPassphrase(_ passphrase: borrowing SecretBytes) throws(Failure) -> FileName? {
        try changeKeys { (change) throws(PreparationError.Reason) in try change.setPassphrase(passphrase) }
    }

    /// The LUKS slots that something else opens than this machine's key and a passphrase that was given here.
    public func otherSlots() throws(Failure) -> [Int32] {
        do {
            return try drive.records.otherSlots()
        } catch {
            throw Failure(.failed, "what else opens drive '\(name)' cannot be told: \(error)")
        }
    }

    private func changeKeys(
        _ body: (KeyChange) throws(PreparationError.Reason) -> Void
    ) throws(Failure) -> FileName? {
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        let device = try drive.pluggedDevice()
        var light = DriveLight(of: drive.identity, in: context)
        light.showWork()
        defer {
            light.giveBack()
            withExtendedLifetime(lock) {}
        }
        do {
            try body(
                KeyChange(of: drive.identity, luksUUID: drive.file.luksUUID, on: device, in: context.layout)
            )
        } catch {
            let status: ExitStatus = if case .keyDoesNotOpen = error { .unlockFailed } else { .failed }
            throw Failure(
                status,
                "the keys of drive '\(name)' were not changed to the end: \(error)",
                hint: "run the same command again: it goes on where it was"
            )
        }
        return try drive.renewSheet()
    }

    // MARK: - Retiring

    /// What becomes of the key and the header's backup of a drive that is retired.
    public enum Secrets: Hashable, Sendable {
        /// They stay: what is on the drive can be read.
        case kept
        /// They are removed: only a passphrase opens the drive.
        case removed
    }

    /// Takes a drive out of service: plugging it in starts nothing, and nobody waits for it any more. Its file goes to
    /// `retired` beside the drives' folder.
    ///
    /// - Returns: where the file is now.
    public func retire(_ secrets: Secrets) throws(Failure) -> FileName {
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        _ = try context.takeBackUnfinished(name, from: nil)
        switch secrets {
        case .kept:
            try refuseDuringKeyChange("retired", orElse: "; if it is gone, retire it with --remove-keys")
        case .removed: try refuseDuringRename()
        }
        let retired = context.layout.retiredFolder
        let file = context.layout.driveFile(of: name)
        do {
            try drive.records.removeUnitLink()
            try withdrawApprovals(of: name)
            let text = try Descriptor.open(file, .read).readAll(limit: 1 << 20)
            let target = FileName("\(name).toml")
            try Descriptor.makeFolder(retired, mode: 0o755).replaceFile(target, with: text, mode: 0o644)
            try removeDriveFile(of: name)
            switch secrets {
            case .kept: break
            case .removed:
                try drive.records.removeKey()
                try drive.records.removeHeaderBackup()
            }
        } catch {
            throw Failure(
                .failed,
                "drive '\(name)' was not retired to the end: \(error)",
                hint: "run the same command again as root"
            )
        }
        try forgetState()
        forgetLight()
        try context.reloadUnits()
        withExtendedLifetime(lock) {}
        return retired.appending(FileName("\(name).toml"))
    }

    private func forgetLight() {
        var light = DriveLight(of: drive.identity, in: context)
        light.forgetName()
    }

    private func removeDriveFile(of name: DriveName) throws(SystemError) {
        let folder = try Descriptor.open(context.layout.driveFolder, [.directory, .followLink])
        try folder.removeFileIfPresent(FileName("\(name).toml"))
        try folder.sync()
    }

    /// What was approved was for what a drive of this name had then.
    private func withdrawApprovals(of name: DriveName) throws(SystemError) {
        try Approvals(folder: context.layout.approvalFolder).withdrawAll(for: name.text)
    }

    /// What is kept under the drive's name: the history, which goes by its UUID, stays.
    private func forgetState() throws(Failure) {
        do {
            try StatusFile(directory: context.layout.stateFolder).update { $0.drives[name.text] = nil }
        } catch {
            throw Failure(
                .failed,
                error.message,
                hint: error.hint ?? Failure.hint(toUse: context.layout.stateFolder)
            )
        }
    }

    // MARK: - Renaming

    /// Gives the drive another name on this machine: key, file, link and status. What is on the drive is not touched, and it
    /// need not be plugged in.
    ///
    /// - Returns: the recovery sheet that is to be printed again, if there is one.
    @discardableResult
    public func rename(to new: DriveName) throws(Failure) -> FileName? {
        if new == name {
            throw Failure(.usage, "drive '\(name)' has this name already", hint: "give another one")
        }
        let oldLock = try RunLock.take(of: name, for: .byHand, in: context)
        let newLock = try RunLock.take(of: new, for: .byHand, in: context)
        let begun = try refuseIfTaken(new)
        // A note that the drive is being made would be taken for one of the next drive of the old name.
        _ = try context.takeBackUnfinished(name, from: nil)
        try refuseDuringKeyChange("renamed")
        let text = try renamedFile(new)
        var file = drive.file
        file.name = new.text
        let renamed = try EnrolledDrive(file, in: context)
        let other = renamed.records
        try refuseKey(beside: new, other)
        try renamed.checkSheet(of: name)
        try begin(new, other, text, begun)
        do {
            try drive.records.removeUnitLink()
            try withdrawApprovals(of: name)
            try withdrawApprovals(of: new)
        } catch {
            throw notRenamed(error)
        }
        let sheet = try renamed.takeSheet(of: name)
        try moveState(to: new)
        do {
            try drive.records.removeKey()
            // Last: as long as it is there the same command goes on where this one was cut off.
            try removeDriveFile(of: name)
        } catch {
            throw notRenamed(error)
        }
        forgetLight()
        try context.reloadUnits()
        withExtendedLifetime(oldLock) {}
        withExtendedLifetime(newLock) {}
        return sheet
    }

    private func notRenamed(_ error: SystemError) -> Failure {
        Failure(
            .failed,
            "drive '\(name)' was not renamed to the end: \(error)",
            hint: "run the same command again as root"
        )
    }

    /// The key beside the old one may be the only one that opens the drive.
    private func refuseDuringKeyChange(_ deed: String, orElse other: String = "") throws(Failure) {
        if try !isThereKey(beside: name, drive.records) { return }
        throw Failure(
            .failed,
            "drive '\(name)' is not \(deed): its key was about to be changed, and that was cut off",
            hint: "run 'extbackup drives key rotate \(name)' first, with the drive plugged in\(other)"
        )
    }

    /// Of a drive that had this name, the key beside its old one may be the only one.
    private func refuseKey(beside new: DriveName, _ records: DriveRecords) throws(Failure) {
        if try !isThereKey(beside: new, records) { return }
        throw Failure(
            .failed,
            "drive '\(name)' is not renamed: in \(context.layout.keyFolder) there is a new key of a drive '\(new)', whose "
                + "change was cut off",
            hint: "it may be the only key of that drive: choose another name, or move that key elsewhere"
        )
    }

    private func isThereKey(beside name: DriveName, _ records: DriveRecords) throws(Failure) -> Bool {
        do {
            return try records.isKeyChangeUnfinished()
        } catch {
            throw Failure(
                .failed,
                "the keys of drive '\(name)' cannot be looked at: \(error)",
                hint: Failure.hint(toUse: context.layout.keyFolder)
            )
        }
    }

    /// While a rename is cut off two names have one header backup.
    private func refuseDuringRename() throws(Failure) {
        let names: [String]
        do {
            names = try DriveFile.prepared(in: context.layout.driveFolder)
        } catch {
            throw Failure(error)
        }
        for other in names where other != name.text {
            guard let other = DriveName(other),
                try EnrolledDrive(other, in: context).identity.luksUUID == drive.identity.luksUUID
            else { continue }
            throw Failure(
                .failed,
                "drive '\(name)' is not retired: it is called '\(other)', too, as a rename was cut off",
                hint:
                    "finish that first, with 'extbackup drives rename \(name) \(other)' or the other way round"
            )
        }
    }

    /// Gives the drive the new name beside the old one, or leaves it as it was.
    private func begin(
        _ new: DriveName,
        _ other: DriveRecords,
        _ text: [UInt8],
        _ begun: DriveRecords.Attempt
    ) throws(Failure) {
        do {
            try drive.records.linkKey(as: new, begun)
        } catch {
            throw Failure(
                .failed,
                "drive '\(name)' is not renamed: its key cannot be called \(context.layout.keyFile(of: new)): \(error)",
                hint: error.errno == .fileExists
                    ? "it may be the only key of a retired drive: choose another name, or move that key elsewhere"
                    : Failure.hint(toUse: context.layout.keyFolder)
            )
        }
        do {
            let folder = try Descriptor.open(context.layout.driveFolder, [.directory, .followLink])
            try folder.replaceFile(FileName("\(new).toml"), with: text, mode: 0o644)
            try other.makeUnitLink()
        } catch {
            if case .first = begun { takeBack(other, new) }
            throw Failure(
                .failed,
                "drive '\(name)' is not renamed: \(error)",
                hint: "see to that, then run the same command again as root"
            )
        }
    }

    /// The new name was given to nothing else, and the old one still has all: nothing is lost.
    private func takeBack(_ other: DriveRecords, _ new: DriveName) {
        // What stays is taken up by the same command when it is given again, ignoring.
        try? other.removeUnitLink()
        try? removeDriveFile(of: new)
        try? other.removeKey()
    }

    /// A rename that was cut off may have left the new name for the same drive.
    private func refuseIfTaken(_ new: DriveName) throws(Failure) -> DriveRecords.Attempt {
        do throws(SystemError) {
            _ = try Descriptor.open(context.layout.driveFile(of: new), .path)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return .first }
        }
        let existing = try DriveFile.prepared(new, in: context.layout)
        if existing.luksUUID == drive.file.luksUUID { return .again }
        throw Failure(
            .failed,
            "there is a drive '\(new)' already",
            hint: "choose another name; 'extbackup drives list' lists those in use"
        )
    }

    /// The drive's file with the new name, and all else as a person may have written it.
    private func renamedFile(_ new: DriveName) throws(Failure) -> [UInt8] {
        let path = context.layout.driveFile(of: name)
        do throws(ConfigurationError) {
            let old = String(decoding: try DriveFile.text(of: path), as: UTF8.self)
            var lines = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard let line = lines.firstIndex(where: { $0.prefix { $0 != "=" && $0 != " " } == "name" })
            else {
                throw ConfigurationError(file: path, position: nil, message: "has no line 'name = …'")
            }
            lines[line] = "name = \"\(new)\""
            let text = Array(lines.joined(separator: "\n").utf8)
            var expected = drive.file
            expected.name = new.text
            if try DriveFile(parsing: text, file: path) == expected { return text }
            throw ConfigurationError(
                file: path,
                position: nil,
                message: "'name' stands where it cannot be changed"
            )
        } catch {
            throw Failure(error)
        }
    }

    private func moveState(to new: DriveName) throws(Failure) {
        do {
            try StatusFile(directory: context.layout.stateFolder).update {
                // An attempt that was cut off may have moved it.
                guard let status = $0.drives[name.text] else { return }
                $0.drives[new.text] = status
                $0.drives[name.text] = nil
            }
        } catch {
            throw Failure(
                .failed,
                error.message,
                hint: error.hint ?? Failure.hint(toUse: context.layout.stateFolder)
            )
        }
    }
}
