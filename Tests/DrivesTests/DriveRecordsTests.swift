import LinuxSystem
import Testing

@testable import Drives

/// A container in an image, and what a machine keeps of it.
struct KeptDrive: ~Copyable {
    let folder: TemporaryFolder
    let layout: HostLayout
    let container: LUKSContainer
    let records: DriveRecords
    let header: FileName
    let luksUUID: String
    let keySlot: Int32

    /// How the drive came to the machine.
    enum Origin {
        case prepared
        /// With the passphrase `oldPassphrase` in slot 0, and another machine's key in slot 1.
        case adopted
    }

    static let oldPassphrase = "words of old"

    init(_ origin: Origin = .prepared) throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        let (uuid, slot) = try Self.fill(container, origin, key)
        let name = try driveName("red")
        try KeyFile(of: name, in: layout).write(key)
        _ = try HeaderBackup(luksUUID: uuid, in: layout).save(container, slot: slot, key: key)
        self.folder = folder
        self.layout = layout
        self.container = container
        luksUUID = uuid
        records = DriveRecords(of: name, luksUUID: uuid, keySlot: slot, in: layout)
        keySlot = slot
        header = layout.headerBackup(luksUUID: uuid)
    }

    private static func fill(
        _ container: LUKSContainer,
        _ origin: Origin,
        _ key: borrowing SecretBytes
    ) throws -> (uuid: String, keySlot: Int32) {
        let cost = PassphraseCost(machineMemoryBytes: 0)
        switch origin {
        case .prepared:
            return (try container.format(label: "red", key: key, passphrase: nil, cost: cost), 0)
        case .adopted:
            let old = secret(oldPassphrase)
            let uuid = try container.format(label: "red", key: old, passphrase: nil, cost: cost)
            _ = try container.add(SecretBytes(randomCount: 64), provenBy: old)
            try container.markAsPassphrase(slot: 0)
            return (uuid, try container.add(key, provenBy: old))
        }
    }

    /// The container as a plugged drive.
    var device: BlockDevice {
        BlockDevice(
            node: container.path,
            number: DeviceNumber(major: 8, minor: 17),
            diskNode: container.path,
            partition: 1,
            diskSequence: 1,
            serial: nil,
            size: 32 << 20,
            bus: .other,
            luksUUID: nil,
            sysfsPath: "/sys"
        )
    }

    func damage(_ path: FileName, at offset: Int64) throws {
        let file = try Descriptor.open(path, .readWrite)
        try file.write([0x55, 0xaa, 0x55, 0xaa], at: offset)
    }
}

@Suite("What a machine keeps of a drive")
struct DriveRecordsTests {
    @Test("is right after a preparation: the key opens drive and backup, and both headers are the same")
    func right() throws {
        let bench = try KeptDrive()
        let key = try bench.records.key()
        let device = bench.device
        #expect(try bench.records.opens(.backup, with: key))
        #expect(try bench.records.opens(.drive(device), with: key))
        #expect(try bench.records.backupEqualsHeader(of: device))
        try bench.records.checkHeaderBackup()
    }

    @Test("tells a backup that is not the drive's header any more")
    func changedHeader() throws {
        let bench = try KeptDrive()
        try bench.damage(bench.container.path, at: 40_000)
        #expect(try !bench.records.backupEqualsHeader(of: bench.device))
        try bench.records.checkHeaderBackup()
    }

    @Test("tells a backup whose bytes changed")
    func damagedBackup() throws {
        let bench = try KeptDrive()
        try bench.damage(bench.header, at: 300_000)
        #expect(throws: DriveRecords.HeaderFault.damaged) { try bench.records.checkHeaderBackup() }
    }

    @Test("tells a backup without its sum, one that others can read, and one that is gone")
    func incompleteBackup() throws {
        let bench = try KeptDrive()
        try run("/bin/chmod", "0644", bench.header)
        #expect(throws: DriveRecords.HeaderFault.openToOthers) { try bench.records.checkHeaderBackup() }
        try run("/bin/rm", bench.header.appendingSuffix(".sha256"))
        #expect(throws: DriveRecords.HeaderFault.digestMissing) { try bench.records.checkHeaderBackup() }
        try run("/bin/rm", bench.header)
        #expect(throws: DriveRecords.HeaderFault.missing) { try bench.records.checkHeaderBackup() }
    }

    @Test("tells a backup that is the header of another drive")
    func foreignBackup() throws {
        let bench = try KeptDrive()
        let other = DriveRecords(
            of: try driveName("blue"),
            luksUUID: "00000000-0000-4000-8000-000000000000",
            keySlot: 0,
            in: bench.layout
        )
        let path = bench.layout.headerBackup(luksUUID: "00000000-0000-4000-8000-000000000000")
        try run("/bin/cp", bench.header, path)
        try run("/bin/cp", bench.header.appendingSuffix(".sha256"), path.appendingSuffix(".sha256"))
        #expect {
            try other.checkHeaderBackup()
        } throws: { error in
            guard case .foreign? = error as? DriveRecords.HeaderFault else { return false }
            return true
        }
    }

    @Test("tells a key that does not open the drive")
    func otherKey() throws {
        let bench = try KeptDrive()
        #expect(try !bench.records.opens(.backup, with: SecretBytes(randomCount: 64)))
    }

    @Test("tells whether the link is there that starts the agent")
    func link() throws {
        let bench = try KeptDrive()
        #expect {
            try bench.records.checkUnitLink()
        } throws: { error in
            guard case .missing? = error as? DriveRecords.LinkFault else { return false }
            return true
        }
    }
}
