internal import LinuxSystem
internal import SystemPackage

/// Disks and mappings as sysfs shows them.
enum SysfsDisks {
    private static let blockFolder: FileName = "/sys/block"

    /// True while a disk has this sequence number.
    static func isPresent(diskSequence: UInt64) -> Bool {
        disks().contains { $0.diskSequence == diskSequence }
    }

    /// A whole disk, also a mapping or a loop device.
    struct Disk {
        let name: FileName
        let diskSequence: UInt64?

        var node: FileName { FileName("/dev").appending(name) }
        var path: FileName { blockFolder.appending(name) }
        /// The name below /dev/mapper; nil for what is no mapping.
        var mappingName: FileName? {
            Sysfs.bytes(path.appending("dm/name"), limit: 4096).map {
                FileName(bytes: $0.prefix { $0 != 10 })
            }
        }
        /// The numbers of the devices that it lies on.
        var underlying: [DeviceNumber?] {
            let slaves = path.appending("slaves")
            return Sysfs.names(in: slaves).map { name in
                Sysfs.text(slaves.appending(name).appending("dev")).flatMap(DeviceNumber.init)
            }
        }
        var number: DeviceNumber? { Sysfs.text(path.appending("dev")).flatMap(DeviceNumber.init) }
        /// It and its partitions, by their paths in sysfs.
        var parts: [FileName] {
            let partitions = Sysfs.names(in: path).map { path.appending($0) }
            return [path] + partitions.filter { Sysfs.text($0.appending("partition")) != nil }
        }
    }

    static func disks() -> [Disk] {
        Sysfs.names(in: blockFolder).map(disk)
    }

    static func disk(_ name: FileName) -> Disk {
        let text = Sysfs.text(blockFolder.appending(name).appending("diskseq"))
        return Disk(name: name, diskSequence: text.flatMap { UInt64($0) })
    }

    /// - Throws: when sysfs cannot be read, for then nothing is known.
    static func mappings() throws(SystemError) -> [Disk] {
        let names = try Descriptor.open(blockFolder, [.directory, .followLink]).entryNames()
        return names.filter { $0.bytes.starts(with: "dm-".utf8) }.map(disk)
    }

    static func mapping(named name: FileName) throws(SystemError) -> Disk? {
        try mappings().first { $0.mappingName == name }
    }
}

/// USB devices as sysfs shows them.
enum SysfsUSB {
    /// Mass storage (USB-IF, Defined Class Codes).
    static let massStorageClass = "08"

    /// The class numbers of the device's interfaces, two hexadecimal digits each.
    static func interfaceClasses(of devicePath: FileName) -> [String] {
        Sysfs.names(in: devicePath).compactMap { name in
            guard name.bytes.contains(UInt8(ascii: ":")) else { return nil }
            return Sysfs.text(devicePath.appending(name).appending("bInterfaceClass"))
        }
    }
}
