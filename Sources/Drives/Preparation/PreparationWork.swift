internal import LinuxSystem
internal import SystemPackage

/// One preparation on its way.
struct PreparationWork {
    let plan: PreparationPlan
    let layout: HostLayout
    let operations: any DriveOperations
    let cost: PassphraseCost
    let interruption: Interruption
    let progress: (PreparationStep) -> Void

    /// The step that runs.
    private(set) var step = PreparationStep.check
    var enrollment: Enrollment

    init(
        plan: PreparationPlan,
        layout: HostLayout,
        operations: any DriveOperations,
        cost: PassphraseCost,
        interruption: Interruption,
        progress: @escaping (PreparationStep) -> Void
    ) {
        self.plan = plan
        self.layout = layout
        self.operations = operations
        self.cost = cost
        self.interruption = interruption
        self.progress = progress
        enrollment = Enrollment(of: plan.name, in: layout, operations: operations)
    }

    /// Makes the file system that was asked for.
    var maker: FileSystemMaker {
        FileSystemMaker(kind: plan.fileSystem, label: plan.label)
    }

    /// All steps, up to the enabled drive.
    mutating func run(
        _ secrets: borrowing PreparationSecrets
    ) throws(PreparationError.Reason) -> PreparedDrive {
        try begin(.check)
        try enrollment.checkName()
        try maker.checkProgram()
        let claim = try DiskClaim(plan)
        try begin(.writeKey)
        let key = try enrollment.writeKey()
        try begin(.wipe)
        try claim.wipe()
        try begin(.partition)
        let partition = try claim.partition(named: plan.name)
        let container = LUKSContainer(path: partition.partition.path)
        let uuid = try encrypt(container, key, secrets)
        try begin(.backUpHeader)
        let digest = try enrollment.backUpHeader(container, uuid, slot: plan.keySlot, key)
        let marker = try system { () throws(SystemError) in
            Marker(driveID: try Marker.makeDriveID(), name: plan.name, luksUUID: uuid)
        }
        let passphrases = try encryption { () throws(CryptError) in try container.passphraseSlots() }
        let instructions = RestoreInstructions(
            name: plan.name,
            luksUUID: uuid,
            facts: facts(partition.extent),
            passphrases: passphrases,
            headerDigest: digest,
            layout: layout
        )
        let extent = partition.extent
        let device = try fill(partition, key, marker, instructions)
        try partition.unlock()
        try begin(.settle)
        let serial = try enrollment.settle(device, luksUUID: uuid, until: interruption)
        try begin(.writeDriveFile)
        let file = driveFile(marker, extent, luksUUID: uuid, serial: serial)
        try enrollment.write(file, instructions)
        try begin(.enable)
        let link = try enrollment.enable(luksUUID: uuid)
        return enrollment.result(
            file,
            passphraseSlot: secrets.hasPassphrase ? plan.passphraseSlot : nil,
            headerDigest: digest,
            unitLink: link
        )
    }

    private func driveFile(
        _ marker: Marker,
        _ extent: DiskExtent,
        luksUUID: String,
        serial: String?
    ) -> DriveFile {
        DriveFile(
            name: plan.name,
            luksUUID: luksUUID,
            serial: serial,
            disk: plan.disk.title,
            extent: extent,
            keySlot: plan.keySlot,
            fileSystem: plan.fileSystem,
            label: maker.label,
            preparedAtSeconds: plan.preparedAtSeconds,
            markerID: marker.driveID
        )
    }

    private func facts(_ extent: DiskExtent) -> DriveFacts {
        DriveFacts(
            hostName: plan.hostName,
            fileSystem: plan.fileSystem,
            label: maker.label,
            serial: plan.disk.serial,
            disk: plan.disk.title,
            extent: extent,
            prepared: CalendarTime(secondsSince1970: plan.preparedAtSeconds).description
        )
    }

    /// Begins a step that is left out when a person asked to stop.
    mutating func begin(_ step: PreparationStep) throws(PreparationError.Reason) {
        announce(step)
        if interruption.isRequested { throw .interrupted }
    }

    /// Begins a step that comes in any case.
    mutating func announce(_ step: PreparationStep) {
        self.step = step
        progress(step)
    }

    private mutating func encrypt(
        _ container: LUKSContainer,
        _ key: borrowing SecretBytes,
        _ secrets: borrowing PreparationSecrets
    ) throws(PreparationError.Reason) -> String {
        try begin(.encrypt)
        let cost = cost
        let label = plan.name.text
        let uuid = try encryption { () throws(CryptError) in
            try container.format(label: label, key: key, passphrase: secrets.passphrase, cost: cost)
        }
        try begin(.checkKeys)
        try Self.check(container, plan.keySlot, key)
        switch secrets.passphrase {
        case .some(let passphrase): try Self.check(container, plan.passphraseSlot, passphrase)
        case .none: break
        }
        return uuid
    }

    private static func check(
        _ container: LUKSContainer,
        _ slot: Int32,
        _ secret: borrowing SecretBytes
    ) throws(PreparationError.Reason) {
        let isOpened = try encryption { () throws(CryptError) in
            try container.opens(slot: slot, with: secret)
        }
        if !isOpened { throw .keyDoesNotOpen(slot: slot) }
    }
}
