import LinuxSystem
import Reporting
import Testing

@testable import Drives
@testable import ExtBackupKit

private typealias ReadFile = ExtBackupKit.DriveFile

@Suite("A drive's file")
struct DriveFileTests {
    private func read(_ text: String) throws -> ReadFile {
        try ReadFile(parsing: Array(text.utf8), file: "red.toml")
    }

    @Test(
        "that 'prepare-disk' writes is read back as it was",
        arguments: [
            nil, "WD-123", "", "with \"quotes\" and \\ and \u{7}", "größer", "a\nb",
        ] as [String?]
    )
    func roundTrip(serial: String?) throws {
        let written = Drives.DriveFile(
            name: try #require(DriveName("red-2_a")),
            luksUUID: FakeDrive.uuid.uppercased(),
            serial: serial,
            disk: serial ?? "Elements, 2.0 TB",
            keySlot: 3,
            fileSystem: .btrfs,
            label: "red-2_a",
            preparedAtSeconds: 1_790_000_000,
            markerID: FakeDrive.driveID
        )
        let read = try read(written.text)
        #expect(read.name == "red-2_a")
        #expect(read.luksUUID == FakeDrive.uuid.uppercased())
        #expect(read.serial == serial)
        #expect(read.disk == serial ?? "Elements, 2.0 TB")
        #expect(read.keySlot == 3)
        #expect(read.fileSystem == "btrfs")
        #expect(read.label == "red-2_a")
        #expect(read.driveID == FakeDrive.driveID)
        #expect(read.sources == nil)
        #expect(read.prepared.hasPrefix("2026-09-2"))
        let identity = try read.identity()
        #expect(identity.luksUUID == FakeDrive.uuid)
        #expect(identity.serial == serial)
        #expect(identity.fileSystem == .btrfs)
    }

    @Test("may name the sources that go to the drive")
    func sources() throws {
        #expect(try read(Sandbox.driveFile + "sources = [\"photos\"]\n").sources == ["photos"])
    }

    /// A change of a good file, and what is told of it.
    struct Mistake: CustomTestStringConvertible, Sendable {
        var old: String
        var new: String
        var message: String
        var hint: String?
        var testDescription: String { message }
    }

    static let mistakes: [Mistake] = [
        Mistake(
            old: "name = \"red\"",
            new: "name = \"Red!\"",
            message: "1:1: 'Red!' cannot be a drive's name",
            hint: "use 1 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or a digit"
        ),
        Mistake(old: "name = \"red\"", new: "", message: "1:1: 'the top level' needs the key 'name'"),
        Mistake(
            old: "filesystem = \"ext4\"",
            new: "filesystem = \"ext3\"",
            message: "6:1: 'filesystem' cannot be 'ext3'; possible: ext4, xfs, btrfs",
            hint: "did you mean 'ext4'?"
        ),
        Mistake(
            old: "key_slot = 0",
            new: "key_slot = 32",
            message: "5:1: 'key_slot' must be from 0 to 31, not 32"
        ),
        Mistake(
            old: "label =",
            new: "lable =",
            message: "7:1: unknown key 'lable' in 'the top level'",
            hint: "did you mean 'label'?"
        ),
        Mistake(
            old: "serial =",
            new: "seriell =",
            message: "3:1: unknown key 'seriell' in 'the top level'",
            hint: "did you mean 'serial'?"
        ),
        Mistake(
            old: "serial =",
            new: "size = 1048576\nserial =",
            message: "3:1: 'size' needs 'start' beside it",
            hint: "put back what 'prepare-disk' wrote"
        ),
        Mistake(
            old: "serial =",
            new: "size = 0\nserial =",
            message: "3:1: 'size' must be from 1 to 9223372036854775807, not 0"
        ),
        Mistake(
            old: "serial =",
            new: "sources = []\nserial =",
            message: "3:1: 'sources' is empty, so nothing would be copied",
            hint: "name the sources, or remove the key for all of them"
        ),
    ]

    @Test("with a mistake says where", arguments: mistakes)
    func mistake(row: Mistake) throws {
        let parts = Sandbox.driveFile.split(
            separator: row.old,
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        try #require(parts.count == 2)
        do throws(ConfigurationError) {
            _ = try ReadFile(parsing: Array(parts.joined(separator: row.new).utf8), file: "red.toml")
            Issue.record("it was read")
        } catch {
            #expect(error.description == "red.toml:\(row.message)")
            #expect(error.hint == row.hint)
        }
    }

    @Test("belongs to the drive that it is named after")
    func otherName() throws {
        let folder = try TemporaryFolder()
        try folder.write("blue.toml", Sandbox.driveFile)
        do throws(ConfigurationError) {
            _ = try ReadFile(named: "blue", in: folder.path)
            Issue.record("it was read")
        } catch {
            #expect(error.message == "it describes the drive 'red', not 'blue'")
        }
    }

    @Test("is found by its ending; what is hidden or only half written is none")
    func names() throws {
        let folder = try TemporaryFolder()
        #expect(try ReadFile.namesIfAny(in: folder.path.appending("none")) == [])
        for name: FileName in [
            "red.toml", "blue.toml", ".red.toml", ".red.toml.new", "red.toml~", ".toml", "x",
        ] {
            try folder.write(name, "")
        }
        #expect(try ReadFile.names(in: folder.path) == ["blue", "red"])
    }
}

@Suite("Checking the configuration", Need.root)
struct ConfigurationCheckTests {
    @Test("tells what is configured")
    func right() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: "require_mount = true")
        let path = FileName(sandbox.path("photos"))
        #expect(
            try ConfigurationCheck.perform(folder: sandbox.layout.configurationFolder) == [
                "source photos: \(path), must be mounted", "drive red: serial S1, ext4",
                "the configuration is right",
            ]
        )
    }

    @Test("tells which programs are run before and after")
    func hooks() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            source: "before = ['/bin/dump', 'all']\nafter = ['/bin/clean']",
            rest: "[run]\nbefore = ['/bin/stop']"
        )
        let lines = try ConfigurationCheck.perform(folder: sandbox.layout.configurationFolder)
        let path = FileName(sandbox.path("photos"))
        #expect(
            lines.prefix(2) == [
                "source photos: \(path), '/bin/dump' is run before, '/bin/clean' is run after",
                "run: '/bin/stop' is run before",
            ]
        )
    }

    @Test("finds what a run would stumble over in a drive's file")
    func drives() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("etc/drives.d/red.toml", Sandbox.driveFile + "sources = [\"musik\"]\n")
        do throws(Failure) {
            _ = try ConfigurationCheck.perform(folder: sandbox.layout.configurationFolder)
            Issue.record("all is right")
        } catch {
            #expect(error.status == .config)
            #expect(error.message.hasSuffix("red.toml: the source 'musik' is not configured"))
            #expect(error.hint == "correct 'sources', or add [[source]] with this name to config.toml")
        }
    }
}
