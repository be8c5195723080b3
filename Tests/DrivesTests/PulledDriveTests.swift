import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

extension Trait where Self == ConditionTrait {
    /// For tests that pull a disk: they need root, cryptsetup(8) and the kernel module scsi_debug, loaded.
    static var pullsDisks: Self {
        .enabled(
            if: geteuid() == 0 && access("/sbin/cryptsetup", X_OK) == 0
                && access("/sys/bus/pseudo/drivers/scsi_debug/add_host", W_OK) == 0,
            "NOT TESTED: pulling a disk needs root, cryptsetup and the module scsi_debug"
        )
    }
}

/// A disk in memory that can be pulled.
private struct PullableDisk {
    let name: FileName
    var node: FileName { FileName("/dev").appending(name) }

    static func plugIn() throws -> PullableDisk {
        let before = Sysfs.names(in: "/sys/block")
        try Descriptor.open("/sys/bus/pseudo/drivers/scsi_debug/add_host", .write).writeAll(Array("1".utf8))
        for _ in 0..<500 {
            let names = Sysfs.names(in: "/sys/block").filter { !before.contains($0) }
            if let name = names.first(where: { $0.bytes.starts(with: "sd".utf8) }),
                try DriveFinder.device(at: FileName("/dev").appending(name)).size > 0
            {
                return PullableDisk(name: name)
            }
            Thread.sleep(for: .milliseconds(10))
        }
        throw SystemError(call: "add_host", errno: .timedOut)
    }

    func pull() throws {
        let file = FileName("/sys/block").appending(name).appending("device/delete")
        try Descriptor.open(file, [.write, .followLink]).writeAll(Array("1".utf8))
    }
}

@Suite("A disk", .pullsDisks, .serialized)
struct PulledDriveTests {
    private func mount(_ drive: borrowing LUKSDrive) throws -> MountedVolume {
        let mounted = try LockedDrive.claim(drive.identity, operations: drive.operations)
            .unlock(key: drive.key()).mount(at: drive.place)
        let file = try mounted.root.open("file", [.write, .create])
        try file.writeAll([UInt8](repeating: 7, count: 1 << 20))
        return mounted
    }

    @Test("takes the commands to write its cache and to stop")
    func commands() throws {
        let disk = try PullableDisk.plugIn()
        let device = try DriveFinder.device(at: disk.node)
        let operations = LinuxDriveOperations()
        try operations.flush(device)
        try operations.send(.synchronizeCache, to: device)
        try operations.send(.stopUnit, to: device)
        try disk.pull()
        #expect(!operations.isPresent(diskSequence: device.diskSequence))
        #expect(throws: SystemError.self) { try operations.flush(device) }
    }

    @Test("pulled in mid-write is gone for the sync, and everything can be closed")
    func sync() throws {
        let disk = try PullableDisk.plugIn()
        let drive = try LUKSDrive.on(disk.node)
        let mounted = try mount(drive)
        try disk.pull()
        do {
            try mounted.sync()
            Issue.record("the sync succeeded")
        } catch {
            #expect(error.reason == .gone(during: .sync))
        }
        let abandonment = mounted.abandon()
        #expect(abandonment.leftOpen == [])
        #expect(try !drive.operations.mappings().contains(drive.mapping))
        #expect(try !MountTable.current().isMountPoint(drive.place))
    }

    @Test("pulled in mid-write is gone for the unmount, which closes everything")
    func unmount() throws {
        let disk = try PullableDisk.plugIn()
        let drive = try LUKSDrive.on(disk.node)
        let mounted = try mount(drive)
        try disk.pull()
        do {
            _ = try mounted.unmount()
            Issue.record("the unmount succeeded")
        } catch {
            #expect(error == DriveError(drive: drive.identity.name, reason: .gone(during: .unmount)))
        }
        #expect(try !drive.operations.mappings().contains(drive.mapping))
    }

    @Test("pulled with an open file is let go by the kernel, and its mapping closes with the file")
    func openFile() throws {
        let disk = try PullableDisk.plugIn()
        let drive = try LUKSDrive.on(disk.node)
        let mounted = try mount(drive)
        let file = try mounted.root.open("file", .read)
        try disk.pull()
        let abandonment = mounted.abandon()
        #expect(abandonment.leftOpen.contains { $0.thing == .mapping(drive.mapping) })
        #expect(try SysfsDisks.mapping(named: drive.mapping)?.underlying.isEmpty == true)
        try file.close()
        let isClosed = try drive.isClosedSoon()
        #expect(isClosed)
    }

    @Test("pulled, with its run killed, leaves nothing open after the cleaning")
    func leftovers() throws {
        let disk = try PullableDisk.plugIn()
        let drive = try LUKSDrive.on(disk.node)
        let operations = drive.operations
        try operations.activate(
            drive.mapping,
            on: drive.device,
            identity: drive.identity,
            key: drive.key(),
            access: .writing
        )
        try operations.mount(drive.mapping, at: drive.place, .ext4, .writing)
        try disk.pull()
        let absent = LinuxDriveOperations { (_) throws(SystemError) in [] }
        #expect(DriveLeftovers.settle(drive.identity, power: .off, operations: absent) == .absent)
        #expect(try !operations.mappings().contains(drive.mapping))
    }
}
