public import LinuxSystem
internal import SystemPackage

/// The kernel itself, by libudev, libcryptsetup, mount(2), sysfs and SG_IO.
public struct LinuxDriveOperations: DriveOperations {
    private let find: @Sendable (_ luksUUID: String) throws(SystemError) -> [BlockDevice]

    /// The real ones.
    public init() {
        find = DriveFinder.candidates
    }

    /// Those of a system where udev does not run, or is not to be asked.
    init(find: @escaping @Sendable (_ luksUUID: String) throws(SystemError) -> [BlockDevice]) {
        self.find = find
    }

    /// From udev's database.
    public func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice] {
        try find(luksUUID)
    }

    /// By /sys/block/*/diskseq.
    public func isPresent(diskSequence: UInt64) -> Bool {
        SysfsDisks.isPresent(diskSequence: diskSequence)
    }

    /// From the USB device's folder in sysfs; none for other disks.
    public func otherInterfaceClasses(of device: BlockDevice) -> [String] {
        guard case .usb(let path) = device.bus else { return [] }
        return SysfsUSB.interfaceClasses(of: path).filter { $0 != SysfsUSB.massStorageClass }
    }

    /// Opens the node.
    public func pin(_ device: BlockDevice) throws(SystemError) -> Descriptor {
        let pin = try Descriptor.open(device.node, [.read, .nonBlocking])
        try recheck(pin, is: device)
        return pin
    }

    /// Compares device numbers and disk sequence numbers. `ESTALE` is `Errno.staleNFSFileHandle`.
    public func recheck(_ pin: borrowing Descriptor, is device: BlockDevice) throws(SystemError) {
        // The node is looked at again too, for it is what libcryptsetup opens.
        let node = try Descriptor.open(device.node, .path)
        let numbers = [try pin.blockDeviceNumber(), try node.blockDeviceNumber()]
        let sequence = try pin.diskSequence()
        if numbers != [device.number, device.number] || sequence != device.diskSequence {
            throw SystemError(call: "open", subject: device.node, errno: .staleNFSFileHandle)
        }
        if !isPresent(diskSequence: device.diskSequence) {
            throw SystemError(call: "open", subject: device.node, errno: .noSuchAddressOrDevice)
        }
    }

    /// Looks through sysfs and /proc; takes a second with thousands of processes.
    public func holders(of thing: Leftover.Thing) -> [Holder] {
        HolderSearch(thing).holders()
    }

    /// Sleeps on the calling thread.
    public func pause(_ duration: Duration) {
        Thread.sleep(for: duration)
    }
}
