import LinuxSystem
import Testing

@testable import Drives
@testable import ExtBackupKit

@Suite("Putting a header back")
struct HeaderCommandsTests {
    @Test("tells where the header is kept that was on the drive, if one was")
    func kept() {
        let done =
            "The header is back, and the key opens the drive. Where nothing of it was left, a backup begins by itself now."
        #expect(HeaderCommands.lines(kept: nil) == [done])
        #expect(
            HeaderCommands.lines(kept: "/var/lib/extbackup/headers/1.img.before-restore") == [
                "The header that was on the drive was whole, and not the backup: "
                    + "it is kept as '/var/lib/extbackup/headers/1.img.before-restore'.",
                done,
            ]
        )
    }

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
