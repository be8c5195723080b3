public import LinuxSystem
internal import SystemPackage

/// The whole disk, when nothing of it is open any more.
extension LinuxDriveOperations {
    /// Opens the whole disk with `O_EXCL` and calls fsync(2).
    public func flush(_ device: BlockDevice) throws(SystemError) {
        // O_EXCL is the proof: mounts and mappings claim the disk in the same way.
        let disk = try Self.open(device, [.read, .nonBlocking, .exclusive])
        try disk.sync()
    }

    /// By SG_IO. The kernel takes these commands from a descriptor that is open for writing only, or else asks for
    /// CAP_SYS_RAWIO.
    public func send(_ command: SCSICommand, to device: BlockDevice) throws(SystemError) {
        let disk = try Self.open(device, [.readWrite, .nonBlocking])
        try disk.send(command)
    }

    /// Tries to open each with `O_EXCL`.
    public func busySiblings(of device: BlockDevice) -> [FileName] {
        guard case .usb(let usbPath) = device.bus else { return [] }
        return SysfsDisks.disks().filter { disk in
            guard disk.node != device.diskNode, let path = Sysfs.resolved(disk.path), path.isWithin(usbPath)
            else { return false }
            return Self.isBusy(disk.node)
        }
        .map(\.node)
    }

    /// Writes to the USB device's `remove` in sysfs.
    public func powerOff(_ device: BlockDevice) throws(SystemError) {
        guard case .usb(let usbPath) = device.bus else {
            throw SystemError(call: "open", subject: device.diskNode, errno: .notSupported)
        }
        // The USB device's path is its port: somebody else may be there by now.
        if !isPresent(diskSequence: device.diskSequence) {
            throw SystemError(call: "open", subject: device.diskNode, errno: .noSuchAddressOrDevice)
        }
        try Descriptor.open(usbPath.appending("remove"), .write).writeAll(Array("1".utf8))
    }

    private static func open(_ device: BlockDevice, _ flags: OpenFlags) throws(SystemError) -> Descriptor {
        let disk = try Descriptor.open(device.diskNode, flags)
        if try disk.diskSequence() == device.diskSequence { return disk }
        throw SystemError(call: "open", subject: device.diskNode, errno: .staleNFSFileHandle)
    }

    private static func isBusy(_ node: FileName) -> Bool {
        do {
            _ = try Descriptor.open(node, [.read, .nonBlocking, .exclusive])
            return false
        } catch {
            // An empty card reader has no medium, and nobody who uses one.
            return error.errno == .resourceBusy
        }
    }
}
