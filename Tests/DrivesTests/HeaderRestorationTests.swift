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

    func restoration(serial: String? = nil, to path: FileName? = nil) throws -> HeaderRestoration {
        try HeaderRestoration(
            of: identity(serial: serial),
            luksUUID: luksUUID,
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
        try bench.restoration().perform(key: bench.key)
        #expect(try bench.container.opens(slot: 0, with: bench.key))
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
        #expect(reason { try restoration.perform(key: other) } == .keyDoesNotOpen)
        let file = try Descriptor.open(bench.layout.headerBackup(luksUUID: bench.luksUUID), .readWrite)
        try file.write([1, 2, 3], at: 100_000)
        #expect(reason { try restoration.perform(key: bench.key) } == .backup(.damaged))
        let partition = try Descriptor.open(bench.container.path, .read)
        #expect(try partition.read(4096, at: 0).allSatisfy { $0 == 0 })
    }
}
