/// The disk with all source trees: one image that is kept for later runs.
struct SourceDisk {
    private static let bytes = 96 << 30
    private static let inodes = 9_000_000

    let host: Host
    private(set) var disk: Disk

    init(in cache: borrowing Cache) throws(BenchFailure) {
        host = cache.host
        disk = Disk("source", in: cache)
        if Host.exists(disk.image) {
            try disk.attach()
            do {
                try disk.mount("ext4")
                return
            } catch {
                Host.say("the source image is unusable and is made anew: \(error)")
                try host.run(["/usr/sbin/losetup", "--detach", disk.device])
            }
        }
        try disk.create(bytes: Self.bytes)
        try disk.attach()
        try disk.format("ext4", inodes: Self.inodes)
        try disk.mount("ext4")
    }

    /// The folder of a tree, which is made when it is not there.
    func folder(_ tree: Tree, floor: String) throws(BenchFailure) -> String {
        let folder = "\(disk.mountPoint)/\(tree.name)"
        if Host.exists(folder) { return folder }
        Host.say("  making the source: \(tree.name)")
        let unfinished = folder + ".unfinished"
        try host.run(["/usr/bin/rm", "-rf", unfinished])
        for command in tree.commands(floor, unfinished) { try host.run(command) }
        try host.run(["/usr/bin/sync", "-f", disk.mountPoint])
        try host.run(["/usr/bin/mv", unfinished, folder])
        return folder
    }
}
