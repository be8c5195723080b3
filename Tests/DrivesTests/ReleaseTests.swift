import Drives
import LinuxSystem
import SystemPackage
import Testing

@Suite("Releasing a drive")
struct ReleaseTests {
    private func release(
        _ operations: RecordingDriveOperations,
        _ request: PowerRequest
    ) throws -> (ReleasedDrive.Power, [ReleaseWarning]) {
        let released = try LockedDrive.claim(try .example(), operations: operations).release(request)
        return (released.power, released.warnings)
    }

    @Test(
        "does with the power what was asked, after the flush",
        arguments: [
            (.off, .off, ["send synchronizeCache", "send stopUnit", "power off"]),
            (.stop, .stopped, ["send synchronizeCache", "send stopUnit"]),
            (.leave, .left, []),
        ] as [(PowerRequest, ReleasedDrive.Power, [String])]
    )
    func power(request: PowerRequest, power: ReleasedDrive.Power, calls: [String]) throws {
        let operations = RecordingDriveOperations()
        #expect(try release(operations, request) == (power, []))
        #expect(operations.calls == ["candidates", "pin", "flush"] + calls)
    }

    @Test("of a disk that is not on USB only flushes it")
    func otherBus() throws {
        let operations = RecordingDriveOperations(devices: [.example(bus: .other)])
        #expect(try release(operations, .off) == (.left, []))
        #expect(operations.calls == ["candidates", "pin", "flush"])
    }

    @Test(
        "goes on with a warning when the disk refuses, for the data are safe",
        arguments: [
            ("send synchronizeCache", .off),
            ("send stopUnit", .off),
            ("power off", .stopped),
        ] as [(String, ReleasedDrive.Power)]
    )
    func refusals(call: String, power: ReleasedDrive.Power) throws {
        let operations = RecordingDriveOperations(faults: [.init(call: call, errno: .ioError)])
        let result = try release(operations, .off)
        #expect(result.0 == power)
        #expect(result.1.count == 1)
    }

    @Test("keeps the port's power while other disks in the same case are in use")
    func siblings() throws {
        let operations = RecordingDriveOperations(siblings: ["/dev/sdy"])
        #expect(try release(operations, .off) == (.stopped, [.siblingsInUse(["/dev/sdy"])]))
        #expect(!operations.calls.contains("power off"))
    }
}

@Suite("Claiming a drive")
struct ClaimTests {
    struct Refusal: Sendable {
        var operations: RecordingDriveOperations
        var reason: DriveError.Reason
        var leftOpen: [Leftover] = []
    }

    private static let device = BlockDevice.example()
    private static let mounted = Holder(processID: 1, program: "init", use: .mount("/mnt"))

    @Test(
        "is refused unless it is the one drive, alone, and free",
        arguments: [
            Refusal(operations: RecordingDriveOperations(devices: []), reason: .absent),
            // The original and its copy.
            Refusal(
                operations: RecordingDriveOperations(devices: [device, .example(node: "/dev/sdz1")]),
                reason: .ambiguous([device, .example(node: "/dev/sdz1")])
            ),
            // The copy alone.
            Refusal(
                operations: RecordingDriveOperations(devices: [.example(serial: "S2")]),
                reason: .wrongSerial(.example(serial: "S2"), recorded: "S1")
            ),
            // A disk that hides its serial number.
            Refusal(
                operations: RecordingDriveOperations(devices: [.example(serial: nil)]),
                reason: .wrongSerial(.example(serial: nil), recorded: "S1")
            ),
            // A disk that is a keyboard as well.
            Refusal(
                operations: RecordingDriveOperations(classes: ["03"]),
                reason: .suspiciousInterfaces(device, classes: ["03"])
            ),
            // Its other partition is mounted.
            Refusal(
                operations: RecordingDriveOperations(diskHolders: [mounted]),
                reason: .inUse(device, holders: [mounted]),
                leftOpen: [Leftover(.disk("/dev/sdx"), holders: [mounted])]
            ),
        ]
    )
    func refusals(row: Refusal) throws {
        let name = try DriveIdentity.example().name
        #expect(throws: DriveError(drive: name, reason: row.reason, leftOpen: row.leftOpen)) {
            _ = try LockedDrive.claim(try .example(), operations: row.operations)
        }
    }

    @Test("is not hindered by somebody who only looks at the disk")
    func looking() throws {
        let udev = Holder(processID: 9, program: "udevd", use: .openFile("/dev/sdx"))
        let operations = RecordingDriveOperations(diskHolders: [udev])
        let locked = try LockedDrive.claim(try .example(), operations: operations)
        let isPresent = locked.isPresent
        #expect(isPresent)
    }

    @Test("takes a disk without a recorded serial number by its UUID alone")
    func noSerial() throws {
        let locked = try LockedDrive.claim(
            try .example(serial: nil),
            operations: RecordingDriveOperations()
        )
        let device = locked.device
        #expect(device == .example())
    }
}
