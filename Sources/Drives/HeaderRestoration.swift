public import LinuxSystem
internal import SystemPackage

/// Puts the backup of a LUKS header back on the partition that lost it.
///
/// The header is what tells a drive from other disks, so a partition without one cannot prove that it is the drive: its
/// disk's serial number must be the recorded one, nothing may use it, and nothing else may be recognized on it.
public struct HeaderRestoration: Sendable {
    /// Why a header is not put back.
    public enum Reason: Error, Hashable, Sendable {
        /// The path is no partition or disk.
        case noBlockDevice
        /// The disk has another serial number than the drive.
        case otherDisk(serial: String?)
        /// The disk is in use or otherwise no drive.
        case refused([DiskRefusal])
        /// Something else lies there.
        case foreignContents([String])
        /// The backup cannot be used.
        case backup(DriveRecords.HeaderFault)
        /// The key does not open the backup; restored, the drive would not open either.
        case keyDoesNotOpen
        /// A system call failed.
        case system(SystemError)
        /// libcryptsetup refused.
        case encryption(CryptError)
    }

    private let records: DriveRecords
    private let identity: DriveIdentity
    private let backup: FileName
    /// The partition.
    public let partition: FileName
    /// The disk that it is on.
    public let disk: DiskDescription

    /// Looks at a partition. Nothing is written.
    ///
    /// - Parameters:
    ///   - luksUUID: as it is spelled in the drive's file.
    ///   - partition: where the header was.
    public init(
        of identity: DriveIdentity,
        luksUUID: String,
        to partition: FileName,
        in layout: HostLayout
    ) throws(Reason) {
        self.identity = identity
        records = DriveRecords(of: identity.name, luksUUID: luksUUID, keySlot: identity.keySlot, in: layout)
        backup = layout.headerBackup(luksUUID: luksUUID)
        let (device, path) = try Self.resolve(partition)
        self.partition = device
        do {
            disk = try DiskInspection.inspect(path)
        } catch {
            guard case .system(let cause) = error.reason else { throw .noBlockDevice }
            throw .system(cause)
        }
        try check()
    }

    /// The kernel's nodes of a partition and of its disk.
    private static func resolve(_ path: FileName) throws(Reason) -> (device: FileName, disk: FileName) {
        do {
            let topology = BlockTopology()
            let node = try Descriptor.open(path, [.read, .nonBlocking, .followLink])
            if let number = try node.blockDeviceNumber() {
                let device = try topology.device(number)
                return (device.path, try topology.wholeDisk(of: device)?.path ?? device.path)
            }
        } catch {
            throw .system(error)
        }
        throw .noBlockDevice
    }

    private func check() throws(Reason) {
        if let recorded = identity.serial, disk.serial != recorded { throw .otherDisk(serial: disk.serial) }
        let refusals = disk.refusals.filter { $0.severity == .always }
        if !refusals.isEmpty { throw .refused(refusals) }
        let entry = disk.partitions.first { disk.devicePath.partitionPath($0.number) == partition }
        let contents = entry?.contents ?? disk.contents
        let foreign = contents.filter { signature in
            signature.type != "crypto_LUKS" || signature.uuid?.lowercased() != identity.luksUUID
        }
        if !foreign.isEmpty { throw .foreignContents(foreign.map(\.type)) }
    }

    /// Proves that the backup is whole and opens with the key, and writes it. The drive opens with the key afterwards.
    public func perform(key: borrowing SecretBytes) throws(Reason) {
        do {
            try records.checkHeaderBackup()
        } catch {
            throw .backup(error)
        }
        let container = LUKSContainer(path: partition)
        let isOpened: Bool
        do {
            isOpened = try records.opens(.backup, with: key)
            if isOpened { try container.restoreHeader(from: backup) }
        } catch {
            throw .encryption(error)
        }
        if !isOpened { throw .keyDoesNotOpen }
        try prove(container, key)
    }

    private func prove(_ container: LUKSContainer, _ key: borrowing SecretBytes) throws(Reason) {
        let isOpened: Bool
        do {
            isOpened = try container.opens(slot: identity.keySlot, with: key)
        } catch {
            throw .encryption(error)
        }
        if !isOpened { throw .keyDoesNotOpen }
    }
}

extension HeaderRestoration.Reason: CustomStringConvertible {
    /// The reason, for a sentence about the partition.
    public var description: String {
        switch self {
        case .noBlockDevice: "it is no partition and no disk"
        case .otherDisk(let serial):
            "its disk has \(serial.map { "the serial number \(FileName($0))" } ?? "no serial number"), "
                + "which is not the drive's"
        case .refused(let refusals): refusals.map(\.description).joined(separator: "; ")
        case .foreignContents(let types): "it holds something else: \(types.joined(separator: ", "))"
        case .backup: "the backup of the header cannot be used"
        case .keyDoesNotOpen: "the key does not open the backup of the header"
        case .system(let error): error.description
        case .encryption(let error): error.description
        }
    }
}
