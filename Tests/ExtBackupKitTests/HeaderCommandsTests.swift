import LinuxSystem
import Testing

@testable import Drives
@testable import ExtBackupKit

@Suite("Putting a header back")
struct HeaderCommandsTests {
    @Test("on a disk instead of its partition is refused, and the hint names that", Need.images)
    func wholeDisk() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("disk.img", "")
        let image = sandbox.home.path.appending("disk.img")
        let file = try Descriptor.open(image, .readWrite)
        try file.setSize(64 << 20)
        _ = try PartitionTable.writeSingle(on: file, path: image, name: "red")
        let loop = try ChildProcess(["/sbin/losetup", "--find", "--show", image]).run().lastLine
        // A loop device that stays is found by the next losetup, ignoring.
        defer { _ = try? ChildProcess(["/sbin/losetup", "--detach", FileName(loop)]).run() }
        let commands = try HeaderCommands(of: sandbox.name, in: sandbox.context())
        do {
            _ = try commands.restoration(to: FileName(loop))
            Issue.record("it must be refused")
        } catch {
            #expect(error.message.hasSuffix("the drive is one of its partitions: '\(loop)p1'"))
            #expect(
                error.hint == "name the partition, for example: extbackup header restore red '\(loop)p1'"
            )
        }
    }
}
