import Drives
import LinuxSystem
import Synchronization
import SystemPackage

/// A drive whose contents are a real folder, and whose device, LUKS and mounts are only written down. It fails as
/// planned.
final class FakeDrive: DriveOperations {
    /// What goes wrong.
    struct Fault: Sendable {
        /// The call, as it is written down.
        var call: String
        var errno: Errno
        /// Which of these calls fail, from 1.
        var occurrences: ClosedRange<Int> = 1...1000
        /// The disk is gone from this call on.
        var vanishes = false
    }

    /// How the kernel sees it.
    struct State: Sendable {
        var devices: [BlockDevice]
        var isPresent = true
        var mappings: [FileName] = []
        var mounts: [FileName] = []
        var counts: [String: Int] = [:]
        var faults: [Fault] = []
        /// What the next check finds.
        var fileSystem = FileSystemState.clean
        /// Called after a call was written down.
        var actions: [String: @Sendable () -> Void] = [:]
    }

    static let uuid = "0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11"
    static let driveID = "00112233445566778899aabbccddeeff"

    /// Where the superblock says 1 when it was unmounted in order.
    static let fileSystemState: Int64 = 1024 + 0x3a

    /// What lies on it.
    let folder: FileName
    /// A file with nothing but an ext4 superblock, which counts mounts: what LUKS opens.
    let device: FileName
    let log: EventLog
    let state: Mutex<State>

    init(folder: FileName, device: FileName, log: EventLog) throws {
        self.folder = folder
        self.device = device
        self.log = log
        state = Mutex(State(devices: [.example()]))
        let superblock = try Descriptor.open(device, [.readWrite, .create])
        try superblock.write([UInt8](repeating: 0, count: 4096), at: 0)
        let magic: Int64 = 1024 + 0x38
        try superblock.write([0x53, 0xef], at: magic)
        try superblock.write([1], at: Self.fileSystemState)
    }

    /// Counts a mount, as ext4 does for every writable one.
    func countMount() throws(SystemError) {
        let superblock = try Descriptor.open(device, .readWrite)
        let place: Int64 = 1024 + 0x34
        let count = try superblock.read(1, at: place)
        try superblock.write([(count.first ?? 0) &+ 1], at: place)
    }

    /// Plans what goes wrong.
    func fail(_ faults: Fault...) { state.withLock { $0.faults += faults } }

    /// Does something right after a call.
    func onCall(_ call: String, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions[call] = action }
    }

    private func record(_ call: String) -> Errno? {
        log.add(call)
        let (errno, action) = state.withLock { state in
            state.counts[call, default: 0] += 1
            let count = state.counts[call, default: 0]
            let fault = state.faults.first { $0.call == call && $0.occurrences.contains(count) }
            if fault?.vanishes == true { state.isPresent = false }
            return (fault?.errno, state.actions[call])
        }
        action?()
        return errno
    }

    private func system(_ call: String) throws(SystemError) {
        if let errno = record(call) { throw SystemError(call: call, errno: errno) }
    }

    func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice] {
        try system("candidates")
        return state.withLock { state in
            state.isPresent ? state.devices.filter { $0.luksUUID == luksUUID.lowercased() } : []
        }
    }

    func isPresent(diskSequence: UInt64) -> Bool { state.withLock { $0.isPresent } }
    func otherInterfaceClasses(of device: BlockDevice) -> [String] { [] }

    func pin(_ device: BlockDevice) throws(SystemError) -> Descriptor {
        try system("pin")
        return try Descriptor.open("/dev/null", .read)
    }

    func recheck(_ pin: borrowing Descriptor, is device: BlockDevice) throws(SystemError) {
        try system("recheck")
    }

    func activate(
        _ mapping: FileName,
        on device: BlockDevice,
        identity: DriveIdentity,
        key: borrowing SecretBytes,
        access: DriveAccess
    ) throws(CryptError) {
        if let errno = record(access == .writing ? "activate" : "activate for looking") {
            throw CryptError(call: "activate", errno: errno)
        }
        state.withLock { $0.mappings.append(mapping) }
    }

    func deactivate(_ mapping: FileName, _ mode: Deactivation) throws(CryptError) {
        if let errno = record("deactivate") { throw CryptError(call: "deactivate", errno: errno) }
        state.withLock { $0.mappings.removeAll { $0 == mapping } }
    }

    func openDevice(of mapping: FileName) throws(SystemError) -> Descriptor {
        try system("open device")
        return try Descriptor.open(device, .read)
    }

    func mappings() throws(SystemError) -> [FileName] { state.withLock { $0.mappings } }

    func checkFileSystem(of mapping: FileName, _ kind: FileSystemKind) throws(SystemError) -> FileSystemState
    {
        try system("check")
        return state.withLock { state in
            defer { state.fileSystem = .clean }
            return state.fileSystem
        }
    }

    func mount(
        _ mapping: FileName,
        at directory: FileName,
        _ kind: FileSystemKind,
        _ access: DriveAccess
    ) throws(SystemError) {
        try system(access == .writing ? "mount" : "mount for looking")
        try countMount()
        state.withLock { $0.mounts.append(directory) }
    }

    func openRoot(_ directory: FileName) throws(SystemError) -> Descriptor {
        try Descriptor.open(folder, .directory)
    }

    func sync(_ root: borrowing Descriptor) throws(SystemError) { try system("sync") }

    func unmount(_ directory: FileName, _ mode: UnmountMode) throws(SystemError) {
        try system("unmount")
        try Descriptor.open(device, .readWrite).write([1], at: Self.fileSystemState)
        state.withLock { $0.mounts.removeAll { $0 == directory } }
    }

    func mountPoints(of mapping: FileName) throws(SystemError) -> [FileName] { state.withLock { $0.mounts } }

    func holders(of thing: Leftover.Thing) -> [Holder] {
        switch thing {
        case .disk: []
        case .mount, .mapping: [Holder(processID: 812, program: "borg", use: .openFile("/mnt/x"))]
        }
    }

    func flush(_ device: BlockDevice) throws(SystemError) { try system("flush") }
    func send(_ command: SCSICommand, to device: BlockDevice) throws(SystemError) {}
    func busySiblings(of device: BlockDevice) -> [FileName] { [] }

    func powerOff(_ device: BlockDevice) throws(SystemError) {
        try system("power off")
        state.withLock { $0.isPresent = false }
    }

    func pause(_ duration: Duration) {}
}

extension BlockDevice {
    static func example(
        diskSequence: UInt64 = 7,
        serial: String? = "S1",
        luksUUID: String = FakeDrive.uuid
    ) -> BlockDevice {
        BlockDevice(
            node: "/dev/sdx1",
            number: DeviceNumber(major: 8, minor: 17),
            diskNode: "/dev/sdx",
            partition: 1,
            diskSequence: diskSequence,
            serial: serial,
            size: 1 << 30,
            bus: .usb(devicePath: "/sys/devices/usb1/1-1"),
            luksUUID: luksUUID,
            sysfsPath: "/sys/devices/usb1/1-1/block/sdx/sdx1"
        )
    }
}
