import LinuxSystem

/// A file system of its own in a file, mounted for one test.
final class Image: Sendable {
    let home: TemporaryFolder
    let kind: String
    let root: Descriptor

    var file: String { home.path + "/image" }
    var path: String { home.path + "/mount" }

    /// Makes and mounts it. `kind` is the ending of the mkfs program.
    init(_ kind: String, megabytes: Int, options: [String] = []) throws {
        home = try TemporaryFolder()
        self.kind = kind
        let file = home.path + "/image"
        let path = home.path + "/mount"
        try run("/usr/bin/truncate", "-s", "\(megabytes)M", file)
        let quiet = kind == "ext4" ? ["-q", "-F"] : kind == "xfs" ? ["-q", "-f"] : ["-q", "-f"]
        try run((["/usr/sbin/mkfs.\(kind)"] + quiet + options + [file]).map { FileName($0) })
        try run("/bin/mkdir", path)
        try run("/bin/mount", "-o", "loop", file, path)
        root = try Descriptor.open(FileName(path), .directory)
    }

    deinit {
        // A mount that is left fails no test, ignoring.
        _ = try? run("/bin/umount", "-l", path)
    }
}
