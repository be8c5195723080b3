import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

extension Trait where Self == ConditionTrait {
    /// For tests that open LUKS: they need root, loop devices, device-mapper and cryptsetup(8).
    static var opensLUKS: Self {
        .enabled(if: canOpenLUKS, "NOT TESTED: opening LUKS needs root, device-mapper and cryptsetup")
    }
}

private let canOpenLUKS =
    geteuid() == 0 && access("/sbin/cryptsetup", X_OK) == 0
    && Sysfs.text("/proc/misc")?.contains("device-mapper") == true

@Suite("A LUKS drive on a loop device", .opensLUKS, .serialized)
struct DeviceMapperTests {
    @Test("goes all the way, and holds what was written when it is opened again")
    func roundTrip() throws {
        let drive = try LUKSDrive.onLoopDevice()
        let operations = drive.operations
        for round in 0..<2 {
            let locked = try LockedDrive.claim(drive.identity, operations: operations)
            let unlocked = try locked.unlock(key: drive.key())
            #expect(try operations.mappings().contains(drive.mapping))
            #expect(throws: SystemError.self) { try operations.flush(drive.device) }
            let mounted = try unlocked.mount(at: drive.place)
            #expect(try operations.mountPoints(of: drive.mapping) == [drive.place])
            if round == 0 {
                try mounted.root.replaceFile("file", with: Array("contents".utf8), mode: 0o600)
            } else {
                let bytes = try mounted.root.open("file", .read).readAll(limit: 100)
                #expect(bytes == Array("contents".utf8))
            }
            try mounted.sync()
            let released = try mounted.unmount().lock().release(.off)
            let power = released.power
            #expect(power == .left)
            #expect(try !operations.mappings().contains(drive.mapping))
            #expect(try !MountTable.current().isMountPoint(drive.place))
        }
    }

    @Test("does not open with another key, nor with another drive's record")
    func wrongKey() throws {
        let drive = try LUKSDrive.onLoopDevice()
        let locked = try LockedDrive.claim(drive.identity, operations: drive.operations)
        do {
            _ = try locked.unlock(key: SecretBytes(randomCount: 64))
            Issue.record("it opened")
        } catch let error as DriveError {
            #expect(error == DriveError(drive: drive.identity.name, reason: .wrongKey))
        }
        let other = DriveIdentity(
            name: drive.identity.name,
            luksUUID: BlockDevice.exampleUUID,
            serial: nil,
            keySlot: 0,
            fileSystem: .ext4
        )
        do {
            _ = try LockedDrive.claim(other, operations: drive.operations).unlock(key: drive.key())
            Issue.record("it opened")
        } catch let error as DriveError {
            guard case .unlockRefused(let refusal) = error.reason else { throw error }
            #expect(refusal.message == "another LUKS header")
        }
        #expect(try !drive.operations.mappings().contains(drive.mapping))
    }

    @Test("with an open file is not closed, names the holder, and closes with the file")
    func busy() throws {
        let drive = try LUKSDrive.onLoopDevice()
        let mounted = try LockedDrive.claim(drive.identity, operations: drive.operations)
            .unlock(key: drive.key()).mount(at: drive.place)
        let file = try mounted.root.open("file", [.write, .create])
        do {
            _ = try mounted.unmount()
            Issue.record("it was unmounted")
        } catch {
            #expect(!error.isClosed)
            let use = Holder.Use.openFile(drive.place.appending("file"))
            #expect(error.leftOpen.flatMap(\.holders).contains { $0.use == use && $0.processID == getpid() })
        }
        try file.close()
        let isClosed = try drive.isClosedSoon()
        #expect(isClosed)
    }

    @Test("that a killed run left open is closed and released", arguments: [false, true])
    func leftovers(isMounted: Bool) throws {
        let drive = try LUKSDrive.onLoopDevice()
        let operations = drive.operations
        let key = try drive.key()
        try operations.activate(
            drive.mapping,
            on: drive.device,
            identity: drive.identity,
            key: key,
            access: .writing
        )
        if isMounted { try operations.mount(drive.mapping, at: drive.place, .ext4, .writing) }
        #expect(throws: DriveError.self) {
            _ = try LockedDrive.claim(drive.identity, operations: operations)
        }
        let outcome = DriveLeftovers.settle(drive.identity, power: .off, operations: operations)
        #expect(outcome == .released(.left, warnings: []))
        #expect(try !operations.mappings().contains(drive.mapping))
    }
}
