import LinuxSystem

/// The folder that keeps the source trees between runs, and clears away everything else.
struct Cache: ~Copyable {
    let host: Host
    let path: String
    private let lock: Descriptor

    /// Opens it for one run at a time.
    init(_ path: String, _ host: Host) throws(BenchFailure) {
        try host.run(["/usr/bin/mkdir", "-p", path])
        lock = try Self.lock(path)
        self.path = path
        self.host = host
    }

    private static func lock(_ path: String) throws(BenchFailure) -> Descriptor {
        do {
            let file = try Descriptor.open(FileName(path + "/lock"), [.write, .create], mode: 0o600)
            if try file.tryLock(.exclusive) { return file }
        } catch {
            throw .system(error)
        }
        throw .unexpected("another benchmark runs in '\(path)'")
    }

    /// Takes down mounts and loop devices and removes destinations, of this run or of a killed one. The source
    /// image stays.
    func clear() throws(BenchFailure) {
        for mount in mounts() { try unmount(mount) }
        for device in try loops() { try host.runAlways(["/usr/sbin/losetup", "--detach", device]) }
        try host.runAlways([
            "/usr/bin/find", path, "-xdev", "-mindepth", "1", "-maxdepth", "1",
            "(", "-name", "destination-*", "-o", "-name", "manifest-*", "-o", "-name", "measurement", ")",
            "-delete",
        ])
        Throttle.remove()
    }

    /// A program that was killed may need a moment to let go.
    private func unmount(_ path: String) throws(BenchFailure) {
        for _ in 0..<120 {
            do {
                try host.runAlways(["/usr/bin/umount", path])
                return
            } catch {
                Thread.sleep(for: .milliseconds(500))
            }
        }
        try host.runAlways(["/usr/bin/umount", path])
    }

    private func mounts() -> [String] {
        let lines = Host.lines(of: "/proc/self/mountinfo") ?? []
        let points = lines.compactMap { line -> String? in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4].hasPrefix(path + "/mounts/") ? String(fields[4]) : nil
        }
        return points.reversed()
    }

    private func loops() throws(BenchFailure) -> [String] {
        let list = try host.runAlways([
            "/usr/sbin/losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE",
        ])
        return list.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 1)
            guard fields.count == 2, let file = fields.last?.drop(while: { $0 == " " }) else { return nil }
            return file.hasPrefix(path + "/") ? String(fields[0]) : nil
        }
    }
}
