internal import CBlkid
internal import LinuxSystem
internal import SystemPackage

/// Recognizes and erases what lies on a disk, with libblkid's low-level probing: no cache, no udev.
struct SignatureProbe: ~Copyable {
    private let probe: blkid_probe
    /// The library keeps the number of the descriptor, so it must stay open.
    private let file: Descriptor

    /// Looks at `bytes` of an open disk or image; nil stands for all of it.
    init(_ file: borrowing Descriptor, bytes: Range<UInt64>? = nil) throws(SystemError) {
        let file = try file.duplicate()
        guard let probe = blkid_new_probe() else {
            throw SystemError(call: "blkid_new_probe", errno: .noMemory)
        }
        let start = Int64(bytes?.lowerBound ?? 0)
        let length = Int64(bytes.map { $0.upperBound - $0.lowerBound } ?? 0)
        guard blkid_probe_set_device(probe, file.rawValue, start, length) == 0 else {
            let reason = currentErrno()
            blkid_free_probe(probe)
            throw SystemError(call: "blkid_probe_set_device", errno: reason)
        }
        self.probe = probe
        self.file = file
    }

    deinit {
        blkid_free_probe(probe)
    }

    /// Every signature that is found, not only the first: a RAID member may hide behind a file system.
    func contents() throws(SystemError) -> [ContentSignature] {
        blkid_probe_enable_partitions(probe, 0)
        blkid_probe_enable_superblocks(probe, 1)
        blkid_probe_set_superblocks_flags(probe, EXT_BLKID_SUPERBLOCK_FLAGS)
        blkid_reset_probe(probe)
        var found: [ContentSignature] = []
        while try advance() {
            guard let type = value("TYPE") else { continue }
            found.append(
                ContentSignature(
                    type: type,
                    usage: value("USAGE") ?? "other",
                    label: value("LABEL"),
                    uuid: value("UUID")
                )
            )
        }
        return found
    }

    /// The kind of partition table and its entries; nil when there is none.
    func partitionTable() throws(SystemError) -> (type: String, entries: [Entry])? {
        guard let list = blkid_probe_get_partitions(probe), let table = blkid_partlist_get_table(list),
            let type = blkid_parttable_get_type(table)
        else { return nil }
        var entries: [Entry] = []
        for index in 0..<blkid_partlist_numof_partitions(list) {
            guard let part = blkid_partlist_get_partition(list, index) else { continue }
            // libblkid counts in units of 512 bytes, whatever the disk's sectors are.
            let start = UInt64(blkid_partition_get_start(part)) << 9
            let length = UInt64(blkid_partition_get_size(part)) << 9
            entries.append(
                Entry(
                    number: Int(blkid_partition_get_partno(part)),
                    bytes: start..<start + length,
                    name: blkid_partition_get_name(part).map { String(cString: $0) }
                )
            )
        }
        return (String(cString: type), entries)
    }

    /// One entry of a partition table.
    struct Entry {
        let number: Int
        let bytes: Range<UInt64>
        let name: String?
    }

    /// Erases the magic bytes of everything that is recognized, partition tables included, until nothing is.
    ///
    /// The disk must be open for writing.
    func wipe() throws(SystemError) {
        blkid_probe_enable_superblocks(probe, 1)
        blkid_probe_set_superblocks_flags(probe, EXT_BLKID_SUPERBLOCK_FLAGS)
        blkid_probe_enable_partitions(probe, 1)
        blkid_probe_set_partitions_flags(probe, EXT_BLKID_PARTITION_FLAGS)
        blkid_reset_probe(probe)
        while try advance() {
            guard blkid_do_wipe(probe, 0) == 0 else {
                throw SystemError(call: "blkid_do_wipe", errno: currentErrno())
            }
        }
    }

    /// Goes to the next signature; false after the last.
    private func advance() throws(SystemError) -> Bool {
        switch blkid_do_probe(probe) {
        case 0: true
        case 1: false
        default: throw SystemError(call: "blkid_do_probe", errno: currentErrno())
        }
    }

    private func value(_ name: String) -> String? {
        var data: UnsafePointer<CChar>?
        guard blkid_probe_lookup_value(probe, name, &data, nil) == 0, let data else { return nil }
        return String(cString: data)
    }
}
