internal import LinuxSystem
internal import SystemPackage

/// One adoption on its way.
struct AdoptionWork {
    let plan: AdoptionPlan
    let layout: HostLayout
    let operations: any DriveOperations
    let interruption: Interruption
    let progress: (DriveAdoption.Step) -> Void

    /// What could not be taken back.
    private(set) var leftBehind: [String] = []
    private var undo: [() throws(SystemError) -> Void] = []

    init(
        plan: AdoptionPlan,
        layout: HostLayout,
        operations: any DriveOperations,
        interruption: Interruption,
        progress: @escaping (DriveAdoption.Step) -> Void
    ) {
        self.plan = plan
        self.layout = layout
        self.operations = operations
        self.interruption = interruption
        self.progress = progress
    }

    private var container: LUKSContainer { LUKSContainer(path: plan.device) }

    mutating func takeBack() {
        for takeBack in undo.reversed() {
            do {
                try takeBack()
            } catch {
                leftBehind.append(error.description)
            }
        }
        undo = []
    }

    /// All steps, up to the enabled drive.
    mutating func run(
        _ passphrase: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> PreparedDrive {
        try begin(.check)
        try checkName()
        let passphraseSlot = try slot(openedBy: passphrase)
        let uuid = try encryption { () throws(CryptError) in try container.uuid() }
        try begin(.writeKey)
        let key = try writeKey()
        try begin(.addKey)
        let slot = try addKey(key, provenBy: passphrase)
        try begin(.backUpHeader)
        let digest = try backUpHeader(uuid, slot, key)
        try begin(.unlock)
        let identity = try identity(uuid, slot, key)
        let disk = try inspectDisk()
        let instructions = RestoreInstructions(
            name: plan.name,
            hostName: plan.hostName,
            luksUUID: uuid,
            fileSystem: identity.fileSystem,
            keySlot: slot,
            passphrase: RestoreInstructions.PassphraseSlot(number: passphraseSlot, cost: nil),
            serial: identity.serial,
            model: disk.model,
            sizeBytes: disk.sizeBytes,
            headerDigest: digest,
            preparedAtSeconds: plan.preparedAtSeconds,
            layout: layout
        )
        try begin(.writeMarker)
        let marker = try fill(identity, key, instructions)
        try begin(.writeDriveFile)
        try writeFiles(identity, uuid, marker, instructions)
        try begin(.enable)
        let link = try enable(uuid)
        return PreparedDrive(
            name: plan.name,
            luksUUID: uuid,
            markerID: marker.driveID,
            keySlot: slot,
            passphraseSlot: passphraseSlot,
            fileSystem: identity.fileSystem,
            label: plan.name.text,
            keyFile: layout.keyFile(of: plan.name),
            headerBackup: layout.headerBackup(luksUUID: uuid),
            headerDigest: digest,
            driveFile: layout.driveFile(of: plan.name),
            recoverySheet: layout.recoverySheet(of: plan.name),
            unitLink: link
        )
    }

    /// Notes how to take back what comes next.
    private mutating func onFailure(_ takeBack: @escaping () throws(SystemError) -> Void) {
        undo.append(takeBack)
    }

    private func begin(_ step: DriveAdoption.Step) throws(PreparationError.Reason) {
        progress(step)
        if interruption.isRequested { throw .interrupted }
    }

    private func checkName() throws(PreparationError.Reason) {
        for path in [layout.keyFile(of: plan.name), layout.driveFile(of: plan.name)] {
            do {
                _ = try Descriptor.open(path, .path)
            } catch {
                if error.errno == .noSuchFileOrDirectory { continue }
                throw .system(error)
            }
            throw .nameTaken(path)
        }
    }

    private func slot(openedBy passphrase: borrowing SecretBytes) throws(PreparationError.Reason) -> Int32 {
        let slot: Int32?
        do {
            slot = try container.slot(openedBy: passphrase)
        } catch {
            throw .encryption(error)
        }
        guard let slot else { throw .passphraseDoesNotOpen }
        return slot
    }

    private mutating func writeKey() throws(PreparationError.Reason) -> SecretBytes {
        let file = KeyFile(of: plan.name, in: layout)
        let key = try system { () throws(SystemError) in
            let key = try SecretBytes(randomCount: LUKSContainer.keyBytes)
            try file.write(key)
            return key
        }
        onFailure { () throws(SystemError) in try file.remove() }
        return key
    }

    private mutating func addKey(
        _ key: borrowing SecretBytes,
        provenBy passphrase: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> Int32 {
        let container = container
        let slot: Int32
        do {
            slot = try container.adopt(key, provenBy: passphrase, label: plan.name.text)
        } catch {
            throw .encryption(error)
        }
        onFailure { () throws(SystemError) in
            do throws(CryptError) {
                try container.removeSlot(slot)
            } catch {
                throw SystemError(call: "crypt_keyslot_destroy", subject: container.path, errno: error.errno)
            }
        }
        let isOpened: Bool
        do {
            isOpened = try container.opens(slot: slot, with: key)
        } catch {
            throw .encryption(error)
        }
        if !isOpened { throw .keyDoesNotOpen(slot: slot) }
        return slot
    }

    private mutating func backUpHeader(
        _ uuid: String,
        _ slot: Int32,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> String {
        let backup = HeaderBackup(luksUUID: uuid, in: layout)
        onFailure { () throws(SystemError) in try backup.remove() }
        return try backup.save(container, slot: slot, key: key)
    }

    /// What lies inside is seen only through the open container.
    private func identity(
        _ uuid: String,
        _ slot: Int32,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> DriveIdentity {
        let found: [BlockDevice]
        do {
            found = try operations.candidates(luksUUID: uuid)
        } catch {
            throw .system(error)
        }
        func identity(_ kind: FileSystemKind) -> DriveIdentity {
            DriveIdentity(
                name: plan.name,
                luksUUID: uuid,
                serial: found.first?.serial,
                keySlot: slot,
                fileSystem: kind
            )
        }
        let types: [String]
        do {
            let unlocked = try LockedDrive.claim(identity(.ext4), operations: operations)
                .unlock(key: key, for: .looking)
            types = Self.types(in: unlocked)
            _ = try unlocked.lock().release(.leave)
        } catch {
            throw .drive(error)
        }
        guard types.count == 1, let kind = types.first.flatMap({ FileSystemKind(rawValue: $0) }) else {
            throw .foreignFileSystem(types)
        }
        return identity(kind)
    }

    private static func types(in volume: borrowing UnlockedVolume) -> [String] {
        // Contents that cannot be read are contents that nobody knows, ignoring.
        let found = try? volume.withDevice { (device) throws(SystemError) in
            try SignatureProbe(device).contents().map(\.type)
        }
        return found ?? []
    }

    private func inspectDisk() throws(PreparationError.Reason) -> DiskDescription {
        let path: FileName
        do throws(SystemError) {
            let topology = BlockTopology()
            let node = try Descriptor.open(plan.device, [.read, .nonBlocking, .followLink])
            guard let number = try node.blockDeviceNumber() else {
                throw SystemError(call: "open", subject: plan.device, errno: .notBlockDevice)
            }
            let device = try topology.device(number)
            path = try topology.wholeDisk(of: device)?.path ?? device.path
        } catch {
            throw .system(error)
        }
        do {
            return try DiskInspection.inspect(path)
        } catch {
            throw error.reason
        }
    }

    /// A drive that another machine prepared keeps its identity and its run counter, by which an older image of it is
    /// known.
    private func marker(
        on root: borrowing Descriptor,
        _ identity: DriveIdentity
    ) throws(PreparationError.Reason) -> Marker {
        do {
            let found = try Marker.read(from: root)
            return Marker(
                driveID: found.driveID,
                name: plan.name,
                luksUUID: identity.luksUUID,
                runCounter: found.runCounter
            )
        } catch {
            guard case .missing = error else { throw .marker(error) }
        }
        return try system { () throws(SystemError) in
            Marker(driveID: try Marker.makeDriveID(), name: plan.name, luksUUID: identity.luksUUID)
        }
    }

    /// Puts marker and instructions on the drive, and closes it.
    ///
    private func fill(
        _ identity: DriveIdentity,
        _ key: borrowing SecretBytes,
        _ instructions: RestoreInstructions
    ) throws(PreparationError.Reason) -> Marker {
        let mounted: MountedVolume
        do {
            mounted = try LockedDrive.claim(identity, operations: operations).unlock(key: key)
                .mount(at: layout.runFolder.appending(FileName(plan.name.text)))
        } catch {
            throw .drive(error)
        }
        let marker: Marker
        do {
            marker = try self.marker(on: mounted.root, identity)
            try write(marker, instructions, to: mounted.root)
        } catch {
            _ = mounted.abandon()
            throw error
        }
        do {
            _ = try mounted.unmount().lock().release(.leave)
        } catch {
            throw .drive(error)
        }
        return marker
    }

    private func write(
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

    private mutating func writeFiles(
        _ identity: DriveIdentity,
        _ uuid: String,
        _ marker: Marker,
        _ instructions: RestoreInstructions
    ) throws(PreparationError.Reason) {
        let (name, layout) = (plan.name, layout)
        let file = DriveFile(
            name: name,
            luksUUID: uuid,
            serial: identity.serial,
            keySlot: identity.keySlot,
            fileSystem: identity.fileSystem,
            label: name.text,
            preparedAtSeconds: plan.preparedAtSeconds,
            markerID: marker.driveID
        )
        let sheet = RecoverySheet(name: name, instructions: instructions)
        onFailure { () throws(SystemError) in
            try DriveFile.remove(of: name, in: layout)
            try sheet.remove(in: layout)
        }
        try system { () throws(SystemError) in
            try file.write(in: layout)
            try sheet.write(in: layout)
        }
    }

    private mutating func enable(_ uuid: String) throws(PreparationError.Reason) -> FileName {
        let link = UnitLink(of: plan.name, luksUUID: uuid, in: layout)
        onFailure { () throws(SystemError) in try link.remove() }
        try system { () throws(SystemError) in try link.make() }
        return link.path
    }
}
