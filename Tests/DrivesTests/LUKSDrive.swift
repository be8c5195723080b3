import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// A LUKS drive with ext4 inside: a prepared drive as other programs make it.
struct LUKSDrive: ~Copyable {
    let folder: TemporaryFolder
    let loop: LoopDevice?
    let device: BlockDevice
    let identity: DriveIdentity

    var operations: LinuxDriveOperations {
        LinuxDriveOperations { [device] (_) throws(SystemError) in [device] }
    }
    var place: FileName { folder.path.appending("mounted") }
    var mapping: FileName { identity.mappingName(diskSequence: device.diskSequence) }

    func key() throws -> SecretBytes {
        try SecretBytes(readingFrom: Descriptor.open(folder.path.appending("key"), .read))
    }

    static func onLoopDevice() throws -> LUKSDrive {
        let folder = try TemporaryFolder()
        let loop = try LoopDevice(image: folder.makeImage("drive.img", byteCount: 64 << 20))
        let node = loop.node
        return try LUKSDrive(node: node, loop: loop, folder: folder)
    }

    static func on(_ node: FileName) throws -> LUKSDrive {
        try LUKSDrive(node: node, loop: nil, folder: TemporaryFolder())
    }

    private init(
        node: FileName,
        loop: consuming LoopDevice?,
        folder: consuming TemporaryFolder
    ) throws {
        (device, identity) = try Self.format(node, folder)
        self.loop = loop
        self.folder = folder
    }

    private static func format(
        _ node: FileName,
        _ folder: borrowing TemporaryFolder
    ) throws -> (BlockDevice, DriveIdentity) {
        try folder.write("key", "a key of some bytes")
        let key = folder.path.appending("key")
        let cheap: [FileName] = ["--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
        let format: [FileName] = ["/sbin/cryptsetup", "luksFormat", "--type", "luks2"]
        try run(format + cheap + [node, key])
        try run(["/sbin/cryptsetup", "open", "--key-file", key, node, "extbackup-test"])
        try run(["/sbin/mkfs.ext4", "-q", "/dev/mapper/extbackup-test"])
        try run(["/sbin/cryptsetup", "close", "extbackup-test"])
        let uuid = try ChildProcess(["/sbin/cryptsetup", "luksUUID", node]).run().lastLine
        let identity = DriveIdentity(
            name: try #require(DriveName("luks")),
            luksUUID: uuid,
            serial: nil,
            keySlot: 0,
            fileSystem: .ext4
        )
        return (try DriveFinder.device(at: node), identity)
    }

    /// True when the mapping is gone within two seconds.
    func isClosedSoon() throws -> Bool {
        for _ in 0..<100 {
            if try !operations.mappings().contains(mapping) { return true }
            Thread.sleep(for: .milliseconds(20))
        }
        return false
    }

    private static func run(_ arguments: [FileName]) throws {
        let outcome = try ChildProcess(arguments).run()
        try #require(outcome.isSuccess, "\(arguments[0]): \(outcome.lastLine)")
    }
}
