public import LinuxSystem

/// A partition or a whole disk that holds a LUKS header, as it is plugged in now.
///
/// The value describes one plug-in: after a replug `diskSequence` is another one, even if all the rest is
/// the same.
public struct BlockDevice: Hashable, Sendable {
    /// How the disk is attached.
    public enum Bus: Hashable, Sendable {
        /// Over USB: it can be powered off. The path is that of the USB device in sysfs.
        case usb(devicePath: FileName)
        /// In any other way: loop device, virtio, SATA.
        case other
    }

    /// The node: `/dev/sdb1`.
    public let node: FileName
    /// The number of the node.
    public let number: DeviceNumber
    /// The node of the whole disk: `/dev/sdb`. The same as `node` when there is no partition table.
    public let diskNode: FileName
    /// The partition's number; nil for a whole disk.
    public let partition: Int?
    /// What the kernel gave the disk at this plug-in, and gives to no other until the next boot
    /// (/sys/block/DISK/diskseq, Linux 5.15).
    public let diskSequence: UInt64
    /// The serial number: udev's `ID_SERIAL_SHORT`, else `ID_SERIAL`; nil when udev knows none.
    public let serial: String?
    /// The size of `node` in bytes.
    public let size: UInt64
    /// How the disk is attached.
    public let bus: Bus
    /// The UUID in the LUKS header, in lower case; nil for a device without one.
    public let luksUUID: String?
    /// The path of `node` in sysfs, without symbolic links.
    public let sysfsPath: FileName

    /// Describes a device. `DriveFinder` makes them from what udev knows.
    public init(
        node: FileName,
        number: DeviceNumber,
        diskNode: FileName,
        partition: Int?,
        diskSequence: UInt64,
        serial: String?,
        size: UInt64,
        bus: Bus,
        luksUUID: String?,
        sysfsPath: FileName
    ) {
        self.node = node
        self.number = number
        self.diskNode = diskNode
        self.partition = partition
        self.diskSequence = diskSequence
        self.serial = serial
        self.size = size
        self.bus = bus
        self.luksUUID = luksUUID
        self.sysfsPath = sysfsPath
    }
}
