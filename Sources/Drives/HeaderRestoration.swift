public import LinuxSystem
internal import SystemPackage

/// Puts the backup of a LUKS header back on the partition that lost it.
///
/// The header is what tells a drive from other disks, so a partition without one cannot prove that it is the drive: its
/// disk's serial number must be the recorded one, nothing may use it, nothing else may be recognized on it, and it must begin
/// where the drive did, as far as that was written down: what lies elsewhere would be overwritten.
public struct HeaderRestoration: Sendable {
    /// Why a header is not put back.
    public enum Reason: Error, Hashable, Sendable {
        /// The path is no partition or disk.
        case noBlockDevice
        /// It is a whole disk, of which the drive is one of these partitions; none when its table is empty.
        case partitioned([FileName])
        /// It begins elsewhere on the disk than the drive did: at this byte instead.
        case misplaced(start: Int64, drive: DiskExtent)
        /// Another disk is there now than the one that was confirmed, or something else is on it.
        case diskChanged
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
        /// The header that is there could not be kept.
        case notKept(PreparationError.Reason)
    }

    private let records: DriveRecords
    private let identity: DriveIdentity
    private let luksUUID: String
    private let extent: DiskExtent?
    private let layout: HostLayout
    /// The partition.
    public let partition: FileName
    /// The disk that it is on.
    public let disk: DiskDescription

    /// Looks at a partition. Nothing is written.
    ///
    /// - Parameters:
    ///   - luksUUID: as it is spelled in the drive's file.
    ///   - extent: where the container lay on the disk; nil when nobody wrote it down.
    ///   - partition: where the header was.
    public init(
        of identity: DriveIdentity,
        luksUUID: String,
        extent: DiskExtent?,
        to partition: FileName,
        in layout: HostLayout
    ) throws(Reason) {
        self.identity = identity
        self.luksUUID = luksUUID
        self.extent = extent
        self.layout = layout
        records = DriveRecords(of: identity.name, luksUUID: luksUUID, keySlot: identity.keySlot, in: layout)
        let (device, path, start) = try Self.resolve(partition)
        self.partition = device
        do {
            disk = try DiskInspection.inspect(path)
        } catch {
            guard case .system(let cause) = error.reason else { throw .noBlockDevice }
            throw .system(cause)
        }
        try check(beginningAt: start)
    }

    /// The kernel's nodes of a partition and of its disk, and where the partition begins on it.
    private static func resolve(
        _ path: FileName
    ) throws(Reason) -> (device: FileName, disk: FileName, start: Int64?) {
        do {
            let topology = BlockTopology()
            let node = try Descriptor.open(path, [.read, .nonBlocking, .followLink])
            if let number = try node.blockDeviceNumber() {
                let device = try topology.device(number)
                let disk = try topology.wholeDisk(of: device)?.path ?? device.path
                return (device.path, disk, topology.start(of: device))
            }
        } catch {
            throw .system(error)
        }
        throw .noBlockDevice
    }

    private func check(beginningAt start: Int64?) throws(Reason) {
        if partition == disk.devicePath, disk.partitionTable != nil || !disk.partitions.isEmpty {
            throw .partitioned(disk.partitions.map { disk.devicePath.partitionPath($0.number) })
        }
        if let recorded = identity.serial, disk.serial != recorded { throw .otherDisk(serial: disk.serial) }
        let refusals = disk.refusals.filter { $0.severity == .always }
        if !refusals.isEmpty { throw .refused(refusals) }
        let entry = disk.partitions.first { disk.devicePath.partitionPath($0.number) == partition }
        let contents = entry?.contents ?? disk.contents
        let foreign = contents.filter { signature in
            signature.type != "crypto_LUKS" || signature.uuid?.lowercased() != identity.luksUUID
        }
        if !foreign.isEmpty { throw .foreignContents(foreign.map(\.type)) }
        // A header that is recognized there shows itself that it is the place.
        if contents.isEmpty, let extent, let start, start != extent.start {
            throw .misplaced(start: start, drive: extent)
        }
    }

    /// Proves that the backup is whole and opens with the key, and that the disk is still the one that was looked at; keeps
    /// the header that is there, if it is one; and writes the backup. The drive opens with the key afterwards.
    ///
    public func perform(key: borrowing SecretBytes) throws(Reason) -> Former {
        try checkBackup(key)
        // As long as it is open, no other partition gets its name.
        let pin: Descriptor
        do {
            pin = try Descriptor.open(partition, [.read, .nonBlocking])
        } catch {
            throw .system(error)
        }
        let now = try Self(of: identity, luksUUID: luksUUID, extent: extent, to: partition, in: layout)
        guard now.disk.isUnchanged(since: disk) else { throw .diskChanged }
        let container = LUKSContainer(path: partition)
        let former = try keepHeader(of: container, pin)
        do {
            try container.restoreHeader(from: layout.headerBackup(luksUUID: luksUUID))
        } catch {
            throw .encryption(error)
        }
        try prove(container, key)
        withExtendedLifetime(pin) {}
        return former
    }

    /// The header that was there.
    public enum Former: Hashable, Sendable {
        /// Nothing that can be read: udev did not know the drive, and does now.
        case damaged
        /// One that is the backup's, or cannot be read to its end.
        case replaced
        /// Another one, which is kept in this file.
        case kept(FileName)
    }

    private func checkBackup(_ key: borrowing SecretBytes) throws(Reason) {
        do {
            try records.checkHeaderBackup()
        } catch {
            throw .backup(error)
        }
        let isOpened: Bool
        do {
            isOpened = try records.opens(.backup, with: key)
        } catch {
            throw .encryption(error)
        }
        if !isOpened { throw .keyDoesNotOpen }
    }

    /// Keeps the header that is there: it may be newer than the backup, when another program changed its keys.
    private func keepHeader(
        of container: LUKSContainer,
        _ partition: borrowing Descriptor
    ) throws(Reason) -> Former {
        guard let uuid = try uuid(of: container) else { return .damaged }
        // The last look: it may have been put there since the inspection.
        if uuid.lowercased() != identity.luksUUID { throw .foreignContents(["crypto_LUKS"]) }
        do throws(SystemError) {
            if try records.backupEqualsHeader(on: partition) { return .replaced }
        } catch {
            // What cannot be read is damaged, and cannot be kept.
            if error.errno == .ioError { return .replaced }
            throw .system(error)
        }
        do {
            return .kept(try HeaderBackup(luksUUID: luksUUID, in: layout).keep(container))
        } catch {
            throw .notKept(error)
        }
    }

    /// The UUID of the header that is there; nil when it is damaged.
    private func uuid(of container: LUKSContainer) throws(Reason) -> String? {
        do {
            return try container.uuid()
        } catch {
            switch error.errno {
            case .invalidArgument, .ioError: return nil
            default: throw .encryption(error)
            }
        }
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
        case .partitioned([]): "it is a whole disk with an empty partition table"
        case .partitioned(let partitions):
            "it is a whole disk, and the drive is one of its partitions: "
                + partitions.map(\.description).joined(separator: ", ")
        case .misplaced(let start, let drive):
            "it begins at byte \(start) of the disk, and the drive at byte \(drive.start)"
        case .diskChanged: PreparationError.Reason.diskChanged.description
        case .otherDisk(let serial):
            "its disk has \(serial.map { "the serial number \(FileName($0))" } ?? "no serial number"), "
                + "which is not the drive's"
        case .refused(let refusals): refusals.map(\.description).joined(separator: "; ")
        case .foreignContents(let types): "it holds something else: \(types.joined(separator: ", "))"
        case .backup: "the backup of the header cannot be used"
        case .keyDoesNotOpen: "the key does not open the backup of the header"
        case .system(let error): error.description
        case .encryption(let error): error.description
        case .notKept(let reason): "the header that is there could not be kept: \(reason)"
        }
    }
}
