import LinuxSystem

/// A disk of its own: an image file behind a loop device with direct I/O, so that no page cache of the host helps,
/// with a file system that is mounted.
struct Disk {
    let host: Host
    let image: String
    let mountPoint: String
    private(set) var device = ""

    /// As in /sys/block.
    var name: String { String(device.split(separator: "/").last ?? "") }
    /// Major and minor number, as control groups want them.
    var number: String { Host.lines(of: "/sys/block/\(name)/dev").map { String($0[0]) } ?? "" }

    init(_ name: String, in cache: borrowing Cache) {
        host = cache.host
        image = "\(cache.path)/\(name).image"
        mountPoint = "\(cache.path)/mounts/\(name)"
    }

    /// Makes the image file; it takes room only where it is written.
    func create(bytes: Int) throws(BenchFailure) {
        try host.run(["/usr/bin/rm", "-f", image])
        try host.run(["/usr/bin/truncate", "-s", "\(bytes)", image])
    }

    mutating func attach() throws(BenchFailure) {
        let output = try host.run(["/usr/sbin/losetup", "--find", "--show", "--direct-io=on", image])
        device = output.split(separator: "\n").first.map(String.init) ?? ""
        let direct = Host.lines(of: "/sys/block/\(name)/loop/dio")?.first
        guard direct == "1" else {
            throw .unexpected("'\(image)' cannot be read past the page cache: keep the cache on another disk")
        }
    }

    /// Makes an empty file system. Blocks that the image has already stay, so that later runs do not pay for them
    /// on the host's disk.
    func format(_ fileSystem: String, inodes: Int) throws(BenchFailure) {
        let options =
            switch fileSystem {
            case "ext4": ["-q", "-F", "-m", "0", "-N", "\(inodes)", "-E", "nodiscard"]
            default: ["-q", "-f", "-K"]
            }
        try host.run(["/usr/sbin/mkfs.\(fileSystem)"] + options + [device])
    }

    /// Mounts it. ext4 is told not to clear inode tables in the background, which would be in the figures.
    func mount(_ fileSystem: String) throws(BenchFailure) {
        try host.run(["/usr/bin/mkdir", "-p", mountPoint])
        let options = fileSystem == "ext4" ? "noatime,noinit_itable" : "noatime"
        try host.run(["/usr/bin/mount", "-t", fileSystem, "-o", options, device, mountPoint])
    }

    func unmount() throws(BenchFailure) {
        try host.run(["/usr/bin/umount", mountPoint])
    }
}
