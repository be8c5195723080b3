extension Descriptor {
    /// True when the file is on a disk that the kernel believes to spin (`queue/rotational` in sysfs). False where it
    /// cannot be told: a file system over several disks, or none.
    public func isOnSpinningDisk() -> Bool {
        guard let device = try? nodeStatus().device else {
            // Without an answer the disk counts as one that does not spin, ignoring.
            return false
        }
        let place = FileName("/sys/dev/block/\(device.major):\(device.minor)")
        // A partition has its queue in the disk above it.
        for folder in [place, place.appending("..")] {
            // The file is missing in one of the two places, ignoring.
            let text = try? Descriptor.open(folder.appending("queue/rotational"), .read).readAll(limit: 16)
            if let text { return text.first == UInt8(ascii: "1") }
        }
        return false
    }
}
