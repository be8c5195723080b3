import Drives
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("The list of drives", Need.root)
struct DriveListTests {
    @Test("before any set-up says that there is no drive yet")
    func nothing() throws {
        let sandbox = try Sandbox()
        var context = sandbox.context()
        context.layout.configurationFolder = sandbox.home.path.appending("none")
        context.layout.stateFolder = sandbox.home.path.appending("none")
        let list = try DriveList(context)
        #expect(
            list.lines(width: nil) == ["no drive was prepared yet: 'extbackup prepare-disk' makes one"]
        )
        #expect(try list.json() == "[\n\n]")
    }

    @Test("tells which drive is plugged in, and how old its last good backup is")
    func list() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        let blue = Sandbox.driveFile.split(separator: "\n").map { line in
            switch line {
            case "name = \"red\"": "name = \"blue\""
            case "serial = \"S1\"": "serial = \"S2\""
            default: String(line)
            }
        }
        try sandbox.home.write("etc/drives.d/blue.toml", blue.joined(separator: "\n"))
        let list = try DriveList(sandbox.context())
        #expect(list.warnings == [])
        let heading = "NAME  PLUGGED IN  LAST GOOD BACKUP (UTC)       SERIAL NUMBER  FILE SYSTEM  PREPARED"
        #expect(
            list.lines(width: nil) == [
                heading,
                "blue  no          never                        S2             ext4         2026-11-01",
                "red   yes         2026-09-21 14:13 (just now)  S1             ext4         2026-11-01",
            ]
        )
        #expect(
            list.lines(width: 60).last == "red   yes         2026-09-21 14:13 (just now)  S1"
        )
        let json = try list.json()
        for part in [
            "\"name\" : \"red\"", "\"isPluggedIn\" : true", "\"device\" : \"/dev/sdx1\"",
            "\"serial\" : \"S1\"",
            "\"fileSystem\" : \"ext4\"", "\"prepared\" : \"2026-11-01T10:00:00Z\"",
            "\"lastGood\" : \"2026-09-21T14:13:", "\"luksUUID\" : \"\(FakeDrive.uuid)\"",
            "\"isPluggedIn\" : false",
        ] {
            #expect(json.contains(part), "\(part)")
        }
    }

    @Test("has drives whose files have mistakes, and warns")
    func mistake() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("etc/drives.d/blue.toml", "name = 1\n")
        try sandbox.home.write("var/status.json", "{")
        let list = try DriveList(sandbox.context())
        #expect(
            list.lines(width: nil)[1]
                == "blue  ?           ?                       ?              ?            ?"
        )
        #expect(list.warnings.count == 2)
        #expect(list.warnings[0].hasSuffix("status.json' is damaged or of another version and was not read"))
        #expect(list.warnings[1].hasSuffix("blue.toml:1:1: 'name' must be a text, not a whole number"))
        #expect(try list.json().contains("blue.toml:1:1: 'name' must be a text"))
    }

    @Test("gives the drive that is meant when none is named: the only one that is plugged in")
    func unnamed() throws {
        let sandbox = try Sandbox()
        let other = "11111111-1111-4111-8111-111111111111"
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            Sandbox.driveFile.replacing("\"red\"", with: "\"blue\"").replacing(FakeDrive.uuid, with: other)
        )
        #expect(try sandbox.context().onlyPluggedDrive() == sandbox.name)
        sandbox.drive.state.withLock { $0.devices.append(.example(diskSequence: 8, luksUUID: other)) }
        let two = #expect(throws: Failure.self) { try sandbox.context().onlyPluggedDrive() }
        #expect(two?.status == .usage)
        #expect(two?.message == "more than one drive is plugged in: blue, red")
        sandbox.drive.state.withLock { $0.isPresent = false }
        let none = #expect(throws: Failure.self) { try sandbox.context().onlyPluggedDrive() }
        #expect(none?.status == .noDrive)
    }

    @Test("that cannot look for drives says why")
    func searching() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "candidates", errno: .ioError))
        let error = #expect(throws: Failure.self) { try DriveList(sandbox.context()) }
        #expect(error?.status == .failed)
        #expect(error?.message.hasPrefix("drives cannot be looked for: ") == true)
    }
}

@Suite("The description of a drive", Need.root)
struct DriveDescriptionTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func show() throws -> DriveDescription {
        try DriveDescription(of: sandbox.name, in: sandbox.context())
    }

    @Test("tells everything")
    func everything() throws {
        try sandbox.runBefore(files: ["a"])
        let shown = try show()
        #expect(shown.warnings == [])
        #expect(
            shown.lines == [
                "red",
                "  plugged in:       yes, as '/dev/sdx1'",
                "  last good backup: 2026-09-21 14:13 UTC (just now)",
                "  last run:         ok, 2026-09-21 14:13 UTC (just now)",
                "  disk:             Elements, 2.0 TB",
                "  serial number:    S1",
                "  file system:      ext4, labeled 'red'",
                "  prepared:         2026-11-01T10:00:00Z",
                "  LUKS UUID:        \(FakeDrive.uuid)",
                "  key slot:         0",
                "  marker:           \(FakeDrive.driveID)",
                "  sources:          all: photos",
                "  drive file:       \(sandbox.path("etc/drives.d/red.toml"))",
                "  key file:         \(sandbox.path("etc/keys/red.key"))",
                "  header backup:    \(sandbox.path("var/headers/\(FakeDrive.uuid).img")) (missing)",
                "  unit link:        \(unitLink) (missing)",
            ]
        )
        let json = try shown.json()
        for part in [
            "\"disk\" : \"Elements, 2.0 TB\"", "\"keySlot\" : 0", "\"marker\" : \"\(FakeDrive.driveID)\"",
            "\"sources\" : [\n    \"photos\"\n  ]",
            "\"title\" : \"key file\"", "\"state\" : \"missing\"", "\"lastRun\" : {",
            "\"isPluggedIn\" : true",
            "\"label\" : \"red\"",
        ] {
            #expect(json.contains(part), "\(part)")
        }
    }

    private var unitLink: String {
        let uuid = FakeDrive.uuid.split(separator: "-").joined(separator: "\\x2d")
        return sandbox.path("units/dev-disk-by\\x2duuid-\(uuid).device.wants/extbackup@red.service")
    }

    /// Notes in the status that a run copies.
    private func begin(pid: Int32) throws {
        try StatusFile(directory: sandbox.layout.stateFolder).update {
            $0[drive: "red"].begin(
                RunningState(
                    invocation: nil,
                    pid: pid,
                    started: Timestamp(seconds: 1_790_000_000),
                    phase: .copying
                )
            )
        }
    }

    @Test("tells of a run that was cut off, and of a command that works on the drive")
    func situations() throws {
        try sandbox.runBefore(files: ["a"])
        // No process has this number.
        try begin(pid: .max)
        let cutOff = try show()
        #expect(cutOff.lines[3].hasPrefix("  cut off:          the run that began 2026-09-21 14:13 UTC ("))
        #expect(cutOff.lines[3].hasSuffix("): plug the drive in again"))
        #expect(cutOff.lines.allSatisfy { !$0.hasPrefix("  now:") })
        let lock = try RunLock.take(of: sandbox.name, for: .byHand, in: sandbox.context())
        let shown = try show()
        #expect(shown.lines[3] == "  now:              in use by a command")
        let json = try shown.json()
        #expect(json.contains("\"isInUse\" : true"))
        #expect(json.contains("\"cutOffRun\" : {"))
        #expect(!json.contains("\"running\""))
        #expect(!json.contains("\"safe\""))
        withExtendedLifetime(lock) {}
    }

    @Test("tells that another disk has its LUKS header, and that a run goes on")
    func impostor() throws {
        sandbox.drive.state.withLock { $0.devices = [.example(serial: "S9")] }
        try begin(pid: Machine.processID)
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
        let lines = try show().lines
        withExtendedLifetime(lock) {}
        #expect(
            lines[1]
                == "  plugged in:       no; '/dev/sdx1' has its LUKS UUID, but the serial number S9"
        )
        #expect(lines[3].hasPrefix("  now:              copying, since "))
    }

    @Test("tells the sources that its file names, and warns where the configuration does not tell all")
    func sources() throws {
        try sandbox.home.write("etc/drives.d/red.toml", Sandbox.driveFile + "sources = [\"borg\"]\n")
        #expect(try show().lines.contains("  sources:          borg"))
        try sandbox.home.write("etc/drives.d/red.toml", Sandbox.driveFile)
        try sandbox.home.write("etc/config.toml", "x")
        let shown = try show()
        #expect(shown.lines.contains("  sources:          all that are configured"))
        #expect(shown.warnings.count == 1)
        #expect(try !shown.json().contains("\"sources\""))
    }

    @Test("is none of a drive that was not prepared")
    func unknown() throws {
        let blue = try #require(DriveName("blue"))
        let error = #expect(throws: Failure.self) { try DriveDescription(of: blue, in: sandbox.context()) }
        #expect(error?.status == .noDrive)
        #expect(error?.message == "no drive was prepared under the name 'blue'")
    }
}
