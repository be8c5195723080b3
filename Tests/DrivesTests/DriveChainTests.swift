import Drives
import LinuxSystem
import SystemPackage
import Testing

/// The whole way on a fake kernel. What it ends with: nothing, or the power and the warnings, or the error.
private func walk(
    _ operations: RecordingDriveOperations,
    power: PowerRequest = .off
) throws -> Result<[String], DriveError> {
    let folder = try TemporaryFolder()
    let key = try SecretBytes(randomCount: 16)
    let identity = try DriveIdentity.example()
    do throws(DriveError) {
        let locked = try LockedDrive.claim(identity, operations: operations)
        let mounted = try locked.unlock(key: key).mount(at: folder.path)
        try mounted.sync()
        let released = try mounted.unmount().lock().release(power)
        return .success(["\(released.power)"] + released.warnings.map(\.description))
    } catch {
        return .failure(error)
    }
}

private let upToMount = ["candidates", "pin", "recheck", "activate", "check", "mount"]
private let upToSync = upToMount + ["open root ×2", "sync"]
private let upToUnmount = upToMount + ["open root ×2", "sync ×2"]
private let powerDown = ["send synchronizeCache", "send stopUnit", "power off"]

@Suite("The way of a drive")
struct DriveChainTests {
    @Test("that goes well asks for everything once, in order, and powers off last")
    func success() throws {
        let operations = RecordingDriveOperations()
        #expect(try walk(operations) == .success(["off"]))
        #expect(operations.calls == upToUnmount + ["unmount", "deactivate", "flush"] + powerDown)
    }

    struct FailingStep: CustomTestStringConvertible {
        var fault: RecordingDriveOperations.Fault
        /// What is asked until then, and after it.
        var calls: [String]
        /// The reason, as people see it.
        var reason: String
        /// What stays open.
        var leftOpen: [Leftover.Thing] = []

        var testDescription: String {
            "\(fault.call): \(fault.errno)\(fault.vanishes ? ", drive gone" : "")"
        }
    }

    static let mapping = Leftover.Thing.mapping("extbackup-red-7")

    static let beforeMounting = [
        // udev cannot be asked.
        FailingStep(
            fault: .init(call: "candidates", errno: .permissionDenied),
            calls: ["candidates"],
            reason: "looking for the drive failed: permission denied (candidates)"
        ),
        // Pulled between being found and being pinned.
        FailingStep(
            fault: .init(call: "pin", errno: .noSuchAddressOrDevice, vanishes: true),
            calls: ["candidates", "pin"],
            reason: "the drive vanished (claim)"
        ),
        // Another disk took its place.
        FailingStep(
            fault: .init(call: "recheck", errno: .staleNFSFileHandle),
            calls: ["candidates", "pin", "recheck"],
            reason: "the drive vanished (unlock)"
        ),
        FailingStep(
            fault: .init(call: "activate", errno: .notPermitted),
            calls: ["candidates", "pin", "recheck", "activate"],
            reason: "the key does not open the drive"
        ),
        // A damaged header.
        FailingStep(
            fault: .init(call: "activate", errno: .invalidArgument),
            calls: ["candidates", "pin", "recheck", "activate"],
            reason: "the drive cannot be opened: invalid argument (activate)"
        ),
        // The mapping of an earlier run: not ours to close.
        FailingStep(
            fault: .init(call: "activate", errno: .fileExists),
            calls: ["candidates", "pin", "recheck", "activate"],
            reason: "'/dev/sdx1' (serial 'S1') is in use; \(Holder.borg)",
            leftOpen: [mapping]
        ),
        // Pulled while the key is tried.
        FailingStep(
            fault: .init(call: "activate", errno: .ioError, vanishes: true),
            calls: ["candidates", "pin", "recheck", "activate"],
            reason: "the drive vanished (unlock)"
        ),
        // e2fsck is missing.
        FailingStep(
            fault: .init(call: "check", errno: .noSuchFileOrDirectory),
            calls: ["candidates", "pin", "recheck", "activate", "check", "deactivate", "flush"],
            reason: "the file system cannot be mounted: no such file or directory (check)"
        ),
        // Not mounted, so not unmounted, but locked and flushed: the check may have written.
        FailingStep(
            fault: .init(call: "mount", errno: .invalidArgument),
            calls: upToMount + ["deactivate", "flush"],
            reason: "the file system cannot be mounted: invalid argument (mount)"
        ),
        FailingStep(
            fault: .init(call: "mount", errno: .ioError, vanishes: true),
            calls: upToMount + ["deactivate"],
            reason: "the drive vanished (mount)"
        ),
        // Mounted, so unmounted.
        FailingStep(
            fault: .init(call: "open root", errno: .tooManyOpenFiles, occurrences: 2...2),
            calls: upToMount + ["open root ×2", "unmount", "deactivate", "flush"],
            reason: "the file system cannot be mounted: too many open files (open root)"
        ),
    ]

    static let whileClosing = [
        // A write error nobody has seen yet: everything is closed, nothing is called safe.
        FailingStep(
            fault: .init(call: "sync", errno: .ioError, occurrences: 2...2),
            calls: upToUnmount + ["unmount", "deactivate", "flush"],
            reason: "not everything reached the drive: input/output error (sync)"
        ),
        FailingStep(
            fault: .init(call: "sync", errno: .ioError, occurrences: 2...2, vanishes: true),
            calls: upToUnmount + ["unmount", "deactivate"],
            reason: "the drive vanished (unmount)"
        ),
        // umount2 succeeds on a disk that is gone.
        FailingStep(
            fault: .init(call: "sync", errno: .ioError, occurrences: 1...1, vanishes: true),
            calls: upToSync + ["detach", "deactivate whenUnused"],
            reason: "the drive vanished (sync)"
        ),
        // Busy for as long as is waited, and still: detached, to be closed by its last user.
        FailingStep(
            fault: .init(call: "unmount", errno: .resourceBusy),
            calls: upToUnmount + ["unmount ×13", "detach", "deactivate", "flush"],
            reason: "the drive could not be closed: device or resource busy (unmount)"
        ),
        FailingStep(
            fault: .init(call: "deactivate", errno: .resourceBusy),
            calls: upToUnmount + ["unmount", "deactivate ×12", "deactivate whenUnused"],
            reason: "the drive could not be closed: device or resource busy (deactivate)",
            leftOpen: [mapping]
        ),
        // No waiting for a disk that is gone, but force.
        FailingStep(
            fault: .init(call: "deactivate", errno: .resourceBusy, vanishes: true),
            calls: upToUnmount + ["unmount", "deactivate", "deactivate force"],
            reason: "the drive vanished (lock)"
        ),
        // Somebody opened the disk.
        FailingStep(
            fault: .init(call: "flush", errno: .resourceBusy),
            calls: upToUnmount + ["unmount", "deactivate", "flush ×12"],
            reason: "the drive could not be closed: somebody holds the disk",
            leftOpen: [.disk("/dev/sdx")]
        ),
        FailingStep(
            fault: .init(call: "flush", errno: .ioError),
            calls: upToUnmount + ["unmount", "deactivate", "flush"],
            reason: "not everything reached the drive: input/output error (flush)"
        ),
        FailingStep(
            fault: .init(call: "flush", errno: .ioError, vanishes: true),
            calls: upToUnmount + ["unmount", "deactivate", "flush"],
            reason: "the drive vanished (release)"
        ),
    ]

    @Test("that fails closes what is open and says what is not", arguments: beforeMounting + whileClosing)
    func failure(row: FailingStep) throws {
        let operations = RecordingDriveOperations(faults: [row.fault])
        guard case .failure(let error) = try walk(operations) else {
            Issue.record("no error")
            return
        }
        #expect(operations.calls == row.calls)
        #expect(error.reason.description == row.reason)
        #expect(error.leftOpen.map(\.thing) == row.leftOpen)
        #expect(error.isClosed == row.leftOpen.isEmpty)
    }

    @Test("with a file that stays open ends as not closed, and names who has it")
    func openFile() throws {
        let operations = RecordingDriveOperations(faults: [
            .init(call: "unmount", errno: .resourceBusy), .init(call: "deactivate", errno: .resourceBusy),
        ])
        guard case .failure(let error) = try walk(operations) else {
            Issue.record("no error")
            return
        }
        let closing = ["unmount ×13", "detach", "deactivate ×12", "deactivate whenUnused"]
        #expect(operations.calls == upToUnmount + closing)
        #expect(error.leftOpen.count == 2)
        #expect(error.leftOpen.last?.thing == Self.mapping)
        #expect(error.leftOpen.allSatisfy { $0.holders == [.borg] })
    }

    @Test("with a damaged file system is locked again, unmounted")
    func damaged() throws {
        let operations = RecordingDriveOperations(fileSystemState: .damaged("UNEXPECTED INCONSISTENCY"))
        let error = DriveError(
            drive: try DriveIdentity.example().name,
            reason: .damagedFileSystem("UNEXPECTED INCONSISTENCY")
        )
        #expect(try walk(operations) == .failure(error))
        #expect(operations.calls == upToMount.dropLast() + ["deactivate", "flush"])
    }

    @Test(
        "waits for what is busy for a moment",
        arguments: [("unmount", 11), ("deactivate", 11), ("flush", 11)]
    )
    func patience(call: String, times: Int) throws {
        let operations = RecordingDriveOperations(faults: [
            .init(call: call, errno: .resourceBusy, occurrences: 1...times)
        ])
        #expect(try walk(operations) == .success(["off"]))
    }

    @Test("dropped half way leaves nothing open that is not used")
    func dropped() throws {
        let operations = RecordingDriveOperations()
        let folder = try TemporaryFolder()
        let key = try SecretBytes(randomCount: 16)
        do {
            let locked = try LockedDrive.claim(try .example(), operations: operations)
            let mounted = try locked.unlock(key: key).mount(at: folder.path)
            let isPresent = mounted.isPresent
            #expect(isPresent)
        }
        #expect(operations.calls == upToMount + ["open root ×2", "detach", "deactivate whenUnused"])
        #expect(try operations.mappings().isEmpty)
    }

    @Test("on which a sync failed once never ends as released, but closed")
    func lostWrites() throws {
        let operations = RecordingDriveOperations(faults: [
            .init(call: "sync", errno: .ioError, occurrences: 1...1)
        ])
        let folder = try TemporaryFolder()
        let key = try SecretBytes(randomCount: 16)
        let locked = try LockedDrive.claim(try .example(), operations: operations)
        let mounted = try locked.unlock(key: key).mount(at: folder.path)
        // The kernel tells the error once: here, ignoring.
        try? mounted.sync()
        do {
            _ = try mounted.unmount()
            Issue.record("it was unmounted as if nothing had happened")
        } catch {
            #expect(error.reason == .syncFailed(SystemError(call: "syncfs", errno: .ioError)))
            #expect(error.isClosed)
        }
        #expect(operations.calls == upToUnmount + ["unmount", "deactivate", "flush"])
    }

    @Test("given up after the drive vanished does not wait, and uses force")
    func abandoned() throws {
        let operations = RecordingDriveOperations(faults: [
            .init(call: "sync", errno: .ioError, vanishes: true),
            .init(call: "deactivate", errno: .resourceBusy),
        ])
        let folder = try TemporaryFolder()
        let key = try SecretBytes(randomCount: 16)
        let locked = try LockedDrive.claim(try .example(), operations: operations)
        let mounted = try locked.unlock(key: key).mount(at: folder.path)
        do {
            try mounted.sync()
            Issue.record("the sync succeeded")
        } catch {
            #expect(error.reason == .gone(during: .sync))
        }
        let isPresent = mounted.isPresent
        #expect(!isPresent)
        let abandonment = mounted.abandon()
        #expect(abandonment.isClosed)
        #expect(operations.calls == upToSync + ["unmount", "deactivate", "deactivate force"])
    }
}
