internal import LinuxSystem
internal import SystemPackage

/// Reasons against a disk.
extension DiskInspection {
    /// Where the running system lives. Losing any of these ends the machine.
    static let systemMountPoints: [FileName] = [
        "/", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/etc", "/home", "/opt", "/root", "/usr", "/var",
        "/var/lib", "/var/log",
    ]

    static func refusals(
        _ device: BlockTopology.Device,
        _ disk: DiskDescription,
        _ topology: BlockTopology
    ) throws(SystemError) -> [DiskRefusal] {
        var found: [DiskRefusal] = []
        if let whole = try topology.wholeDisk(of: device) { found.append(.partition(of: whole.path)) }
        found += try uses(of: device, topology)
        if found.isEmpty, try isInUse(device) { found.append(.inUse) }
        found += members(disk)
        found += properties(disk, topology.attribute("ro", of: device) == "1")
        return found
    }

    /// Mounts, swap, holders, the system. The disk itself is not opened.
    static func uses(
        of device: BlockTopology.Device,
        _ topology: BlockTopology
    ) throws(SystemError) -> [DiskRefusal] {
        var found: [DiskRefusal] = []
        let groups = try topology.btrfsGroups()
        let stack = try topology.stack(on: device)
        for mount in try MountTable.current().entries {
            let below = mount.blockDevices(btrfsGroups: groups)
            if let used = stack.first(where: { below.contains($0.number) }) {
                found.append(.mounted(device: used.path, at: mount.target))
            }
            guard systemMountPoints.contains(mount.target) else { continue }
            if try stands(on: device, below, topology) {
                found.append(.systemDisk(mountPoint: mount.target))
            }
        }
        for swap in SwapTable().paths {
            guard let number = swap.blockDeviceNumber else { continue }
            if let used = stack.first(where: { $0.number == number }) {
                found.append(.swap(device: used.path))
            }
        }
        for used in stack {
            for holder in try topology.holders(of: used) {
                found.append(.held(device: used.path, by: holder.path))
            }
        }
        return found
    }

    private static func stands(
        on disk: BlockTopology.Device,
        _ numbers: [DeviceNumber],
        _ topology: BlockTopology
    ) throws(SystemError) -> Bool {
        for number in numbers {
            let foundations = try topology.foundations(of: topology.device(number))
            if foundations.contains(where: { $0.number == disk.number }) { return true }
        }
        return false
    }

    /// Mounts in other name spaces, ZFS, programs: whoever has it exclusively.
    private static func isInUse(_ device: BlockTopology.Device) throws(SystemError) -> Bool {
        do {
            _ = try Descriptor.openExclusively(device.path, .read, patience: .seconds(1))
            return false
        } catch {
            if error.errno == .resourceBusy { return true }
            throw error
        }
    }

    private static func members(_ disk: DiskDescription) -> [DiskRefusal] {
        let direct = disk.contents.filter(\.isMember)
            .map { DiskRefusal.member(device: disk.devicePath, type: $0.type) }
        return disk.partitions.reduce(into: direct) { found, partition in
            let path = disk.devicePath.partitionPath(partition.number)
            found += partition.contents.filter(\.isMember).map { .member(device: path, type: $0.type) }
        }
    }

    private static func properties(_ disk: DiskDescription, _ isReadOnly: Bool) -> [DiskRefusal] {
        var found: [DiskRefusal] = []
        let minimum = FileSystemKind.ext4.minimumDiskBytes
        if isReadOnly { found.append(.readOnly) }
        if disk.sizeBytes < minimum {
            found.append(.tooSmall(sizeBytes: disk.sizeBytes, minimumBytes: minimum))
        }
        if disk.bus != .usb && disk.bus != .mmc && !disk.isRemovable {
            found.append(.notRemovable(bus: disk.bus))
        }
        return found
    }
}

extension FileName {
    /// The kernel's name of a disk's partition: `sdb1`, but `mmcblk0p1` after a digit.
    func partitionPath(_ number: Int) -> FileName {
        let endsWithDigit = bytes.last.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        return FileName(bytes: bytes + Array((endsWithDigit ? "p" : "").utf8) + Array(String(number).utf8))
    }
}
