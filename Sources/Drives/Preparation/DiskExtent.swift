/// Where a drive's container lies on its disk, which nothing tells any more once the partition table is lost.
public struct DiskExtent: Hashable, Sendable {
    /// Bytes of the disk before it; 0 where the container is the whole disk.
    public var start: Int64
    /// Its bytes, where `prepare-disk` made the partition: only such a table can be written anew as it was. Nil for a drive
    /// that was taken in.
    public var size: Int64?

    /// Joins both.
    public init(start: Int64, size: Int64?) {
        self.start = start
        self.size = size
    }

    private static let alignment: Int64 = 1 << 20

    /// True when the recovery sheet tells how to write the partition table anew.
    public var hasKnownTable: Bool { tableCommand(for: "") != nil }

    /// What a shell runs to write the table anew with this partition alone, keeping the sectors that it overwrites in
    /// root's home; nil where the table cannot be known.
    ///
    /// - Parameter disk: the disk's node.
    func tableCommand(for disk: String) -> String? {
        guard let size, start >= Self.alignment, start % Self.alignment == 0, size % Self.alignment == 0
        else {
            return nil
        }
        // Without a unit they would be sectors, whose size is not the same in every enclosure.
        return "echo 'start=\(start >> 20)MiB, size=\(size >> 20)MiB'"
            + " | sfdisk --backup --label gpt --wipe-partitions never \(disk)"
    }
}

extension BlockTopology {
    /// Where a partition begins on its disk, in bytes; 0 for a disk, nil for what stands on other devices.
    func start(of device: Device) -> Int64? {
        if attribute("partition", of: device) == nil { return isReal(device) ? 0 : nil }
        // sysfs counts in units of 512 bytes, whatever the disk's sectors are.
        return number("start", of: device).map { Int64($0) << 9 }
    }
}
