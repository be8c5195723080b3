import Drives
import LinuxSystem

/// A folder that may be worth a backup.
struct SourceCandidate: Hashable, Sendable {
    /// Where it is.
    let path: FileName
    /// The type of the file system that is mounted there; nil for a folder of the file system above.
    let fileSystem: String?

    /// What it is, for people.
    var text: String { fileSystem.map { "a mounted file system, \($0)" } ?? "a folder" }

    /// Where people and Debian's relatives put what is theirs.
    private static let places: [FileName] = [
        "/srv", "/home", "/mnt", "/media", "/data", "/export", "/storage",
    ]

    /// What holds no data of its own, or none that can be written.
    private static let pseudoTypes: Set<String> = [
        "autofs", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl",
        "fuse.gvfsd-fuse", "fuse.portal", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc",
        "pstore",
        "ramfs", "rpc_pipefs", "securityfs", "squashfs", "sysfs", "tmpfs", "tracefs", "udf",
    ]

    /// What is mounted at or below the usual places, then usual places that are filled although nothing is mounted there
    /// or below. What lies below another candidate is copied with it, and not offered.
    static func all(
        mounts: [MountTable.Entry],
        isFilled: (FileName) -> Bool
    ) -> [SourceCandidate] {
        let mounted = Set(mounts.map(\.target)).sorted().compactMap { target -> SourceCandidate? in
            // Of several mounts at one place the last one is seen.
            guard let type = mounts.last(where: { $0.target == target })?.type.text,
                !pseudoTypes.contains(type), target.isPlainText,
                places.contains(where: { target.isAtOrBelow($0) })
            else { return nil }
            return SourceCandidate(path: target, fileSystem: type)
        }
        let outermost = mounted.filter { candidate in
            !mounted.contains { $0.path != candidate.path && candidate.path.isAtOrBelow($0.path) }
        }
        let filled = places.filter { place in
            !outermost.contains { $0.path.isAtOrBelow(place) } && isFilled(place)
        }
        return outermost + filled.map { SourceCandidate(path: $0, fileSystem: nil) }
    }

    /// A name for a source at a path: its last part, as far as a source's name may hold it.
    ///
    /// - Parameter taken: the names that it must not be.
    static func name(for path: FileName, apartFrom taken: [String]) -> String {
        let words = (path.components.last ?? FileName()).bytes.split { byte in
            !isAlphanumeric(byte) && !"-_.".utf8.contains(byte)
        }
        let start = Array(words.joined(separator: "-".utf8)).drop { !isAlphanumeric($0) }.prefix(60)
        let name = start.isEmpty ? "source" : String(decoding: start, as: UTF8.self)
        let unusable = Set(taken).union(["history"])
        if !unusable.contains(name) { return name }
        var number = 2
        while unusable.contains("\(name)-\(number)") { number += 1 }
        return "\(name)-\(number)"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension FileName {
    /// True for a folder and for what is in it.
    func isAtOrBelow(_ folder: FileName) -> Bool { components.starts(with: folder.components) }

    /// True when it is text that stands for itself in a configuration and on a terminal.
    var isPlainText: Bool { description == "'" + String(decoding: bytes, as: UTF8.self) + "'" }
}
