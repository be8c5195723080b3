import LinuxSystem
import Testing

@testable import Drives
@testable import ExtBackupKit

@Suite("Putting a header back")
struct HeaderCommandsTests {
    @Test(
        "on a disk that lost its partition table is refused, and the hint is the sheet if that knows the table",
        Need.images,
        arguments: [("size = 66060288", true), ("size = 66060289", false), ("", false)]
    )
    func lostTable(size: String, isKnown: Bool) throws {
        let sandbox = try Sandbox()
        // A loop device has no serial number.
        let text = Sandbox.driveFile.replacing("serial = \"S1\"", with: "start = 1048576\n\(size)")
        try sandbox.home.write("etc/drives.d/red.toml", text)
        let loop = try EmptyLoop()
        let commands = try HeaderCommands(of: sandbox.name, in: sandbox.context())
        do {
            _ = try commands.restoration(to: loop.path)
            Issue.record("it must be refused")
        } catch {
            #expect(error.message.hasSuffix("it begins at byte 0 of the disk, and the drive at byte 1048576"))
            #expect(
                error.hint
                    == "if this is the drive's disk, its partition table is not the one that it had: "
                    + (isKnown
                        ? "\(FileName(sandbox.path("var/sheets/red.txt"))) tells how to write that anew"
                        : "name a partition that begins at that byte")
            )
        }
    }

    @Test("on a disk instead of its partition is refused, and the hint names that", Need.images)
    func wholeDisk() throws {
        let sandbox = try Sandbox()
        let disk = try EmptyLoop()
        let loop = String(decoding: disk.path.bytes, as: UTF8.self)
        let file = try Descriptor.open(disk.path, .readWrite)
        _ = try PartitionTable.writeSingle(on: file, path: disk.path, name: "red")
        let commands = try HeaderCommands(of: sandbox.name, in: sandbox.context())
        do {
            _ = try commands.restoration(to: disk.path)
            Issue.record("it must be refused")
        } catch {
            #expect(error.message.hasSuffix("the drive is one of its partitions: '\(loop)p1'"))
            #expect(
                error.hint == "name the partition, for example: extbackup header restore red '\(loop)p1'"
            )
        }
    }
}
