import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// What stands against a disk, beside that it is a loop device and built in.
private func refusals(_ path: FileName) throws -> [DiskRefusal] {
    try DiskInspection.inspect(path).refusals(under: .anyDisk)
}

@Suite("Inspecting a disk", .needsLoopDevices, .serialized)
struct PreparationInspectionTests {
    private static let size = 128 << 20

    @Test("finds nothing against an empty one but that it is built in")
    func empty() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        let disk = try DiskInspection.inspect(loop.path)
        #expect(disk.refusals == [.notRemovable(bus: .loop)])
        #expect(disk.refusals(under: .anyDisk).isEmpty)
        #expect(disk.refusals(under: .onlyRemovable) == [.notRemovable(bus: .loop)])
        #expect(disk.devicePath == loop.path)
        #expect(disk.sizeBytes == UInt64(Self.size))
        #expect(disk.diskSequence != nil)
        #expect(disk.contents.isEmpty && disk.partitions.isEmpty && disk.partitionTable == nil)
    }

    @Test("follows a link, and sees partitions with what is on them")
    func partitions() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        let bytes = try PartitionTable.writeSingle(on: loop.open(.readWrite), path: loop.path, name: "old")
        try loop.open(.readWrite).addPartition(1, at: bytes)
        let partition = loop.path.partitionPath(1)
        try run("/usr/sbin/mkfs.ext4", "-q", "-L", "photos", partition)
        let link = folder.path.appending("link")
        try folder.open().createSymbolicLink("link", target: loop.path)
        let disk = try DiskInspection.inspect(link)
        #expect(disk.devicePath == loop.path)
        #expect(disk.partitionTable == "gpt")
        #expect(disk.partitions.map(\.number) == [1])
        #expect(disk.partitions.first?.name == "old")
        #expect(disk.partitions.first?.contents.first?.type == "ext4")
        #expect(disk.partitions.first?.contents.first?.label == "photos")
        #expect(disk.refusals(under: .anyDisk).isEmpty)
        #expect(try refusals(partition).first == .partition(of: loop.path))
    }

    @Test("refuses one with a mounted partition, and names the place")
    func mounted() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        let bytes = try PartitionTable.writeSingle(on: loop.open(.readWrite), path: loop.path, name: "old")
        try loop.open(.readWrite).addPartition(1, at: bytes)
        let partition = loop.path.partitionPath(1)
        try run("/usr/sbin/mkfs.ext4", "-q", partition)
        let place = folder.path.appending("a place")
        try run("/bin/mkdir", place)
        try run("/bin/mount", partition, place)
        defer { _ = try? run("/bin/umount", "-l", place) }
        #expect(try refusals(loop.path) == [.mounted(device: partition, at: place)])
    }

    @Test("refuses one with a mounted btrfs, whose mount has no device's number")
    func mountedBtrfs() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("a.img", byteCount: 256 << 20))
        let second = try ScannedLoop(try folder.makeImage("b.img", byteCount: 256 << 20))
        try run("/usr/sbin/mkfs.btrfs", "-q", "-d", "raid1", "-m", "raid1", loop.path, second.path)
        let place = folder.path.appending("place")
        try run("/bin/mkdir", place)
        try run("/bin/mount", "-o", FileName("device=\(second.pathText)"), loop.path, place)
        defer { _ = try? run("/bin/umount", "-l", place) }
        #expect(try refusals(loop.path) == [.mounted(device: loop.path, at: place)])
        #expect(try refusals(second.path) == [.mounted(device: second.path, at: place)])
    }

    @Test("refuses swap space")
    func swap() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        try run("/usr/sbin/mkswap", loop.path)
        try run("/usr/sbin/swapon", loop.path)
        defer { _ = try? run("/usr/sbin/swapoff", loop.path) }
        #expect(try refusals(loop.path) == [.swap(device: loop.path)])
    }

    @Test("refuses the running system's disk")
    func system() throws {
        let root = try #require(try MountTable.current().entries.last { $0.target == "/" })
        let number = try #require(root.blockDevices(btrfsGroups: try BlockTopology().btrfsGroups()).first)
        let topology = BlockTopology()
        let foundations = try topology.foundations(of: topology.device(number))
        let disk = try #require(foundations.last)
        let found = try DiskInspection.uses(of: disk, topology)
        #expect(found.contains(.systemDisk(mountPoint: "/")))
        #expect(found.contains { if case .mounted(_, "/") = $0 { true } else { false } })
    }

    @Test("refuses members of a volume group or RAID, on the disk or on a partition")
    func members() throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        let disk = try loop.open(.readWrite)
        try disk.write(LVMLabel.bytes, at: 512)
        try disk.sync()
        #expect(try refusals(loop.path) == [.member(device: loop.path, type: "LVM2_member")])
        try SignatureProbe(disk).wipe()
        let bytes = try PartitionTable.writeSingle(on: disk, path: loop.path, name: "old")
        try disk.write(RAIDSuperblock.bytes, at: bytes.lowerBound + RAIDSuperblock.offset)
        try disk.sync()
        let partition = loop.path.partitionPath(1)
        #expect(try refusals(loop.path) == [.member(device: partition, type: "linux_raid_member")])
    }

    @Test("refuses one that is a drive of this machine, whatever the case of its UUID")
    func drive() throws {
        let disk = try PartitionedLoop()
        let cost = PassphraseCost(machineMemoryBytes: 0)
        let uuid = try disk.container.format(label: "red", key: secret("key"), passphrase: nil, cost: cost)
        var description = try DiskInspection.inspect(disk.loop.path)
        description.refuse(ifOneOf: OwnDrives([try identity("blue", Self.otherUUID, serial: nil)]))
        #expect(description.refusals(under: .anyDisk) == [])
        let red = try identity("red", uuid.uppercased(), serial: "WX12")
        description.serial = "WX12"
        description.refuse(ifOneOf: OwnDrives([red]))
        #expect(description.refusals(under: .anyDisk) == [.drive(red.name)])
    }

    private static let otherUUID = "11111111-1111-1111-1111-111111111111"

    private func identity(_ name: String, _ luksUUID: String, serial: String?) throws -> DriveIdentity {
        DriveIdentity(
            name: try driveName(name),
            luksUUID: luksUUID,
            serial: serial,
            keySlot: 0,
            fileSystem: .ext4
        )
    }

    @Test(
        "refuses one that only its serial number shows to be a drive of this machine, unless several have that number",
        arguments: [
            ("WX12", ["WX12", "WX13"], true), ("WX12", ["WX12", nil], true),
            ("WX12", ["WX12", "WX12"], false),
            ("WX14", ["WX12", "WX13"], false), ("", ["", "WX12"], false), (" ", [" ", "WX12"], false),
            (nil, [nil, "WX12"], false),
        ] as [(String?, [String?], Bool)]
    )
    func serial(disk: String?, drives: [String?], isRefused: Bool) throws {
        let folder = try TemporaryFolder()
        let loop = try ScannedLoop(try folder.makeImage("disk.img", byteCount: Self.size))
        var description = try DiskInspection.inspect(loop.path)
        description.serial = disk
        let uuids = [Self.otherUUID, "22222222-2222-2222-2222-222222222222"]
        let red = try identity("red", uuids[0], serial: drives[0])
        let known = OwnDrives([red, try identity("blue", uuids[1], serial: drives[1])])
        description.refuse(ifOneOf: known)
        #expect(description.refusals(under: .anyDisk) == (isRefused ? [.serialOfDrive(red.name)] : []))
    }

    @Test("refuses by its serial number also a drive that is just renamed, and has two names")
    func renamed() throws {
        let drives = try ["blue", "red"].map { try identity($0, Self.otherUUID, serial: "WX12") }
        #expect(OwnDrives(drives).name(serial: "WX12") == drives[0].name)
    }

    @Test("refuses one that a program has for itself, that is read-only, or too small")
    func properties() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: Self.size)
        do {
            let loop = try ScannedLoop(image)
            let other = try loop.open([.read, .exclusive])
            #expect(try refusals(loop.path) == [.inUse])
            try other.close()
            #expect(try refusals(loop.path).isEmpty)
        }
        do {
            let loop = try ScannedLoop(image, ["--read-only"])
            #expect(try refusals(loop.path) == [.readOnly])
        }
        let small = try ScannedLoop(try folder.makeImage("small.img", byteCount: 63 << 20))
        #expect(try refusals(small.path) == [.tooSmall(sizeBytes: 63 << 20, minimumBytes: 64 << 20)])
    }

    @Test("refuses what is no block device", arguments: ["/dev/null", "/etc/passwd", "/tmp"])
    func foreign(_ path: String) throws {
        #expect(try DiskInspection.inspect(FileName(path)).refusals == [.notABlockDevice])
    }

    @Test("says when there is nothing")
    func missing() {
        do {
            _ = try DiskInspection.inspect("/dev/no-such-disk")
            Issue.record("it does not exist")
        } catch {
            #expect(error.description.contains("/dev/no-such-disk"))
        }
    }
}

extension ScannedLoop {
    var pathText: String { String(decoding: path.bytes, as: UTF8.self) }
}
