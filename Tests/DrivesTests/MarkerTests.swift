import Drives
import Glibc
import LinuxSystem
import SystemPackage
import Testing

@Suite("A drive's marker")
struct MarkerTests {
    private static let id = String(repeating: "0a", count: 16)
    private static let uuid = BlockDevice.exampleUUID

    private func marker() throws -> Marker {
        Marker(driveID: Self.id, name: try DriveIdentity.example().name, luksUUID: Self.uuid, runCounter: 41)
    }

    /// A drive with a marker, ready to be spoiled.
    private func prepare(_ folder: borrowing TemporaryFolder) throws -> Descriptor {
        let root = try folder.open()
        try marker().write(to: root)
        return root
    }

    @Test("is read as it was written, counted up, and is root's alone")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let root = try prepare(folder)
        var read = try Marker.read(from: root)
        #expect(read == (try marker()))
        read.runCounter += 1
        try read.write(to: root)
        #expect(try Marker.read(from: root).runCounter == 42)
        #expect(try root.open(Marker.folder, .directory).nodeStatus().permissions == 0o700)
    }

    @Test("has a number that no other drive has")
    func identifiers() throws {
        let first = try Marker.makeDriveID()
        #expect(first.utf8.count == 32)
        #expect(first != (try Marker.makeDriveID()))
    }

    @Test("that is missing says that the drive was not prepared")
    func missing() throws {
        let folder = try TemporaryFolder()
        let root = try folder.open()
        #expect(throws: MarkerError.missing) { try Marker.read(from: root) }
    }

    private static let lines = [
        "version = 1", "drive = \"\(id)\"", "name = \"red\"", "luks_uuid = \"\(uuid)\"", "run_counter = 3",
    ]

    private static func text(replacing index: Int, with line: String) -> String {
        var lines = lines
        lines[index] = line
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(
        "with hostile contents is refused",
        arguments: [
            "",
            text(replacing: 0, with: ""),  // no version
            text(replacing: 0, with: "version = one"),
            text(replacing: 1, with: "drive = \"0a\""),  // too short
            text(replacing: 1, with: "drive = \(id)"),  // no quotes
            text(replacing: 2, with: "name = \"../../etc\""),
            text(replacing: 2, with: "name = \""),  // half a pair of quotes
            text(replacing: 3, with: "luks_uuid = \"\u{1b}[31m\""),
            text(replacing: 4, with: "run_counter = -1"),
            text(replacing: 4, with: "run_counter = 99999999999999999999"),  // more than 64 bits
            text(replacing: 4, with: "run_counter = 3\nrun_counter = 4"),  // twice
            text(replacing: 4, with: "run_counter = 3\nother = 4"),  // unknown
            text(replacing: 4, with: "run_counter"),
            text(replacing: 4, with: "run_counter = 3\n" + String(repeating: "#", count: Marker.limit)),
        ]
    )
    func hostile(contents: String) throws {
        let folder = try TemporaryFolder()
        let root = try prepare(folder)
        try root.open(Marker.folder, .directory)
            .replaceFile(Marker.file, with: Array(contents.utf8), mode: 0o600)
        do {
            _ = try Marker.read(from: root)
            Issue.record("it was believed")
        } catch {
            guard case .malformed = error else { throw error }
        }
    }

    @Test("of a later version asks for a newer program, whatever else it holds")
    func tooNew() throws {
        let folder = try TemporaryFolder()
        let root = try prepare(folder)
        try root.open(Marker.folder, .directory)
            .replaceFile(Marker.file, with: Array("version = 2\nsurprise = 1\n".utf8), mode: 0o600)
        #expect(throws: MarkerError.tooNew(version: 2)) { try Marker.read(from: root) }
    }

    @Test("that is no text is refused")
    func noText() throws {
        let folder = try TemporaryFolder()
        let root = try prepare(folder)
        try root.open(Marker.folder, .directory)
            .replaceFile(Marker.file, with: [0xff, 0xfe, 0, 1], mode: 0o600)
        #expect(throws: MarkerError.malformed("it is no text")) { try Marker.read(from: root) }
    }

    @Test(
        "that somebody else could have made is not trusted",
        arguments: [
            ["/bin/chmod", "0666", "marker"],  // anybody may write it
            ["/bin/chmod", "0777", "."],  // anybody may replace it
            ["/bin/sh", "-c", "mv marker real; ln -s real marker"],
            ["/bin/sh", "-c", "rm marker; mkfifo marker"],
            ["/bin/sh", "-c", "rm marker; mkdir marker"],
            ["/bin/sh", "-c", "cd ..; mv .extbackup real; ln -s real .extbackup"],
        ]
    )
    func untrusted(command: [String]) throws {
        let folder = try TemporaryFolder()
        let root = try prepare(folder)
        let inside = folder.path.appending(Marker.folder)
        let spoil: [FileName] = ["/usr/bin/env", "-C", inside] + command.map { FileName($0) }
        #expect(try ChildProcess(spoil).run().isSuccess)
        do {
            _ = try Marker.read(from: root)
            Issue.record("it was believed")
        } catch {
            guard case .untrusted = error else { throw error }
        }
    }
}
