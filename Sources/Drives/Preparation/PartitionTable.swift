internal import CFdisk
internal import LinuxSystem
internal import SystemPackage

/// Writes a GUID partition table with one partition for the whole disk, with libfdisk.
enum PartitionTable {
    /// "Linux LUKS" of the Discoverable Partitions Specification's table of types.
    static let luksType = "CA7D7CCB-63ED-4C53-861C-1742536059CC"
    /// Partitions begin and end at multiples of this: every medium's sectors and erase blocks divide it.
    static let alignmentBytes: UInt64 = 1 << 20

    /// Replaces the table on an open disk or image.
    ///
    /// - Parameters:
    ///   - path: the disk's name for libfdisk's own messages.
    ///   - name: the partition's name, at most 36 characters.
    /// - Returns: where the partition lies, in bytes.
    static func writeSingle(
        on disk: borrowing Descriptor,
        path: FileName,
        name: String
    ) throws(SystemError) -> Range<Int64> {
        guard let context = fdisk_new_context() else {
            throw SystemError(call: "fdisk_new_context", errno: .noMemory)
        }
        defer { fdisk_unref_context(context) }
        fdisk_disable_dialogs(context, 1)
        let fd = disk.rawValue
        try call("fdisk_assign_device") {
            path.withCString { fdisk_assign_device_by_fd(context, fd, $0, 0) }
        }
        // Without "sync": the caller syncs the disk and sees what that says.
        defer { fdisk_deassign_device(context, 1) }
        try call("fdisk_create_disklabel") { fdisk_create_disklabel(context, "gpt") }
        let sectors = try alignedSectors(context)
        try add(sectors, name, to: context)
        try call("fdisk_write_disklabel") { fdisk_write_disklabel(context) }
        let bytes = UInt64(fdisk_get_sector_size(context))
        return Int64(sectors.lowerBound * bytes)..<Int64(sectors.upperBound * bytes)
    }

    private static func alignedSectors(_ context: OpaquePointer) throws(SystemError) -> Range<UInt64> {
        let unit = alignmentBytes / UInt64(fdisk_get_sector_size(context))
        let first = (UInt64(fdisk_get_first_lba(context)) + unit - 1) / unit * unit
        let end = (UInt64(fdisk_get_last_lba(context)) + 1) / unit * unit
        guard first < end else { throw SystemError(call: "fdisk_add_partition", errno: .noSpace) }
        return first..<end
    }

    private static func add(
        _ sectors: Range<UInt64>,
        _ name: String,
        to context: OpaquePointer
    ) throws(SystemError) {
        guard let partition = fdisk_new_partition(),
            let type = fdisk_label_parse_parttype(fdisk_get_label(context, nil), luksType)
        else { throw SystemError(call: "fdisk_new_partition", errno: .noMemory) }
        defer { fdisk_unref_partition(partition) }
        try call("fdisk_add_partition") {
            fdisk_partition_set_partno(partition, 0)
            fdisk_partition_set_start(partition, sectors.lowerBound)
            fdisk_partition_set_size(partition, sectors.upperBound - sectors.lowerBound)
            // Not rounded to what the disk calls its best size: the caller is told these sectors.
            fdisk_partition_size_explicit(partition, 1)
            fdisk_partition_set_type(partition, type)
            fdisk_partition_set_name(partition, name)
            return fdisk_add_partition(context, partition, nil)
        }
    }

    /// libfdisk answers with a negated `errno`.
    private static func call(_ name: StaticString, _ body: () -> Int32) throws(SystemError) {
        let result = body()
        if result < 0 { throw SystemError(call: name.description, errno: Errno(rawValue: -result)) }
    }
}
