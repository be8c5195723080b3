import Glibc
import LinuxSystem
import Synchronization
import SystemPackage

@testable import Drives

/// The kernel's operations without device-mapper and udev: the container is opened with the key, but what appears
/// below /dev/mapper is another image behind a loop device. Mounts, syncs and flushes are real.
final class PreparationOperations: DriveOperations {
    private struct State {
        var loops: [FileName: FileName] = [:]
        var known: BlockDevice?
        var mapping = Mapping.closes
    }

    private let real = LinuxDriveOperations()
    private let inside: FileName
    private let state = Mutex(State())

    /// How the mapping behaves when it is closed.
    enum Mapping {
        case closes
        case staysBusy
    }

    init(inside: FileName, mapping: Mapping) {
        self.inside = inside
        state.withLock { $0.mapping = mapping }
    }

    /// As udev, when a drive is plugged in that is one already.
    func announce(_ device: BlockDevice) { state.withLock { $0.known = device } }

    /// Lets a busy mapping go.
    func release() {
        state.withLock { $0.mapping = .closes }
        // What does not close shows as a lost loop device, ignoring.
        for mapping in openMappings { try? deactivate(mapping, .force) }
    }

    /// What is still open.
    var openMappings: [FileName] { state.withLock { Array($0.loops.keys) } }

    func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice] {
        guard let device = state.withLock({ $0.known }), device.luksUUID == luksUUID.lowercased() else {
            return []
        }
        // As udev: while the disk is locked there is nothing to be seen.
        let disk = try Descriptor.open(device.diskNode, .read)
        return try disk.tryLock(.shared) ? [device] : []
    }

    func activate(
        _ mapping: FileName,
        on device: BlockDevice,
        identity: DriveIdentity,
        key: borrowing SecretBytes,
        access: DriveAccess
    ) throws(CryptError) {
        guard try LUKSContainer(path: device.node).opens(slot: identity.keySlot, with: key) else {
            throw CryptError(call: "activate", errno: .notPermitted)
        }
        // What went wrong is shown by what follows, ignoring.
        guard let loop = try? attachLoopDevice(inside), Self.link(mapping, to: loop) else {
            throw CryptError(call: "activate", errno: .ioError)
        }
        state.withLock {
            $0.loops[mapping] = loop
            $0.known = device
        }
    }

    func deactivate(_ mapping: FileName, _ mode: Deactivation) throws(CryptError) {
        if state.withLock({ $0.mapping }) == .staysBusy {
            throw CryptError(call: "deactivate", errno: .resourceBusy)
        }
        guard let loop = state.withLock({ $0.loops.removeValue(forKey: mapping) }) else {
            throw CryptError(call: "deactivate", errno: .operationNotSupportedByDevice)
        }
        _ = Self.folder.appending(mapping).withCString { unlink($0) }
        detachLoopDevice(loop)
    }

    func openDevice(of mapping: FileName) throws(SystemError) -> Descriptor {
        guard let loop = state.withLock({ $0.loops[mapping] }) else {
            throw SystemError(call: "open", subject: mapping, errno: .noSuchFileOrDirectory)
        }
        return try Descriptor.open(loop, .read)
    }

    func mappings() -> [FileName] { openMappings }

    private static let folder: FileName = "/dev/mapper"

    private static func link(_ mapping: FileName, to loop: FileName) -> Bool {
        _ = folder.withCString { mkdir($0, 0o755) }
        return loop.withCString { loop in folder.appending(mapping).withCString { symlink(loop, $0) } } == 0
    }
}

/// What works on any kernel.
extension PreparationOperations {
    func isPresent(diskSequence: UInt64) -> Bool { real.isPresent(diskSequence: diskSequence) }

    func otherInterfaceClasses(of device: BlockDevice) -> [String] { real.otherInterfaceClasses(of: device) }

    func pin(_ device: BlockDevice) throws(SystemError) -> Descriptor { try real.pin(device) }

    func recheck(_ pin: borrowing Descriptor, is device: BlockDevice) throws(SystemError) {
        try real.recheck(pin, is: device)
    }

    func checkFileSystem(of mapping: FileName, _ kind: FileSystemKind) throws(SystemError) -> FileSystemState
    {
        try real.checkFileSystem(of: mapping, kind)
    }

    func mount(
        _ mapping: FileName,
        at directory: FileName,
        _ kind: FileSystemKind,
        _ access: DriveAccess
    ) throws(SystemError) {
        try real.mount(mapping, at: directory, kind, access)
    }

    func openRoot(_ directory: FileName) throws(SystemError) -> Descriptor { try real.openRoot(directory) }

    func sync(_ root: borrowing Descriptor) throws(SystemError) { try real.sync(root) }

    func unmount(_ directory: FileName, _ mode: UnmountMode) throws(SystemError) {
        try real.unmount(directory, mode)
    }

    func mountPoints(of mapping: FileName) throws(SystemError) -> [FileName] {
        try real.mountPoints(of: mapping)
    }

    func holders(of thing: Leftover.Thing) -> [Holder] { real.holders(of: thing) }

    func flush(_ device: BlockDevice) throws(SystemError) { try real.flush(device) }

    func send(_ command: SCSICommand, to device: BlockDevice) throws(SystemError) {
        try real.send(command, to: device)
    }

    func busySiblings(of device: BlockDevice) -> [FileName] { real.busySiblings(of: device) }

    func powerOff(_ device: BlockDevice) throws(SystemError) { try real.powerOff(device) }

    /// Shorter than asked for, but some time: a program that another test starts keeps all descriptors, and with
    /// them the lock on a disk, for a moment.
    func pause(_ duration: Duration) { real.pause(min(duration, .milliseconds(10))) }
}
