/// A source tree; the C program makes it, and it is kept for later runs.
enum Tree {
    /// Small files, a hundred in a folder.
    case files(Int, size: Int)
    /// The same with an access control list and an attribute on each.
    case attributes(Int, size: Int)
    /// The same with several names each.
    case links(Int, names: Int, size: Int)
    /// Large files.
    case large(Int, size: Int)
    /// One file with holes.
    case holes(size: Int, data: Int)
    /// A large file and a folder of small ones, to be moved.
    case moves(large: Int, files: Int, size: Int)

    /// The folder's name in the source.
    var name: String {
        switch self {
        case .files(let count, let size): "files-\(count)-\(size)"
        case .attributes(let count, let size): "attributes-\(count)-\(size)"
        case .links(let count, let names, let size): "links-\(count)-\(names)-\(size)"
        case .large(let count, let size): "large-\(count)-\(size)"
        case .holes(let size, let data): "holes-\(size)-\(data)"
        case .moves(let large, let files, let size): "moves-\(large)-\(files)-\(size)"
        }
    }

    /// What makes it in `folder`, which is not there yet.
    func commands(_ floor: String, _ folder: String) -> [[String]] {
        let makeFolder = [["/usr/bin/mkdir", folder]]
        switch self {
        case .files(let count, let size):
            return [[floor, "make-files", folder, "\(count)", "\(size)", "plain"]]
        case .attributes(let count, let size):
            return [[floor, "make-files", folder, "\(count)", "\(size)", "attributes"]]
        case .links(let count, let names, let size):
            return [[floor, "make-links", folder, "\(count)", "\(names)", "\(size)"]]
        case .large(let count, let size):
            return makeFolder
                + (0..<count).map { [floor, "make-large", "\(folder)/large-\($0)", "\(size)", "\($0)"] }
        case .holes(let size, let data):
            return makeFolder + [[floor, "make-holes", "\(folder)/holes", "\(size)", "\(data)"]]
        case .moves(let large, let files, let size):
            return makeFolder + [
                [floor, "make-large", "\(folder)/file-one", "\(large)", "1"],
                [floor, "make-files", "\(folder)/folder-one", "\(files)", "\(size)", "plain"],
            ]
        }
    }

    /// Files and folders, for the number of inodes.
    var inodes: Int {
        switch self {
        case .files(let count, _), .attributes(let count, _), .links(let count, _, _):
            count + count / 50 + 1000
        case .large, .holes: 1000
        case .moves(_, let files, _): files + files / 50 + 1000
        }
    }

    /// An estimate from above of the room it takes on any of the file systems.
    var room: Int {
        func small(_ count: Int, _ size: Int) -> Int { count * ((size + 4095) / 4096 * 4096 + 1536) }
        switch self {
        case .files(let count, let size): return small(count, size)
        case .attributes(let count, let size): return small(count, size) + count * 1024
        case .links(let count, let names, let size): return small(count, size) + count * names * 256
        case .large(let count, let size): return count * size
        case .holes(_, let data): return data * 2
        case .moves(let large, let files, let size): return large + small(files, size)
        }
    }
}

/// What happens to the source between two runs.
enum Change {
    case none
    /// One block of 64 KiB in a hundred.
    case blocks
    /// One file in a thousand.
    case files
    /// The large file and the folder get other names.
    case moves
}

extension Tree {
    /// Bytes that one round of `.blocks` changes.
    var changedBytes: Int {
        guard case .large(let count, let size) = self else { return 0 }
        return count * (size / 65536 / 100) * 65536
    }

    /// What makes the change; `round` is a number that never came before.
    func commands(for change: Change, _ floor: String, _ folder: String, round: Int64) -> [[String]] {
        switch change {
        case .none:
            return []
        case .blocks:
            return [[floor, "change-blocks", "\(folder)/large-0", "\(round)"]]
        case .files:
            guard case .files(let count, let size) = self else { return [] }
            return [[floor, "touch-files", folder, "\(count)", "\(size)", "\(round)"]]
        case .moves:
            let (from, to) = Host.exists("\(folder)/file-one") ? ("one", "two") : ("two", "one")
            return ["file", "folder"].map {
                [floor, "rename", "\(folder)/\($0)-\(from)", "\(folder)/\($0)-\(to)"]
            }
        }
    }
}
