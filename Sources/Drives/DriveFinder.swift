internal import CUdev
public import LinuxSystem
internal import SystemPackage

/// Finds plugged disks by what udev knows of them.
public enum DriveFinder {
    /// All devices that hold a LUKS header, in the order of their paths.
    public static func luksDevices() throws(SystemError) -> [BlockDevice] {
        let udev = try Udev()
        return try udev.blockDevices(property: "ID_FS_TYPE", value: "crypto_LUKS")
    }

    /// The devices that hold a LUKS header with this UUID. More than one: all but one are copies.
    public static func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice] {
        let uuid = luksUUID.lowercased()
        return try luksDevices().filter { $0.luksUUID == uuid }
    }

    /// Describes the disk or partition of a node.
    ///
    /// - Throws: `ENOTBLK` when it is no block device, `ENXIO` when sysfs does not have it.
    public static func device(at node: FileName) throws(SystemError) -> BlockDevice {
        let descriptor = try Descriptor.open(node, [.path, .followLink])
        guard let number = try descriptor.blockDeviceNumber() else {
            throw SystemError(call: "open", subject: node, errno: .notBlockDevice)
        }
        let path = try resolvedPath(FileName("/sys/dev/block/\(number)"))
        guard let device = try Udev().blockDevice(path) else {
            throw SystemError(
                call: "udev_device_new_from_syspath",
                subject: node,
                errno: .noSuchAddressOrDevice
            )
        }
        return device
    }

    /// True when udev tells desktops to leave a device alone (udisks(8)); nil when it does not know the device.
    public static func isHiddenFromDesktops(_ device: BlockDevice) -> Bool? {
        // Without udev nothing finds the drive, which has a finding of its own, ignoring.
        try? Udev().isHiddenFromDesktops(device.sysfsPath)
    }

    /// The drive at a newer plug-in than the one given: was it plugged in again while its last run was ending?
    /// Then that plug-in has had no run of its own.
    public static func newerPlugIn(
        of identity: DriveIdentity,
        than diskSequence: UInt64,
        operations: any DriveOperations = LinuxDriveOperations()
    ) throws(SystemError) -> BlockDevice? {
        try operations.candidates(luksUUID: identity.luksUUID).first { device in
            device.diskSequence > diskSequence && (identity.serial == nil || device.serial == identity.serial)
        }
    }
}

/// A connection to udev's database.
private struct Udev: ~Copyable {
    private let context: OpaquePointer

    init() throws(SystemError) {
        guard let context = udev_new() else { throw SystemError(call: "udev_new", errno: currentErrno()) }
        self.context = context
    }

    deinit {
        udev_unref(context)
    }

    func blockDevices(property: String, value: String) throws(SystemError) -> [BlockDevice] {
        guard let enumerate = udev_enumerate_new(context) else {
            throw SystemError(call: "udev_enumerate_new", errno: currentErrno())
        }
        defer { udev_enumerate_unref(enumerate) }
        let results = [
            udev_enumerate_add_match_subsystem(enumerate, "block"),
            udev_enumerate_add_match_property(enumerate, property, value),
            udev_enumerate_scan_devices(enumerate),
        ]
        if let failed = results.first(where: { $0 < 0 }) {
            throw SystemError(call: "udev_enumerate_scan_devices", errno: Errno(rawValue: -failed))
        }
        var devices: [BlockDevice] = []
        var entry = udev_enumerate_get_list_entry(enumerate)
        while let current = entry {
            if let path = udev_list_entry_get_name(current), let device = blockDevice(Self.name(path)) {
                devices.append(device)
            }
            entry = udev_list_entry_get_next(current)
        }
        return devices
    }

    /// Describes a device by its path in sysfs; nil when it is gone, or no disk or partition.
    func blockDevice(_ path: FileName) -> BlockDevice? {
        guard let device = path.withCString({ udev_device_new_from_syspath(context, $0) }) else { return nil }
        defer { udev_device_unref(device) }
        guard let node = udev_device_get_devnode(device).map(Self.name),
            let number = Self.attribute(device, "dev").flatMap(DeviceNumber.init)
        else { return nil }
        let partition = Self.attribute(device, "partition").flatMap { Int($0) }
        // The parent belongs to the device: it needs no unref.
        let parent =
            partition == nil ? device : udev_device_get_parent_with_subsystem_devtype(device, "block", "disk")
        guard let disk = parent, let diskNode = udev_device_get_devnode(disk).map(Self.name),
            let sequence = Self.attribute(disk, "diskseq").flatMap({ UInt64($0) })
        else { return nil }
        let sectors = Self.attribute(device, "size").flatMap { UInt64($0) } ?? 0
        return BlockDevice(
            node: node,
            number: number,
            diskNode: diskNode,
            partition: partition,
            diskSequence: sequence,
            serial: Self.serial(device) ?? Self.serial(disk),
            size: sectors * 512,
            bus: Self.bus(disk),
            luksUUID: Self.property(device, "ID_FS_UUID")?.lowercased(),
            sysfsPath: path
        )
    }

    /// Nil when the device is gone.
    func isHiddenFromDesktops(_ path: FileName) -> Bool? {
        guard let device = path.withCString({ udev_device_new_from_syspath(context, $0) }) else { return nil }
        defer { udev_device_unref(device) }
        return Self.property(device, "UDISKS_IGNORE") == "1"
    }

    private static func bus(_ disk: OpaquePointer) -> BlockDevice.Bus {
        // Not by ID_BUS: a bridge that passes ATA commands on is "ata" there.
        guard let usb = udev_device_get_parent_with_subsystem_devtype(disk, "usb", "usb_device"),
            let path = udev_device_get_syspath(usb)
        else { return .other }
        return .usb(devicePath: name(path))
    }

    private static func serial(_ device: OpaquePointer) -> String? {
        let serial = property(device, "ID_SERIAL_SHORT") ?? property(device, "ID_SERIAL")
        return serial?.isEmpty == true ? nil : serial
    }

    private static func property(_ device: OpaquePointer, _ key: String) -> String? {
        udev_device_get_property_value(device, key).map { String(cString: $0) }
    }

    private static func attribute(_ device: OpaquePointer, _ key: String) -> String? {
        udev_device_get_sysattr_value(device, key).map { String(cString: $0) }
    }

    private static func name(_ text: UnsafePointer<CChar>) -> FileName {
        FileName(bytes: UnsafeRawBufferPointer(start: text, count: text.byteCount))
    }
}
