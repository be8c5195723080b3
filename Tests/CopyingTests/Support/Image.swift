import LinuxSystem

/// A file system of its own in a file, mounted for one test.
final class Image: Sendable {
    let home: TemporaryFolder
    let kind: String

    var file: String { home.path + "/image" }
    var path: String { home.path + "/mount" }

    /// Makes and mounts it. `kind` is the ending of the mkfs program. In `/dev/shm` a sync costs little.
    init(_ kind: String, megabytes: Int, options: [String] = [], in place: String = "/tmp") throws {
        home = try TemporaryFolder(in: place)
        self.kind = kind
        let file = home.path + "/image"
        try run("/usr/bin/truncate", "-s", "\(megabytes)M", file)
        let quiet = kind == "ext4" ? ["-q", "-F", "-m", "0"] : ["-q", "-f"]
        try run((["/usr/sbin/mkfs.\(kind)"] + quiet + options + [file]).map { FileName($0) })
        try run("/bin/mkdir", home.path + "/mount")
        try mount()
    }

    /// An image with the same bytes, as after a pulled plug. One of btrfs is mounted only while the first is not.
    ///
    /// On a file system that shares blocks (`Image` in an image) the copy is that of one moment.
    init(copyOf other: Image, in place: String = "/tmp", mounted: Mounting = .now) throws {
        home = try TemporaryFolder(in: place)
        kind = other.kind
        try run("/bin/cp", "--reflink=auto", other.file, home.path + "/image")
        try run("/bin/mkdir", home.path + "/mount")
        switch mounted {
        case .now: try mount(kind == "xfs" ? "loop,nouuid" : "loop")
        case .later: break
        }
    }

    enum Mounting {
        case now
        case later
    }

    deinit {
        // A mount that is left fails no test, ignoring.
        _ = try? run("/bin/umount", "-l", path)
    }

    /// Opens the root of the file system.
    func root() throws -> Descriptor {
        try Descriptor.open(FileName(path), .directory)
    }

    func mount(_ options: String = "loop") throws {
        try run("/bin/mount", "-t", kind, "-o", options, file, path)
    }

    /// A child that another test is starting has our descriptors until its exec, so "busy" may pass.
    func unmount() throws {
        for _ in 0..<50 {
            do {
                try run("/bin/umount", path)
                return
            } catch let failure as CommandFailure where failure.output.contains("busy") {
                try run("/bin/sleep", "0.02")
            }
        }
        try run("/bin/umount", path)
    }

    /// Damages every place of the unmounted image that holds `text`.
    func damage(_ text: String) throws -> Int {
        let found = try run("/bin/grep", "-obUa", text, file)
        let image = try Descriptor.open(FileName(file), .write)
        let offsets = found.split(separator: "\n").compactMap { Int64($0.prefix { $0 != ":" }) }
        for offset in offsets { try [UInt8(0x21)].withUnsafeBytes { try image.write($0, at: offset) } }
        return offsets.count
    }
}
