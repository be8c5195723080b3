import LinuxSystem

/// A disk that answers no more than so many reads a second: what seeks do to a spinning disk.
///
/// It is a control group that the measured program joins. Writes are not capped: the kernel caps them before it
/// merges them, which no disk does.
struct Throttle {
    private static let name = "extbackup-bench"
    let group: String

    init(_ disk: Disk, readsPerSecond: Int) throws(BenchFailure) {
        guard let hierarchy = Self.hierarchy() else {
            throw .unexpected("this kernel has no control group that can slow a disk down")
        }
        group = "\(hierarchy.path)/\(Self.name)"
        try disk.host.run(["/usr/bin/mkdir", "-p", group])
        switch hierarchy.version {
        case .one:
            try Host.set("\(group)/blkio.throttle.read_iops_device", "\(disk.number) \(readsPerSecond)")
        case .two:
            try Host.set("\(hierarchy.path)/cgroup.subtree_control", "+io")
            try Host.set("\(group)/io.max", "\(disk.number) riops=\(readsPerSecond)")
        }
    }

    private enum Version { case one, two }

    private static func hierarchy() -> (path: String, version: Version)? {
        for line in Host.lines(of: "/proc/self/mountinfo") ?? [] {
            let fields = line.split(separator: " ")
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count else {
                continue
            }
            let path = String(fields[4])
            if fields[dash + 1] == "cgroup", fields[dash + 3].split(separator: ",").contains("blkio") {
                return (path, .one)
            }
            let controllers = Host.lines(of: path + "/cgroup.controllers")?.first?.split(separator: " ") ?? []
            if fields[dash + 1] == "cgroup2", controllers.contains("io") { return (path, .two) }
        }
        return nil
    }

    /// Removes the group; nothing happens when there is none.
    static func remove() {
        guard let hierarchy = hierarchy(), Host.exists("\(hierarchy.path)/\(name)") else { return }
        // The next run removes it when a process is still in it, ignoring.
        _ = try? ChildProcess(["/usr/bin/rmdir", FileName("\(hierarchy.path)/\(name)")]).run()
    }
}
