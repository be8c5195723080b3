import Drives
import LinuxSystem
import SystemPackage
import Testing

@Suite("After a killed run")
struct DriveLeftoversTests {
    private func operations(
        faults: [RecordingDriveOperations.Fault] = [],
        devices: [BlockDevice] = [.example()],
        mappings: [FileName],
        mounts: [FileName] = [],
        isPresent: Bool = true
    ) -> RecordingDriveOperations {
        var state = RecordingDriveOperations.State()
        state.mappings = mappings
        state.mounts = mounts
        state.isPresent = isPresent
        return RecordingDriveOperations(faults: faults, devices: devices, state: state)
    }

    @Test("what was open is closed, then the disk is flushed")
    func closes() throws {
        let operations = operations(mappings: ["extbackup-red-7"], mounts: ["/run/extbackup/red"])
        let outcome = DriveLeftovers.settle(try .example(), power: .stop, operations: operations)
        #expect(outcome == .released(.stopped, warnings: []))
        let closing = ["unmount", "deactivate", "candidates", "pin", "flush"]
        #expect(operations.calls == closing + ["send synchronizeCache", "send stopUnit"])
    }

    @Test("only the drive's own mappings are closed")
    func own() throws {
        let others: [FileName] = ["extbackup-red-2-7", "extbackup-redder-7", "extbackup-red-", "cryptroot"]
        let operations = operations(mappings: others + ["extbackup-red-7"])
        #expect(
            try DriveLeftovers.close(driveName: DriveIdentity.example().name, operations: operations) == []
        )
        #expect(try operations.mappings() == others)
        #expect(operations.calls == ["deactivate"])
    }

    @Test("the mapping of a drive that is gone is closed by force")
    func gone() throws {
        let operations = operations(
            faults: [.init(call: "deactivate", errno: .resourceBusy)],
            devices: [],
            mappings: ["extbackup-red-5"],
            isPresent: false
        )
        let outcome = DriveLeftovers.settle(try .example(), power: .leave, operations: operations)
        #expect(outcome == .absent)
        #expect(operations.calls == ["deactivate", "deactivate force", "candidates"])
    }

    @Test("what cannot be closed is told, and the disk is not touched")
    func busy() throws {
        let operations = operations(
            faults: [.init(call: "deactivate", errno: .resourceBusy)],
            mappings: ["extbackup-red-7"]
        )
        let outcome = DriveLeftovers.settle(try .example(), power: .off, operations: operations)
        #expect(outcome == .open([Leftover(.mapping("extbackup-red-7"), holders: [.borg])]))
        #expect(operations.calls == ["deactivate ×12", "deactivate whenUnused"])
    }

    @Test("a flush that fails is not called safe")
    func doubtful() throws {
        let operations = operations(faults: [.init(call: "flush", errno: .ioError)], mappings: [])
        let error = SystemError(call: "flush", errno: .ioError)
        let outcome = DriveLeftovers.settle(try .example(), power: .off, operations: operations)
        let name = try DriveIdentity.example().name
        #expect(outcome == .doubtful(DriveError(drive: name, reason: .syncFailed(error))))
    }
}

@Suite("A newer plug-in")
struct NewerPlugInTests {
    @Test(
        "is the same drive with a higher disk sequence number",
        arguments: [
            (BlockDevice.example(diskSequence: 7), false),  // the plug-in that had its run
            (BlockDevice.example(diskSequence: 8), true),
            (BlockDevice.example(diskSequence: 8, serial: "S2"), false),  // a copy
        ]
    )
    func newer(device: BlockDevice, isNewer: Bool) throws {
        let operations = RecordingDriveOperations(devices: [device])
        let found = try DriveFinder.newerPlugIn(of: .example(), than: 7, operations: operations)
        #expect(found == (isNewer ? device : nil))
    }
}
