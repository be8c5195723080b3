/// Where a drive's container lies on its disk, which nothing tells any more once the partition table is lost.
public struct DiskExtent: Hashable, Sendable {
    /// Bytes of the disk before it; 0 where the container is the whole disk.
    public var start: Int64
    /// Its bytes.
    public var size: Int64

    /// Joins both.
    public init(start: Int64, size: Int64) {
        self.start = start
        self.size = size
    }

    /// What a shell runs to write a table with a partition there, and nothing else; nil where none belongs.
    ///
    /// - Parameter disk: the disk's node.
    public func tableCommand(for disk: String) -> String? {
        if start == 0 { return nil }
        return "echo 'start=\(Self.sfdisk(start)), size=\(Self.sfdisk(size))'"
            + " | sfdisk --label gpt --wipe-partitions never \(disk)"
    }

    /// As sfdisk(8) reads sizes: without a unit they are sectors, whose size is not the same in every enclosure.
    private static func sfdisk(_ bytes: Int64) -> String {
        if bytes % (1 << 20) == 0 { return "\(bytes >> 20)MiB" }
        return bytes % (1 << 10) == 0 ? "\(bytes >> 10)KiB" : "\(bytes >> 9)"
    }
}

extension BlockTopology {
    /// Where a partition lies on its disk; all of it for a disk. Nil when the device is gone.
    func extent(of device: Device) -> DiskExtent? {
        // sysfs counts in units of 512 bytes, whatever the disk's sectors are.
        number("size", of: device).map { size in
            DiskExtent(start: Int64(number("start", of: device) ?? 0) << 9, size: Int64(size) << 9)
        }
    }
}
