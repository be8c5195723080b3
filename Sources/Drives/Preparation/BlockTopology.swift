internal import LinuxSystem
internal import SystemPackage

/// How block devices stand on each other, as sysfs shows it: disk, partitions, and what holds them.
struct BlockTopology {
    /// Where sysfs is mounted.
    let sysfs: FileName

    init(sysfs: FileName = "/sys") {
        self.sysfs = sysfs
    }

    /// One device: a folder of sysfs.
    struct Device: Hashable {
        let folder: FileName
        let number: DeviceNumber
        /// The kernel's node below /dev.
        let path: FileName
    }

    func device(_ number: DeviceNumber) throws(SystemError) -> Device {
        let link = sysfs.appending(FileName("dev/block/\(number)"))
        return try device(in: resolvedPath(link), number)
    }

    private func device(in folder: FileName, _ known: DeviceNumber? = nil) throws(SystemError) -> Device {
        let number = known ?? attribute("dev", in: folder).flatMap { DeviceNumber($0) }
        guard let number else {
            throw SystemError(call: "sysfs", subject: folder, errno: .noSuchAddressOrDevice)
        }
        let name = attribute("uevent", in: folder)?
            .split(separator: "\n").first { $0.hasPrefix("DEVNAME=") }?
            .dropFirst("DEVNAME=".count)
        let fallback = folder.components.last ?? FileName()
        let node = name.map { FileName(String($0)) } ?? fallback
        return Device(folder: folder, number: number, path: FileName("/dev").appending(node))
    }

    /// A small file's text without white space at the end; nil when it cannot be read, as many attributes of
    /// many drivers.
    func attribute(_ name: String, of device: Device) -> String? {
        attribute(name, in: device.folder)
    }

    private func attribute(_ name: String, in folder: FileName) -> String? {
        // Which attributes exist depends on the driver, ignoring.
        guard let file = try? Descriptor.open(folder.appending(FileName(name)), .read),
            let bytes = try? file.readAll(limit: 1 << 16)
        else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        return text.isEmpty ? nil : text
    }

    /// The number in an attribute.
    func number(_ name: String, of device: Device) -> UInt64? {
        attribute(name, of: device).flatMap { UInt64($0) }
    }

    /// The disk a partition belongs to; nil for a whole disk.
    func wholeDisk(of device: Device) throws(SystemError) -> Device? {
        guard attribute("partition", of: device) != nil else { return nil }
        return try self.device(in: FileName(bytes: device.folder.bytes.parentPath))
    }

    /// All whole disks: no parts, and nothing that stands on other disks (device-mapper, md) or in memory (zram).
    func disks() throws(SystemError) -> [Device] {
        let folder = sysfs.appending("block")
        var found: [Device] = []
        for name in try Descriptor.open(folder, .directory).entryNames().sorted() {
            let device = try self.device(in: resolvedPath(folder.appending(name)))
            if isReal(device), number("size", of: device) ?? 0 > 0 { found.append(device) }
        }
        return found
    }

    /// True for a disk that is no part, and stands neither on other disks nor in memory.
    func isReal(_ disk: Device) -> Bool {
        attribute("device/uevent", of: disk) != nil || attribute("loop/backing_file", of: disk) != nil
    }

    /// The partitions the kernel knows on a disk.
    func partitions(of disk: Device) throws(SystemError) -> [Device] {
        var found: [Device] = []
        for name in try Descriptor.open(disk.folder, .directory).entryNames() {
            let folder = disk.folder.appending(name)
            if attribute("partition", in: folder) != nil { found.append(try device(in: folder)) }
        }
        return found
    }

    /// The devices that stand directly on this one.
    func holders(of device: Device) throws(SystemError) -> [Device] {
        try related("holders", to: device)
    }

    /// The devices this one stands directly on.
    func slaves(of device: Device) throws(SystemError) -> [Device] {
        try related("slaves", to: device)
    }

    private func related(_ kind: FileName, to device: Device) throws(SystemError) -> [Device] {
        let folder = device.folder.appending(kind)
        guard let listing = try? Descriptor.open(folder, .directory) else {
            // Partitions have no "slaves", ignoring.
            return []
        }
        var found: [Device] = []
        for name in try listing.entryNames() {
            found.append(try self.device(in: resolvedPath(folder.appending(name))))
        }
        return found
    }

    /// The disk, its partitions, and everything that stands on them at any height.
    func stack(on disk: Device) throws(SystemError) -> [Device] {
        var found: [Device] = [disk]
        var next = 0
        while next < found.count {
            let device = found[next]
            for above in try partitions(of: device) + holders(of: device) where !found.contains(above) {
                found.append(above)
            }
            next += 1
        }
        return found
    }

    /// The device and everything it stands on, down to whole disks.
    func foundations(of device: Device) throws(SystemError) -> [Device] {
        var found: [Device] = [device]
        var next = 0
        while next < found.count {
            var below = try slaves(of: found[next])
            if let disk = try wholeDisk(of: found[next]) { below.append(disk) }
            for device in below where !found.contains(device) { found.append(device) }
            next += 1
        }
        return found
    }

    /// The devices of each mounted btrfs. Its mounts carry a number that belongs to no device.
    func btrfsGroups() throws(SystemError) -> [[DeviceNumber]] {
        let root = sysfs.appending("fs/btrfs")
        guard let listing = try? Descriptor.open(root, .directory) else {
            // A kernel without btrfs, ignoring.
            return []
        }
        var groups: [[DeviceNumber]] = []
        for name in try listing.entryNames() {
            let folder = root.appending(name).appending("devices")
            guard let devices = try? Descriptor.open(folder, .directory) else {
                // "features" is no file system, ignoring.
                continue
            }
            var group: [DeviceNumber] = []
            for member in try devices.entryNames() {
                group.append(try device(in: resolvedPath(folder.appending(member))).number)
            }
            groups.append(group)
        }
        return groups
    }
}

extension [UInt8] {
    /// The path without its last part.
    var parentPath: [UInt8] {
        guard let slash = lastIndex(of: UInt8(ascii: "/")) else { return [] }
        return Array(self[..<slash])
    }
}
