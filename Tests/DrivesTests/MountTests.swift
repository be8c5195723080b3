import Glibc
import LinuxSystem
import Synchronization
import SystemPackage
import Testing

@testable import Drives

@Suite("A file system on a loop device", .mounts, .serialized)
struct MountTests {
    private let operations = LinuxDriveOperations()

    @Test("is clean when it is new, and damaged when its start is overwritten")
    func check() throws {
        let folder = try TemporaryFolder()
        let device = try LoopDevice.ext4(in: folder)
        #expect(try FileSystemChecker.check(device.node) == .clean)
        let disk = try Descriptor.open(device.node, .write)
        try disk.writeAll([UInt8](repeating: 0, count: 65536))
        try disk.close()
        guard case .damaged(let line) = try FileSystemChecker.check(device.node) else {
            Issue.record("not noticed")
            return
        }
        #expect(!line.isEmpty)
    }

    @Test("that was not unmounted is repaired")
    func repair() throws {
        let folder = try TemporaryFolder()
        let device = try LoopDevice.ext4(in: folder)
        // As after a crash: the file system says that it is not clean.
        let spoil: [FileName] = ["/sbin/debugfs", "-w", "-R", "set_super_value state 0", device.node]
        #expect(try ChildProcess(spoil).run().isSuccess)
        guard case .repaired = try FileSystemChecker.check(device.node) else {
            Issue.record("not repaired")
            return
        }
        #expect(try FileSystemChecker.check(device.node) == .clean)
    }

    @Test("is mounted with everything off that a drive must not do, in a folder for root alone")
    func flags() throws {
        let folder = try TemporaryFolder()
        let device = try LoopDevice.ext4(in: folder)
        let place = folder.path.appending("run/red")
        try MountPoint.mount(device.node, at: place, .ext4, .writing)
        defer { try? unmountFileSystem(place, .detach) }
        #expect(try MountTable.current().isMountPoint(place))
        let lines = try Descriptor.open("/proc/self/mountinfo", .read).readAll(limit: 1 << 20)
            .split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        let line = try #require(
            lines.first { $0.contains(" \(String(decoding: place.bytes, as: UTF8.self)) ") }
        )
        for option in ["nosuid", "nodev", "noexec", "noatime", "nosymfollow", "errors=remount-ro"] {
            #expect(line.contains(option), "\(option) is missing in \(line)")
        }
        #expect(throws: SystemError(call: "mount", subject: place, errno: .resourceBusy)) {
            try MountPoint.mount(device.node, at: place, .ext4, .writing)
        }
        try operations.unmount(place, .ifUnused)
        #expect(try !MountTable.current().isMountPoint(place))
        #expect(try Descriptor.open(place, .directory).nodeStatus().permissions == 0o700)
    }

    @Test("is busy while a file is open, and the holder is found")
    func holder() throws {
        let folder = try TemporaryFolder()
        let device = try LoopDevice.ext4(in: folder)
        let place = folder.path.appending("red")
        try MountPoint.mount(device.node, at: place, .ext4, .writing)
        defer { try? unmountFileSystem(place, .detach) }
        let root = try operations.openRoot(place)
        try operations.sync(root)
        #expect(throws: SystemError(call: "umount2", subject: place, errno: .resourceBusy)) {
            try operations.unmount(place, .ifUnused)
        }
        // A program that another test just starts has a copy of all descriptors, until it runs.
        let holders = operations.holders(of: .mount(place)).filter { $0.processID == getpid() }
        #expect(holders.map(\.use) == [.openFile(place)])
        try root.close()
        for _ in 0..<250 where !operations.holders(of: .mount(place)).isEmpty {
            operations.pause(.milliseconds(20))
        }
        #expect(operations.holders(of: .mount(place)) == [])
        try operations.unmount(place, .ifUnused)
    }

    @Test("makes its disk busy for a flush until it is unmounted")
    func flush() throws {
        let folder = try TemporaryFolder()
        let loop = try LoopDevice.ext4(in: folder)
        let device = try DriveFinder.device(at: loop.node)
        #expect(device.node == loop.node)
        #expect(device.diskNode == loop.node)
        #expect(device.size == 16 << 20)
        #expect(device.bus == .other)
        #expect(operations.isPresent(diskSequence: device.diskSequence))
        #expect(!operations.isPresent(diskSequence: device.diskSequence + 1_000_000))
        let pin = try operations.pin(device)
        try operations.recheck(pin, is: device)
        try operations.flush(device)

        let place = folder.path.appending("red")
        try MountPoint.mount(loop.node, at: place, .ext4, .writing)
        defer { try? unmountFileSystem(place, .detach) }
        #expect(throws: SystemError(call: "open", subject: loop.node, errno: .resourceBusy)) {
            try operations.flush(device)
        }
        let holders = operations.holders(of: .disk(device.diskNode)).filter(\.isExclusive)
        #expect(holders.contains { $0.use == .mount(place) })
        try operations.unmount(place, .ifUnused)
        try operations.flush(device)
        #expect(throws: SystemError.self) { try operations.send(.synchronizeCache, to: device) }
    }

    @Test("that is another one by now is not taken for the pinned one")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let loop = try LoopDevice.ext4(in: folder)
        let now = try DriveFinder.device(at: loop.node)
        let before = BlockDevice(
            node: now.node,
            number: now.number,
            diskNode: now.diskNode,
            partition: nil,
            diskSequence: now.diskSequence - 1,
            serial: nil,
            size: now.size,
            bus: .other,
            luksUUID: nil,
            sysfsPath: now.sysfsPath
        )
        let stale = SystemError(call: "open", subject: loop.node, errno: .staleNFSFileHandle)
        #expect(throws: stale) { _ = try operations.pin(before) }
        #expect(throws: stale) { try operations.flush(before) }
    }

    @Test("mounted in a private namespace is seen by that thread only")
    func privateNamespace() throws {
        let folder = try TemporaryFolder()
        let loop = try LoopDevice.ext4(in: folder)
        let place = folder.path.appending("red")
        let (node, result, done) = (loop.node, Box(), Flag())
        Thread.start(named: "private") {
            do {
                try MountNamespace.makePrivate()
                try MountPoint.mount(node, at: place, .ext4, .writing)
                let table = try MountTable(file: "/proc/thread-self/mountinfo")
                let isSeen = table.isMountPoint(place)
                result.value.withLock { $0 = isSeen ? "mounted" : "not mounted" }
                while !done.isSet { Thread.sleep(for: .milliseconds(5)) }
                try unmountFileSystem(place, .ifUnused)
                result.value.withLock { $0 = "unmounted" }
            } catch {
                result.value.withLock { $0 = "\(error)" }
            }
        }
        #expect(result.wait(while: "") == "mounted")
        #expect(try !MountTable.current().isMountPoint(place))
        done.set()
        #expect(result.wait(while: "mounted") == "unmounted")
    }

    private final class Box: Sendable {
        let value = Mutex("")

        /// The value after it changed, or after 10 seconds.
        func wait(while old: String) -> String {
            for _ in 0..<2000 {
                let now = value.withLock { $0 }
                if now != old { return now }
                Thread.sleep(for: .milliseconds(5))
            }
            return old
        }
    }
}

@Suite("What udev and sysfs say")
struct DriveFinderTests {
    @Test("of a UUID that no disk has is nothing")
    func absent() throws {
        #expect(try DriveFinder.candidates(luksUUID: "00000000-0000-0000-0000-000000000000") == [])
    }

    @Test("of something that is no disk is an error")
    func noDisk() {
        #expect(throws: SystemError(call: "open", subject: "/dev/null", errno: .notBlockDevice)) {
            _ = try DriveFinder.device(at: "/dev/null")
        }
    }

    @Test("of a mapping that does not exist is nothing, and closing it says so")
    func noMapping() throws {
        #expect(try LinuxDriveOperations().mountPoints(of: "extbackup-none-1") == [])
        #expect(throws: CryptError.self) {
            try LinuxDriveOperations().deactivate("extbackup-none-1", .ifUnused)
        }
    }
}

@Suite("The sleep inhibitor")
struct SleepInhibitorTests {
    @Test("without logind is a warning")
    func withoutLogind() throws {
        let inhibitor = SleepInhibitor(reason: "test")
        let hasBus = Sysfs.names(in: "/run/dbus").contains("system_bus_socket")
        let warning = inhibitor.warning
        if !hasBus { #expect(warning?.hasPrefix("the machine may fall asleep meanwhile: ") == true) }
    }
}
