import Drives
import LinuxSystem
import Synchronization
import SystemPackage
import Testing

/// Operations that do nothing but write down what was asked, in the order asked, and fail as planned.
final class RecordingDriveOperations: DriveOperations {
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

    struct State: Sendable {
        var calls: [String] = []
        var isPresent = true
        var mappings: [FileName] = []
        var mounts: [FileName] = []
    }

    private let state: Mutex<State>
    private let faults: [Fault]
    private let devices: [BlockDevice]
    let fileSystemState: FileSystemState
    let classes: [String]
    let diskHolders: [Holder]
    let siblings: [FileName]

    init(
        faults: [Fault] = [],
        devices: [BlockDevice] = [.example()],
        fileSystemState: FileSystemState = .clean,
        classes: [String] = [],
        diskHolders: [Holder] = [],
        siblings: [FileName] = [],
        state: State = State()
    ) {
        self.faults = faults
        self.devices = devices
        self.fileSystemState = fileSystemState
        self.classes = classes
        self.diskHolders = diskHolders
        self.siblings = siblings
        self.state = Mutex(state)
    }

    /// What was asked. The same call several times in a row is one entry with its count.
    var calls: [String] {
        var runs: [(call: String, count: Int)] = []
        for call in state.withLock({ $0.calls }) {
            if let last = runs.indices.last, runs[last].call == call {
                runs[last].count += 1
            } else {
                runs.append((call, 1))
            }
        }
        return runs.map { $0.count == 1 ? $0.call : "\($0.call) ×\($0.count)" }
    }

    private func record(_ call: String) -> Errno? {
        state.withLock { state in
            state.calls.append(call)
            let count = state.calls.count { $0 == call }
            let fault = faults.first { $0.call == call && $0.occurrences.contains(count) }
            if fault?.vanishes == true { state.isPresent = false }
            return fault?.errno
        }
    }

    private func system(_ call: String) throws(SystemError) {
        if let errno = record(call) { throw SystemError(call: call, errno: errno) }
    }

    func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice] {
        try system("candidates")
        return devices.filter { $0.luksUUID == luksUUID }
    }

    func isPresent(diskSequence: UInt64) -> Bool { state.withLock { $0.isPresent } }
    func otherInterfaceClasses(of device: BlockDevice) -> [String] { classes }

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
        let call = mode == .ifUnused ? "deactivate" : "deactivate \(mode)"
        if let errno = record(call) { throw CryptError(call: call, errno: errno) }
        // "when unused" succeeds at once; whether it is gone depends on who uses it.
        if mode == .whenUnused && faults.contains(where: { $0.call == "deactivate" }) { return }
        state.withLock { $0.mappings.removeAll { $0 == mapping } }
    }

    func openDevice(of mapping: FileName) throws(SystemError) -> Descriptor {
        try system("open device")
        return try Descriptor.open("/dev/null", .read)
    }

    func mappings() throws(SystemError) -> [FileName] { state.withLock { $0.mappings } }

    func checkFileSystem(
        of mapping: FileName,
        _ kind: FileSystemKind
    ) throws(SystemError) -> FileSystemState {
        try system("check")
        return fileSystemState
    }

    func mount(
        _ mapping: FileName,
        at directory: FileName,
        _ kind: FileSystemKind,
        _ access: DriveAccess
    ) throws(SystemError) {
        try system(access == .writing ? "mount" : "mount for looking")
        state.withLock { $0.mounts.append(directory) }
    }

    func openRoot(_ directory: FileName) throws(SystemError) -> Descriptor {
        try system("open root")
        return try Descriptor.open(directory, .directory)
    }

    func sync(_ root: borrowing Descriptor) throws(SystemError) { try system("sync") }

    func unmount(_ directory: FileName, _ mode: UnmountMode) throws(SystemError) {
        try system(mode == .ifUnused ? "unmount" : "detach")
        state.withLock { $0.mounts.removeAll { $0 == directory } }
    }

    func mountPoints(of mapping: FileName) throws(SystemError) -> [FileName] { state.withLock { $0.mounts } }

    func holders(of thing: Leftover.Thing) -> [Holder] {
        switch thing {
        case .disk: return diskHolders
        case .mount, .mapping: return [.borg]
        }
    }

    func flush(_ device: BlockDevice) throws(SystemError) { try system("flush") }
    func send(_ command: SCSICommand, to device: BlockDevice) throws(SystemError) {
        try system("send \(command)")
    }
    func busySiblings(of device: BlockDevice) -> [FileName] { siblings }

    func powerOff(_ device: BlockDevice) throws(SystemError) {
        try system("power off")
        state.withLock { $0.isPresent = false }
    }

    func pause(_ duration: Duration) {}
}

extension Holder {
    static let borg = Holder(processID: 812, program: "borg", use: .openFile("/run/extbackup/red/x"))
}

extension BlockDevice {
    static let exampleUUID = "0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11"

    static func example(
        node: FileName = "/dev/sdx1",
        diskSequence: UInt64 = 7,
        serial: String? = "S1",
        bus: Bus = .usb(devicePath: "/sys/devices/usb1/1-1")
    ) -> BlockDevice {
        BlockDevice(
            node: node,
            number: DeviceNumber(major: 8, minor: 17),
            diskNode: "/dev/sdx",
            partition: 1,
            diskSequence: diskSequence,
            serial: serial,
            size: 1 << 30,
            bus: bus,
            luksUUID: exampleUUID,
            sysfsPath: "/sys/devices/usb1/1-1/block/sdx/sdx1"
        )
    }
}

extension DriveIdentity {
    static func example(name: String = "red", serial: String? = "S1") throws -> DriveIdentity {
        DriveIdentity(
            name: try #require(DriveName(name)),
            luksUUID: BlockDevice.exampleUUID.uppercased(),
            serial: serial,
            keySlot: 0,
            fileSystem: .ext4
        )
    }
}
