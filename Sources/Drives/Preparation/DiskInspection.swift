public import LinuxSystem
internal import SystemPackage

/// Looks at a disk without changing it: what it is, what lies on it, and why it must not be erased.
///
/// A disk without refusals is not mounted, not swap, not held by any driver, not part of a RAID or volume group,
/// not the running system's, and can be opened exclusively at the time of the inspection. `DiskPreparation`
/// inspects again under locks, because all of this may change while a person types.
public enum DiskInspection {
    /// Inspects the disk at a path; links as those in /dev/disk/by-id are followed. Reads some MiB of the disk.
    ///
    /// - Throws: when the path cannot be opened or the disk cannot be read. What merely forbids its use is in the
    ///   description's `refusals`.
    public static func inspect(_ devicePath: FileName) throws(PreparationError) -> DiskDescription {
        do {
            let file = try Descriptor.open(devicePath, [.read, .nonBlocking, .followLink])
            guard let number = try file.blockDeviceNumber() else { return describeForeign(devicePath) }
            let topology = BlockTopology()
            let device = try topology.device(number)
            var disk = try describe(device, file, topology)
            disk.refusals = try refusals(device, disk, topology)
            return disk
        } catch {
            throw PreparationError(.system(error), device: devicePath)
        }
    }

    /// Inspects every disk of the machine, in the order of their names. A disk that vanishes or cannot be read meanwhile
    /// is left out. Reads some MiB of each.
    public static func inspectAll() throws(PreparationError) -> [DiskDescription] {
        let disks: [BlockTopology.Device]
        do {
            disks = try BlockTopology().disks()
        } catch {
            throw PreparationError(.system(error), device: "/sys/block")
        }
        // What cannot be looked at cannot be offered, ignoring.
        return disks.compactMap { try? inspect($0.path) }
    }

    private static func describeForeign(_ path: FileName) -> DiskDescription {
        DiskDescription(
            devicePath: path,
            sizeBytes: 0,
            bus: .other("none"),
            isRemovable: false,
            logicalSectorBytes: 512,
            physicalSectorBytes: 512,
            contents: [],
            partitions: [],
            refusals: [.notABlockDevice]
        )
    }

    private static func describe(
        _ device: BlockTopology.Device,
        _ file: borrowing Descriptor,
        _ topology: BlockTopology
    ) throws(SystemError) -> DiskDescription {
        let udev = UdevProperties(of: device.number, ["ID_MODEL", "ID_SERIAL_SHORT", "ID_SERIAL", "ID_BUS"])
        let size = try file.deviceSize()
        let table = try SignatureProbe(file).partitionTable()
        return DiskDescription(
            devicePath: device.path,
            number: device.number,
            // Kernels before 5.15 have none, ignoring.
            diskSequence: try? file.diskSequence(),
            model: udev["ID_MODEL"].map(spaced) ?? topology.attribute("device/model", of: device),
            serial: udev["ID_SERIAL_SHORT"] ?? udev["ID_SERIAL"]
                ?? topology.attribute("device/serial", of: device)
                ?? topology.attribute("serial", of: device),
            sizeBytes: size,
            bus: bus(of: device, udev["ID_BUS"]),
            isRemovable: topology.attribute("removable", of: device) == "1",
            logicalSectorBytes: Int(topology.number("queue/logical_block_size", of: device) ?? 512),
            physicalSectorBytes: Int(topology.number("queue/physical_block_size", of: device) ?? 512),
            partitionTable: table?.type,
            contents: size > 0 ? try SignatureProbe(file).contents() : [],
            partitions: try partitions(of: device, file, table?.entries ?? [], topology),
            refusals: []
        )
    }

    /// udev writes an underscore for each space.
    private static func spaced(_ text: String) -> String {
        String(text.map { $0 == "_" ? " " : $0 }).trimmed
    }

    private static func bus(of device: BlockTopology.Device, _ udevBus: String?) -> DiskBus {
        // A USB disk's folder lies below its host controller: …/usb2/2-1/2-1:1.0/host6/…
        if device.folder.components.contains(where: { $0.bytes.starts(with: "usb".utf8) }) { return .usb }
        let name = String(decoding: device.folder.components.last?.bytes ?? [], as: UTF8.self)
        if name.hasPrefix("nvme") { return .nvme }
        if name.hasPrefix("mmcblk") { return .mmc }
        if name.hasPrefix("vd") { return .virtio }
        if name.hasPrefix("loop") { return .loop }
        switch udevBus {
        case "usb": return .usb
        case "ata": return .ata
        case .some(let other): return .other(other)
        case nil: return .other("unknown")
        }
    }

    /// What the table on the disk says, and what only the kernel knows.
    private static func partitions(
        of device: BlockTopology.Device,
        _ file: borrowing Descriptor,
        _ table: [SignatureProbe.Entry],
        _ topology: BlockTopology
    ) throws(SystemError) -> [PartitionDescription] {
        let known = try kernelPartitions(of: device, topology)
        let unlisted = known.map(\.entry).filter { entry in
            !table.contains { $0.number == entry.number }
        }
        var found: [PartitionDescription] = []
        for entry in table + unlisted {
            let node = known.first { $0.entry.bytes == entry.bytes }?.path
            found.append(
                PartitionDescription(
                    number: entry.number,
                    startBytes: entry.bytes.lowerBound,
                    sizeBytes: entry.bytes.upperBound - entry.bytes.lowerBound,
                    name: entry.name.flatMap { $0.isEmpty ? nil : $0 },
                    contents: try contents(of: entry, node, file)
                )
            )
        }
        return found.sorted { $0.number < $1.number }
    }

    /// Read through the partition's own node if there is one: the kernel keeps a cache per node, and what was written
    /// to a partition is not seen through the disk while the disk's cache is older.
    private static func contents(
        of entry: SignatureProbe.Entry,
        _ node: FileName?,
        _ disk: borrowing Descriptor
    ) throws(SystemError) -> [ContentSignature] {
        if entry.bytes.isEmpty { return [] }
        guard let node else { return try SignatureProbe(disk, bytes: entry.bytes).contents() }
        return try SignatureProbe(Descriptor.open(node, [.read, .nonBlocking])).contents()
    }

    private static func kernelPartitions(
        of device: BlockTopology.Device,
        _ topology: BlockTopology
    ) throws(SystemError) -> [(entry: SignatureProbe.Entry, path: FileName)] {
        try topology.partitions(of: device).compactMap { partition in
            guard let number = topology.number("partition", of: partition),
                let start = topology.number("start", of: partition),
                let length = topology.number("size", of: partition)
            else { return nil }
            // sysfs counts in units of 512 bytes, whatever the disk's sectors are.
            let bytes = start << 9..<(start + length) << 9
            return (SignatureProbe.Entry(number: Int(number), bytes: bytes, name: nil), partition.path)
        }
    }
}
