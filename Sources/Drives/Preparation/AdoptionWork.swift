internal import LinuxSystem
internal import SystemPackage

/// One adoption on its way.
struct AdoptionWork {
    let plan: AdoptionPlan
    let layout: HostLayout
    let operations: any DriveOperations
    let interruption: Interruption
    let progress: (DriveAdoption.Step) -> Void

    var enrollment: Enrollment

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
        enrollment = Enrollment(of: plan.name, in: layout, operations: operations)
    }

    private var container: LUKSContainer { LUKSContainer(path: plan.device) }

    /// All steps, up to the enabled drive.
    mutating func run(
        _ passphrase: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> PreparedDrive {
        try begin(.check)
        let (uuid, disk) = try check()
        let passphraseSlot = try slot(openedBy: passphrase)
        try begin(.writeKey)
        let key = try enrollment.writeKey()
        try enrollment.noteAdoption(of: uuid)
        try begin(.addKey)
        let slot = try addKey(key, to: uuid, provenBy: passphrase)
        // Not taken back after a failure: it changes nothing of what opens the drive.
        try encryption { () throws(CryptError) in try container.markAsPassphrase(slot: passphraseSlot) }
        try begin(.backUpHeader)
        let digest = try enrollment.backUpHeader(container, uuid, slot: slot, key)
        try begin(.unlock)
        let (identity, label) = try look(uuid, slot, key)
        let slots = try encryption { () throws(CryptError) in try container.slots(beside: slot) }
        let instructions = RestoreInstructions(
            name: plan.name,
            luksUUID: uuid,
            facts: facts(identity, label, disk),
            keySlot: slot,
            passphrases: slots.passphrases,
            otherSlots: slots.others,
            headerDigest: digest,
            layout: layout
        )
        try begin(.writeMarker)
        let (marker, device) = try fill(identity, key, instructions)
        try begin(.settle)
        _ = try enrollment.settle(device, luksUUID: uuid, until: interruption)
        try begin(.writeDriveFile)
        let file = driveFile(marker, identity, disk, luksUUID: uuid, label: label)
        try enrollment.write(file, instructions)
        try begin(.enable)
        let link = try enrollment.enable(luksUUID: uuid)
        return enrollment.result(
            file,
            passphraseSlot: passphraseSlot,
            headerDigest: digest,
            unitLink: link
        )
    }

    /// Sees whether the drive can be taken in, as far as that can be told without a passphrase.
    func check() throws(PreparationError.Reason) -> (luksUUID: String, disk: DiskDescription) {
        try enrollment.checkName()
        let uuid = try encryption { () throws(CryptError) in try container.uuid() }
        if let name = plan.known.name(luksUUID: uuid) { throw .alreadyPrepared(name) }
        return (uuid, try inspectDisk())
    }

    /// Where the container begins on its disk; nil when it lies on no disk, or was pulled by now.
    private var extent: DiskExtent? {
        let topology = BlockTopology()
        // The steps around it tell what went wrong, ignoring.
        let device = plan.device.blockDeviceNumber.flatMap { try? topology.device($0) }
        return device.flatMap { topology.start(of: $0) }.map { DiskExtent(start: $0, size: nil) }
    }

    private func driveFile(
        _ marker: Marker,
        _ identity: DriveIdentity,
        _ disk: DiskDescription,
        luksUUID: String,
        label: String
    ) -> DriveFile {
        DriveFile(
            name: plan.name,
            luksUUID: luksUUID,
            serial: identity.serial,
            disk: disk.title,
            extent: extent,
            keySlot: identity.keySlot,
            fileSystem: identity.fileSystem,
            label: label,
            preparedAtSeconds: plan.preparedAtSeconds,
            markerID: marker.driveID
        )
    }

    private func facts(_ identity: DriveIdentity, _ label: String, _ disk: DiskDescription) -> DriveFacts {
        DriveFacts(
            hostName: plan.hostName,
            fileSystem: identity.fileSystem,
            label: label,
            serial: identity.serial,
            disk: disk.title,
            extent: extent,
            prepared: CalendarTime(secondsSince1970: plan.preparedAtSeconds).description
        )
    }

    private func begin(_ step: DriveAdoption.Step) throws(PreparationError.Reason) {
        progress(step)
        if interruption.isRequested { throw .interrupted }
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

    private mutating func addKey(
        _ key: borrowing SecretBytes,
        to uuid: String,
        provenBy passphrase: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> Int32 {
        let container = container
        let added = AdoptedKey(name: plan.name, luksUUID: uuid, layout: layout)
        let slot: Int32
        let before = try encryption { () throws(CryptError) in try container.names() }
        do {
            slot = try container.add(key, provenBy: passphrase)
        } catch {
            throw .encryption(error)
        }
        enrollment.onFailure { () throws(PreparationError.Reason) in
            try added.takeBack(.added(slot), from: container, before: before)
        }
        // Desktops leave a drive alone that is marked as ours.
        let names = LUKSContainer.Names(label: plan.name.text, subsystem: LUKSContainer.subsystem)
        try encryption { () throws(CryptError) in try container.setNames(names) }
        let isOpened: Bool
        do {
            isOpened = try container.opens(slot: slot, with: key)
        } catch {
            throw .encryption(error)
        }
        if !isOpened { throw .keyDoesNotOpen(slot: slot) }
        return slot
    }

    /// What lies inside is seen only through the open container.
    ///
    /// - Returns: the drive as runs will know it, and its file system's label.
    private mutating func look(
        _ uuid: String,
        _ slot: Int32,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> (DriveIdentity, label: String) {
        let found = try system { () throws(SystemError) in try operations.candidates(luksUUID: uuid) }
        let (name, serial) = (plan.name, found.first?.serial)
        func identity(_ kind: FileSystemKind) -> DriveIdentity {
            DriveIdentity(name: name, luksUUID: uuid, serial: serial, keySlot: slot, fileSystem: kind)
        }
        let contents: [ContentSignature]
        do {
            let unlocked = try LockedDrive.claim(identity(.ext4), operations: operations)
                .unlock(key: key, for: .looking)
            contents = Self.contents(of: unlocked)
            _ = try unlocked.lock().release(.leave)
        } catch {
            enrollment.note(error.leftOpen)
            throw .drive(error)
        }
        guard contents.count == 1, let kind = contents.first.flatMap({ FileSystemKind(rawValue: $0.type) })
        else { throw .foreignFileSystem(contents.map(\.type)) }
        return (identity(kind), contents[0].label ?? "")
    }

    private static func contents(of volume: borrowing UnlockedVolume) -> [ContentSignature] {
        // Contents that cannot be read are contents that nobody knows, ignoring.
        let found = try? volume.withDevice { (device) throws(SystemError) in
            try SignatureProbe(device).contents()
        }
        return found ?? []
    }

    /// The disk that holds the container; it must not be used by anybody.
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
        let disk: DiskDescription
        do {
            disk = try DiskInspection.inspect(path)
        } catch {
            throw error.reason
        }
        let refusals = disk.refusals(under: .anyDisk)
        if !refusals.isEmpty { throw .refused(refusals) }
        return disk
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
    /// - Returns: the marker, and the drive's device.
    private mutating func fill(
        _ identity: DriveIdentity,
        _ key: borrowing SecretBytes,
        _ instructions: RestoreInstructions
    ) throws(PreparationError.Reason) -> (Marker, BlockDevice) {
        let mounted = try mount(identity, key)
        let device = mounted.device
        let marker: Marker
        do {
            marker = try self.marker(on: mounted.root, identity)
            try Enrollment.write(marker, instructions, to: mounted.root)
        } catch {
            enrollment.note(mounted.abandon().leftOpen)
            throw error
        }
        try enrollment.close(mounted)
        return (marker, device)
    }

    private mutating func mount(
        _ identity: DriveIdentity,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> MountedVolume {
        do {
            return try LockedDrive.claim(identity, operations: operations).unlock(key: key)
                .mount(at: layout.runFolder.appending(FileName(plan.name.text)))
        } catch {
            enrollment.note(error.leftOpen)
            throw .drive(error)
        }
    }
}
