import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// A drive on a loop device, and what the machine keeps of it.
private struct Bench: ~Copyable {
    let disk: PartitionedLoop
    let luksUUID: String
    let key: SecretBytes

    init() throws {
        let disk = try PartitionedLoop()
        let key = try SecretBytes(randomCount: 64)
        let cost = PassphraseCost(machineMemoryBytes: 0)
        let uuid = try disk.container.format(label: "red", key: key, passphrase: nil, cost: cost)
        _ = try HeaderBackup(luksUUID: uuid, in: disk.layout).save(disk.container, key: key)
        self.disk = disk
        luksUUID = uuid
        self.key = key
    }

    var container: LUKSContainer { disk.container }
    var layout: HostLayout { disk.layout }

    func identity(serial: String? = nil) throws -> DriveIdentity {
        DriveIdentity(
            name: try driveName("red"),
            luksUUID: luksUUID,
            serial: serial,
            keySlot: 0,
            fileSystem: .ext4
        )
    }

    func restoration(
        serial: String? = nil,
        extent: DiskExtent? = nil,
        to path: FileName? = nil
    ) throws -> HeaderRestoration {
        try HeaderRestoration(
            of: identity(serial: serial),
            luksUUID: luksUUID,
            extent: extent,
            to: path ?? container.path,
            in: layout
        )
    }

    /// Loses both headers.
    func destroyHeader() throws {
        let partition = try Descriptor.open(container.path, .readWrite)
        try partition.write([UInt8](repeating: 0, count: 4 << 20), at: 0)
        try partition.sync()
    }
}

@Suite("Putting a LUKS header back", .needsLoopDevices, .serialized)
struct HeaderRestorationTests {
    private func reason(_ body: () throws -> Void) -> HeaderRestoration.Reason? {
        do {
            try body()
            return nil
        } catch {
            return error as? HeaderRestoration.Reason
        }
    }

    @Test("opens a drive whose header was lost")
    func restores() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        #expect(throws: CryptError.self) { try bench.container.opens(slot: 0, with: bench.key) }
        #expect(try bench.restoration().perform(key: bench.key) == .damaged)
        #expect(try bench.container.opens(slot: 0, with: bench.key))
    }

    @Test("keeps each header that was whole and another one, and none that is the backup's")
    func keepsHeader() throws {
        let bench = try Bench()
        let headers = bench.layout.headerFolder
        let old = bench.layout.headerBackup(luksUUID: bench.luksUUID)
        #expect(try bench.restoration().perform(key: bench.key) == .replaced)
        for (suffix, passphrase) in [(".before-restore", "newer"), (".before-restore-2", "newest")] {
            let slot = try bench.container.add(secret(passphrase), provenBy: bench.key)
            let kept = old.appendingSuffix(suffix)
            #expect(try bench.restoration().perform(key: bench.key) == .kept(kept))
            #expect(try Descriptor.open(kept, .read).nodeStatus().permissions == 0o400)
            #expect(try LUKSContainer(path: kept).opens(slot: slot, with: secret(passphrase)))
            #expect(try !bench.container.isUsed(slot: slot))
        }
        try DriveRecords(of: driveName("red"), luksUUID: bench.luksUUID, keySlot: 0, in: bench.layout)
            .removeHeaderBackup()
        #expect(try Descriptor.open(headers, .directory).entryNames() == [])
    }

    @Test(
        "writes nothing when the header that is there cannot be kept for good",
        arguments: ["fsync", "renameat2"]
    )
    func notKept(call: String) throws {
        let bench = try Bench()
        let slot = try bench.container.add(secret("newer"), provenBy: bench.key)
        let restoration = try bench.restoration()
        let plan = FaultPlan { $0.name == call ? .fail(.noSpace) : .proceed }
        guard case .notKept? = reason({ try plan.run { _ = try restoration.perform(key: bench.key) } }) else {
            Issue.record("it must be refused")
            return
        }
        #expect(try bench.container.opens(slot: slot, with: secret("newer")))
    }

    @Test("is refused when another disk has the name by then, and that is not written to")
    func swapped() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        let restoration = try bench.restoration()
        let path = bench.disk.loop.path
        let image = try bench.disk.folder.makeImage("other.img", byteCount: 448 << 20)
        let other = try Descriptor.open(image, .readWrite)
        let bytes = try PartitionTable.writeSingle(on: other, path: image, name: "drive")
        try run("/usr/sbin/losetup", "--detach", path)
        try run("/usr/sbin/losetup", "--partscan", path, image)
        try bench.disk.loop.open(.readWrite).addPartition(1, at: bytes)
        #expect(reason { _ = try restoration.perform(key: bench.key) } == .diskChanged)
        #expect(try other.read(4096, at: bytes.lowerBound).allSatisfy { $0 == 0 })
        #expect(try bench.restoration().perform(key: bench.key) == .damaged, "when it was shown")
    }

    @Test("is refused when something else came to lie there while a person typed")
    func filled() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        let restoration = try bench.restoration()
        try run("/usr/sbin/mkfs.ext4", "-q", "-F", bench.container.path)
        #expect(reason { _ = try restoration.perform(key: bench.key) } == .foreignContents(["ext4"]))
    }

    @Test("is refused where the second copy of another drive's header is left")
    func secondCopy() throws {
        let bench = try Bench()
        let cost = PassphraseCost(machineMemoryBytes: 0)
        _ = try bench.container.format(label: "blue", key: secret("key"), passphrase: nil, cost: cost)
        let partition = try Descriptor.open(bench.container.path, .readWrite)
        try partition.write([UInt8](repeating: 0, count: 4096), at: 0)
        try partition.sync()
        #expect(reason { _ = try bench.restoration() } == .foreignContents(["crypto_LUKS"]))
        #expect(try bench.container.opens(slot: 0, with: secret("key")))
    }

    @Test("is refused on a disk that has partitions, or a table of them, and names those")
    func wholeDisk() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        let disk = bench.disk.loop.path
        let refusal = HeaderRestoration.Reason.partitioned([bench.container.path])
        #expect(reason { _ = try bench.restoration(to: disk) } == refusal)
        #expect(refusal.description.hasSuffix(bench.container.path.description))
        // The table is lost, but the kernel knows the partition still.
        try SignatureProbe(bench.disk.loop.open(.readWrite)).wipe()
        #expect(reason { _ = try bench.restoration(to: disk) } == refusal)
        let whole = try ScannedLoop(bench.disk.folder.makeImage("whole.img", byteCount: 448 << 20))
        #expect(try bench.restoration(to: whole.path).partition == whole.path)
    }

    @Test("is refused where the drive did not begin, as on a disk that lost its partition table")
    func misplaced() throws {
        let bench = try Bench()
        #expect(
            try bench.restoration(extent: DiskExtent(start: 7 << 20, size: 1)).partition
                == bench.container.path
        )
        try bench.destroyHeader()
        let extent = DiskExtent(start: 1 << 20, size: 400 << 20)
        #expect(try bench.restoration(extent: extent).partition == bench.container.path)
        let disk = try bench.disk.loop.open(.readWrite)
        try SignatureProbe(disk).wipe()
        try disk.deletePartition(1)
        let path = bench.disk.loop.path
        let refusal = HeaderRestoration.Reason.misplaced(start: 0, drive: extent)
        #expect(reason { _ = try bench.restoration(extent: extent, to: path) } == refusal)
        #expect(try bench.restoration(extent: DiskExtent(start: 0, size: 1), to: path).partition == path)
        try disk.addPartition(1, at: 2 << 20..<400 << 20)
        #expect(
            reason { _ = try bench.restoration(extent: extent) } == .misplaced(start: 2 << 20, drive: extent)
        )
    }

    @Test("says of a whole disk with something else on it what that is, not where the drive began")
    func otherWholeDisk() throws {
        let bench = try Bench()
        let image = try bench.disk.folder.makeImage("whole.img", byteCount: 448 << 20)
        try run("/usr/sbin/mkfs.ext4", "-q", "-F", image)
        let whole = try ScannedLoop(image)
        let extent = DiskExtent(start: 1 << 20, size: 400 << 20)
        #expect(
            reason { _ = try bench.restoration(extent: extent, to: whole.path) } == .foreignContents(["ext4"])
        )
    }

    @Test("is refused on a disk with another serial number")
    func serial() throws {
        let bench = try Bench()
        #expect(reason { _ = try bench.restoration(serial: "WX12") } == .otherDisk(serial: nil))
    }

    @Test("is refused where something else lies")
    func foreign() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        try run("/usr/sbin/mkfs.ext4", "-q", "-F", bench.container.path)
        #expect(reason { _ = try bench.restoration() } == .foreignContents(["ext4"]))
    }

    @Test("is refused on what is no block device")
    func noDevice() throws {
        let bench = try Bench()
        let file = bench.disk.folder.path.appending("disk.img")
        #expect(reason { _ = try bench.restoration(to: file) } == .noBlockDevice)
    }

    @Test("is refused with a damaged backup, or one that the key does not open, before anything is written")
    func backup() throws {
        let bench = try Bench()
        try bench.destroyHeader()
        let restoration = try bench.restoration()
        let other = try SecretBytes(randomCount: 64)
        #expect(reason { _ = try restoration.perform(key: other) } == .keyDoesNotOpen)
        let file = try Descriptor.open(bench.layout.headerBackup(luksUUID: bench.luksUUID), .readWrite)
        try file.write([1, 2, 3], at: 100_000)
        #expect(reason { _ = try restoration.perform(key: bench.key) } == .backup(.damaged))
        let partition = try Descriptor.open(bench.container.path, .read)
        #expect(try partition.read(4096, at: 0).allSatisfy { $0 == 0 })
    }
}
