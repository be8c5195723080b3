internal import LinuxSystem
internal import SystemPackage

/// What makes a disk a drive of this machine, whichever way it comes to it: key, header backup, marker, drive file,
/// recovery sheet, link; and how to take back what was made when a later step fails.
struct Enrollment {
    let name: DriveName
    let layout: HostLayout
    let operations: any DriveOperations
    /// What could not be taken back.
    private(set) var leftBehind: [String] = []
    private var record: PreparationRecord?
    /// Each tells what it could not take back.
    private var undo: [() -> String?] = []

    private static let settleAttempts = 150
    private static let settlePause = Duration.milliseconds(200)

    init(of name: DriveName, in layout: HostLayout, operations: any DriveOperations) {
        self.name = name
        self.layout = layout
        self.operations = operations
    }

    /// Takes back what the steps made, last first.
    mutating func takeBack() {
        for takeBack in undo.reversed() {
            if let failure = takeBack() {
                // What was made before it may be needed to take it back: a key for its slot.
                leftBehind.append(failure)
                break
            }
        }
        undo = []
        // What is left is known by the record, and taken back by the next attempt.
        if !leftBehind.isEmpty { return }
        do {
            try record?.remove()
        } catch {
            leftBehind.append(error.description)
        }
    }

    /// Notes how to take back what comes next.
    mutating func onFailure<Cause: Error & CustomStringConvertible>(
        _ takeBack: @escaping () throws(Cause) -> Void
    ) {
        undo.append {
            do throws(Cause) {
                try takeBack()
                return nil
            } catch {
                return error.description
            }
        }
    }

    /// Notes what an abandoned volume left open.
    mutating func note(_ leftOpen: [Leftover]) {
        leftBehind += leftOpen.map(\.description)
    }

    /// Refuses a name that a drive has, or had: its key may be the only one of some disk.
    func checkName() throws(PreparationError.Reason) {
        let changing = KeyFile(replacing: name, in: layout).path
        for path in [layout.keyFile(of: name), changing, layout.driveFile(of: name)] {
            do {
                _ = try Descriptor.open(path, .path)
            } catch {
                if error.errno == .noSuchFileOrDirectory { continue }
                throw .system(error)
            }
            throw .nameTaken(path)
        }
    }

    /// Makes the key and writes it to the machine, after the note that this drive is being made.
    mutating func writeKey() throws(PreparationError.Reason) -> SecretBytes {
        record = try PreparationRecord.make(of: name, in: layout)
        let file = KeyFile(of: name, in: layout)
        let key = try system { () throws(SystemError) in
            let key = try SecretBytes(randomCount: LUKSContainer.keyBytes)
            try file.write(key)
            return key
        }
        onFailure { () throws(SystemError) in try file.remove() }
        return key
    }

    /// Notes that a LUKS drive is about to get the key.
    func noteAdoption(of luksUUID: String) throws(PreparationError.Reason) {
        try system { () throws(SystemError) in try record?.note(.adopts, luksUUID) }
    }

    /// Saves the header on the machine. A backup that is there already is replaced, and stays also after a failure: an
    /// older key may open it.
    ///
    /// - Returns: its SHA-256.
    mutating func backUpHeader(
        _ container: LUKSContainer,
        _ luksUUID: String,
        slot: Int32,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> String {
        let backup = HeaderBackup(luksUUID: luksUUID, in: layout)
        let wasThere = try system { () throws(SystemError) in try backup.isThere() }
        if !wasThere {
            try system { () throws(SystemError) in try record?.note(.savesHeader, luksUUID) }
            onFailure { () throws(SystemError) in try backup.remove() }
        }
        return try backup.save(container, slot: slot, key: key)
    }

    /// Puts marker and instructions on the drive.
    static func write(
        _ marker: Marker,
        _ instructions: RestoreInstructions,
        to root: borrowing Descriptor
    ) throws(PreparationError.Reason) {
        do {
            try marker.write(to: root)
        } catch {
            throw .marker(error)
        }
        try system { () throws(SystemError) in
            let folder = try root.open(Marker.folder, .directory)
            let text = Array(instructions.text.utf8)
            try folder.replaceFile(RestoreInstructions.fileName, with: text, mode: 0o644)
        }
    }

    /// Syncs, unmounts, closes, and flushes the disk; each with its result checked.
    mutating func close(_ volume: consuming MountedVolume) throws(PreparationError.Reason) {
        do {
            _ = try volume.unmount().lock().release(.leave)
        } catch {
            note(error.leftOpen)
            throw .drive(error)
        }
    }

    /// Waits until a run would find the drive, and udev has nothing left to do: what it announces after the drive
    /// is enabled would start a run.
    ///
    /// - Returns: the disk's serial number as runs will see it.
    func settle(
        _ device: BlockDevice,
        luksUUID: String,
        until interruption: Interruption
    ) throws(PreparationError.Reason) -> String? {
        for _ in 0..<Self.settleAttempts {
            if interruption.isRequested { throw .interrupted }
            let operations = operations
            let found = try system { () throws(SystemError) in
                try operations.candidates(luksUUID: luksUUID)
            }
            let isSettled = UdevQueue.isEmpty
            let drive = found.first {
                $0.number == device.number && $0.diskSequence == device.diskSequence
            }
            if let drive, isSettled { return drive.serial }
            operations.pause(Self.settlePause)
        }
        throw .unknownToUdev
    }

    /// Writes the machine's knowledge of the drive, and the recovery sheet.
    mutating func write(
        _ file: DriveFile,
        _ instructions: RestoreInstructions
    ) throws(PreparationError.Reason) {
        let (name, layout) = (name, layout)
        let sheet = RecoverySheet(instructions: instructions)
        onFailure { () throws(SystemError) in
            try DriveFile.remove(of: name, in: layout)
            try RecoverySheet.remove(of: name, in: layout)
        }
        // The drive's file is the last: from then on the drive is known, and nothing of it is taken back.
        try system { () throws(SystemError) in
            try sheet.write(in: layout)
            try file.write(in: layout)
        }
    }

    /// Makes the link that starts runs.
    mutating func enable(luksUUID: String) throws(PreparationError.Reason) -> FileName {
        let link = UnitLink(of: name, luksUUID: luksUUID, in: layout)
        onFailure { () throws(SystemError) in try link.remove() }
        try system { () throws(SystemError) in
            try link.make()
            try record?.remove()
        }
        return link.path
    }

    /// What came of it.
    func result(
        _ file: DriveFile,
        passphraseSlot: Int32?,
        headerDigest: String,
        unitLink: FileName
    ) -> PreparedDrive {
        PreparedDrive(
            name: name,
            luksUUID: file.luksUUID,
            markerID: file.markerID,
            keySlot: file.keySlot,
            passphraseSlot: passphraseSlot,
            fileSystem: file.fileSystem,
            label: file.label,
            keyFile: layout.keyFile(of: name),
            headerBackup: layout.headerBackup(luksUUID: file.luksUUID),
            headerDigest: headerDigest,
            driveFile: layout.driveFile(of: name),
            recoverySheet: layout.recoverySheet(of: name),
            unitLink: unitLink
        )
    }
}
