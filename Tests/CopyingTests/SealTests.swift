import Copying
import LinuxSystem
import SystemPackage
import Testing

@Suite("The seal of a file system", Need.images)
struct SealTests {
    private static let kinds = [("ext4", 64), ("xfs", 320), ("btrfs", 128)]

    private static func seal(_ image: Image) throws -> Seal? {
        try Seal.read(from: Descriptor.open(FileName(image.file), .read))
    }

    /// An unmounted image with something in it.
    private static func sealed(_ kind: String, _ megabytes: Int) throws -> (Image, Seal) {
        let image = try Image(kind, megabytes: megabytes)
        try image.root().createDirectory("folder")
        try image.unmount()
        return (image, try #require(try seal(image)))
    }

    @Test("stays while it is not mounted, and survives as text", arguments: kinds)
    func stays(kind: String, megabytes: Int) throws {
        let (image, seal) = try Self.sealed(kind, megabytes)
        #expect(try Self.seal(image) == seal)
        #expect(seal.fileSystem.rawValue == kind)
        #expect(Seal(seal.description) == seal)
        #expect(Seal(seal.description + "0") == nil)
    }

    @Test("changes with every writable mount in which something was written", arguments: kinds)
    func changes(kind: String, megabytes: Int) throws {
        let (image, first) = try Self.sealed(kind, megabytes)
        var seen: Set<Seal> = [first]
        // Often enough for the log of XFS to move on from where mkfs left it.
        for number in 0..<5 {
            try image.mount()
            _ = try image.root().open(FileName("file\(number)"), [.write, .create])
            try image.unmount()
            let next = try #require(try Self.seal(image))
            #expect(seen.insert(next).inserted)
        }
    }

    @Test("changes with a file's time alone, which a walk might not see", arguments: kinds)
    func changesWithTime(kind: String, megabytes: Int) throws {
        let (image, first) = try Self.sealed(kind, megabytes)
        try image.mount()
        try image.root().setModified(of: "folder", FileTime(seconds: 1, nanoseconds: 0))
        try image.unmount()
        #expect(try Self.seal(image) != first)
    }

    @Test("stays after a read-only mount", arguments: kinds)
    func readOnly(kind: String, megabytes: Int) throws {
        let (image, first) = try Self.sealed(kind, megabytes)
        try image.mount("loop,ro")
        _ = try image.root().entryNames()
        try image.unmount()
        #expect(try Self.seal(image) == first)
    }

    @Test("is none, or another one, when the drive was pulled while it was mounted", arguments: kinds)
    func pulled(kind: String, megabytes: Int) throws {
        let (image, first) = try Self.sealed(kind, megabytes)
        try image.mount()
        let root = try image.root()
        let file = try root.open("file", [.write, .create])
        try file.writeAll(Array(repeating: 1, count: 100_000))
        try file.sync()
        let copy = image.home.path + "/pulled"
        try run("/bin/cp", "--sparse=always", image.file, copy)
        let seal = try Seal.read(from: Descriptor.open(FileName(copy), .read))
        #expect(seal != first)
        #expect(kind == "btrfs" || seal == nil)
    }

    @Test("is read from the device, not from what was read of it before", arguments: kinds)
    func staleCache(kind: String, megabytes: Int) throws {
        let (image, first) = try Self.sealed(kind, megabytes)
        let name = try run("/sbin/losetup", "--find", "--show", image.file).split(separator: "\n")[0]
        defer {
            // A loop device that is left fails no test, ignoring.
            _ = try? run("/sbin/losetup", "-d", String(name))
        }
        let device = try Descriptor.open(FileName(String(name)), .read)
        _ = try device.readAll(limit: megabytes << 20)
        #expect(try Seal.read(from: device) == first)
        try run("/bin/mount", "-t", kind, String(name), image.path)
        _ = try image.root().open("file", [.write, .create])
        try image.unmount()
        let second = try #require(try Seal.read(from: device))
        #expect(second != first)
        #expect(try Self.seal(image) == second)
    }

    @Test("is none for what is no file system")
    func foreign() throws {
        let home = try TemporaryFolder()
        try run("/usr/bin/truncate", "-s", "1M", home.path + "/zeros")
        #expect(try Seal.read(from: home.folder.open("zeros", .read)) == nil)
        try run("/usr/bin/truncate", "-s", "700", home.path + "/short")
        #expect(try Seal.read(from: home.folder.open("short", .read)) == nil)
    }
}
