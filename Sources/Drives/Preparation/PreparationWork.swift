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
    /// What could not be taken back.
    private(set) var leftBehind: [String] = []
    private var undo: [() throws(SystemError) -> Void] = []

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
    }

    /// Makes the file system that was asked for.
    var maker: FileSystemMaker {
        FileSystemMaker(kind: plan.fileSystem, label: plan.fileSystem.label(for: plan.name))
    }

    /// Takes back what the steps made on the machine, last first.
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
        _ secrets: borrowing PreparationSecrets
    ) throws(PreparationError.Reason) -> PreparedDrive {
        try begin(.check)
        try checkMachine()
        let claim = try DiskClaim(plan)
        try begin(.writeKey)
        let key = try writeKey()
        try begin(.wipe)
        try claim.wipe()
        try begin(.partition)
        let partition = try claim.partition(named: plan.name)
        let container = LUKSContainer(path: partition.partition.path)
        let uuid = try encrypt(container, key, secrets)
        let digest = try backUpHeader(container, uuid, key)
        let marker = try system { () throws(SystemError) in
            Marker(driveID: try Marker.makeDriveID(), name: plan.name, luksUUID: uuid)
        }
        let instructions = instructions(uuid, digest, hasPassphrase: secrets.hasPassphrase)
        let device = try fill(partition, key, marker, instructions)
        try partition.unlock()
        let serial = try settle(device, luksUUID: uuid)
        try writeDriveFile(marker, luksUUID: uuid, serial: serial)
        try writeSheet(instructions)
        let link = try enable(luksUUID: uuid)
        return preparedDrive(marker, uuid, digest, link, hasPassphrase: secrets.hasPassphrase)
    }

    private func instructions(
        _ luksUUID: String,
        _ headerDigest: String,
        hasPassphrase: Bool
    ) -> RestoreInstructions {
        RestoreInstructions(
            name: plan.name,
            hostName: plan.hostName,
            luksUUID: luksUUID,
            fileSystem: plan.fileSystem,
            passphrase: hasPassphrase
                ? RestoreInstructions.PassphraseSlot(number: LUKSContainer.passphraseSlot, cost: cost) : nil,
            serial: plan.disk.serial,
            model: plan.disk.model,
            sizeBytes: plan.disk.sizeBytes,
            headerDigest: headerDigest,
            preparedAtSeconds: plan.preparedAtSeconds,
            layout: layout
        )
    }

    private func preparedDrive(
        _ marker: Marker,
        _ luksUUID: String,
        _ headerDigest: String,
        _ unitLink: FileName,
        hasPassphrase: Bool
    ) -> PreparedDrive {
        PreparedDrive(
            name: plan.name,
            luksUUID: luksUUID,
            markerID: marker.driveID,
            keySlot: LUKSContainer.keySlot,
            passphraseSlot: hasPassphrase ? LUKSContainer.passphraseSlot : nil,
            fileSystem: plan.fileSystem,
            label: maker.label,
            keyFile: layout.keyFile(of: plan.name),
            headerBackup: layout.headerBackup(luksUUID: luksUUID),
            headerDigest: headerDigest,
            driveFile: layout.driveFile(of: plan.name),
            recoverySheet: layout.recoverySheet(of: plan.name),
            unitLink: unitLink
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

    /// Notes how to take back what comes next.
    mutating func onFailure(_ takeBack: @escaping () throws(SystemError) -> Void) {
        undo.append(takeBack)
    }

    /// Notes what an abandoned volume left open.
    mutating func note(_ leftOpen: [Leftover]) {
        leftBehind += leftOpen.map(\.description)
    }

    /// What can be known of the machine before a disk is touched.
    private func checkMachine() throws(PreparationError.Reason) {
        for path in [layout.keyFile(of: plan.name), layout.driveFile(of: plan.name)] {
            do {
                _ = try Descriptor.open(path, .path)
            } catch {
                if error.errno == .noSuchFileOrDirectory { continue }
                throw .system(error)
            }
            throw .nameTaken(path)
        }
        try maker.checkProgram()
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
        try Self.check(container, LUKSContainer.keySlot, key)
        switch secrets.passphrase {
        case .some(let passphrase): try Self.check(container, LUKSContainer.passphraseSlot, passphrase)
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

    private mutating func backUpHeader(
        _ container: LUKSContainer,
        _ luksUUID: String,
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> String {
        try begin(.backUpHeader)
        let backup = HeaderBackup(luksUUID: luksUUID, in: layout)
        onFailure { () throws(SystemError) in try backup.remove() }
        return try backup.save(container, key: key)
    }
}
