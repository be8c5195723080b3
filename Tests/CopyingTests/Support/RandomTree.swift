import Fuzzing
import LinuxSystem

/// Changes a tree at random, again and again.
///
/// No two changes give the same time, so that what differs shows by its time: a copy without a memory of its own
/// takes files of equal size and time for equal.
struct RandomTree {
    var dice: Dice
    private var changes: UInt32

    init(seed: UInt64) {
        dice = Dice(seed: seed)
        changes = UInt32(seed % 100_000) * 10_000
    }

    private static let names: [FileName] = [
        "a", "b", "c.txt", "long name with spaces", "new\nline", FileName(bytes: [0xff, 0xfe, 0x80]),
        FileName("caf\u{e9}"), FileName("cafe\u{301}"), longName, "-rf", "*", "'", ".hidden",
        ".extbackup-tmp-",
        "\\", " ", "...", "\u{202e}txt", FileName(bytes: [0x01, 0x1b, 0x5b]), "z",
    ]

    private static let longName = FileName(bytes: [UInt8](repeating: 0x6e, count: 255))

    /// Makes `count` random changes below `root`.
    mutating func change(_ root: borrowing Descriptor, count: Int) throws {
        for _ in 0..<count {
            let folders = try Self.folders(root)
            let folder = try Self.open(dice.pick(folders), in: root)
            try changeOne(folder, root, folders)
        }
    }

    private mutating func changeOne(
        _ folder: borrowing Descriptor,
        _ root: borrowing Descriptor,
        _ folders: [[FileName]]
    ) throws {
        var present: [FileName] = []
        try folder.forEachName { present.append($0) }
        present.sort()
        let choice = dice.number(0...17)
        if present.isEmpty || choice < 5 {
            let name = dice.pick(Self.names)
            try Self.remove(name, from: folder)
            try folder.make([item(name)])
            return
        }
        let name = dice.pick(present)
        let status = try folder.status(of: name)
        switch choice {
        case 5: try Self.remove(name, from: folder)
        case 6 where status.kind == .file: try rewrite(folder, name, status)
        case 7 where status.kind == .file: try resize(folder, name, status)
        case 8...9 where status.kind != .directory: try link(name, folder, root, folders)
        case 10 where status.kind == .file && status.linkCount > 1: try split(folder, name, status)
        case 11:
            let target: FileName = dice.pick(["moved", "moved too"])
            if target == name { return }
            try Self.remove(target, from: folder)
            try folder.rename(name, to: target)
        case 12:
            let other = dice.pick(present)
            if other != name { try folder.exchange(name, with: other) }
        case 13, 14: try wander(name, from: folder, root, folders)
        case 15 where dice.number(0...7) == 0: try digDeep(folder)
        default:
            var item = decorated(Item(name: name, content: Self.content(status)))
            if dice.number(0...1) == 0 { item.time = status.modified }
            try folder.setMetadata(item)
        }
    }

    /// A time that nothing has yet.
    mutating func nextTime() -> FileTime {
        changes = (changes + 1) % 1_000_000_000
        return FileTime(seconds: Int64(dice.number(1...3)), nanoseconds: changes)
    }

    /// Only tells which metadata the kind may have.
    private static func content(_ status: EntryStatus) -> Item.Content {
        switch status.kind {
        case .file: .file([])
        case .directory: .folder([])
        case .symbolicLink: .symbolicLink("")
        case .fifo, .socket, .characterDevice, .blockDevice: .node(status.kind, 0)
        }
    }

    mutating func item(_ name: FileName) -> Item {
        switch dice.number(0...11) {
        case 0...2:
            return decorated(.folder(name, (0..<dice.number(0...3)).map { item(FileName("i\($0)")) }))
        case 3: return decorated(.symbolicLink(name, to: dice.pick(Self.names)))
        case 4: return decorated(.node(name, .fifo))
        case 5: return decorated(.node(name, .socket))
        case 6: return decorated(.node(name, .characterDevice, UInt64(0x100 + dice.number(1...9))))
        case 7: return decorated(.file(name, pieces: (0..<dice.number(1...4)).map { _ in piece() }))
        default:
            let bytes = [UInt8](repeating: UInt8(dice.number(0...255)), count: dice.number(0...9000))
            return decorated(.file(name, pieces: [.bytes(bytes)]))
        }
    }

    private mutating func piece() -> Item.Piece {
        if dice.number(0...1) == 0 { return .hole(Int64(dice.number(1...40)) * 4096) }
        let start = dice.number(0...255)
        return .bytes((0..<dice.number(1...3) * 4096).map { UInt8(truncatingIfNeeded: $0 + start) })
    }

    private mutating func decorated(_ plain: Item) -> Item {
        var item = plain
        item.permissions = UInt32(dice.pick([0o644, 0o600, 0o755, 0o4755, 0o2755, 0o1777, 0o000, 0o444]))
        (item.uid, item.gid) = (UInt32(dice.number(0...2)), UInt32(dice.pick([0, 1, 65534])))
        item.time = nextTime()
        guard dice.number(0...2) == 0 else { return item }
        item.attributes["trusted.t"] = [UInt8(dice.number(0...3))]
        item.attributes["security.s"] = [UInt8(dice.number(0...1))]
        if case .symbolicLink = item.content { return item }
        if case .node = item.content { return item }
        item.attributes["user.u"] = [UInt8](repeating: 1, count: dice.number(0...200))
        if dice.number(0...1) == 0 {
            item.attributes[AccessList.access] =
                AccessList.bytes(owner: 6, user: 5, UInt16(dice.number(0...7)), group: 4, mask: 7, other: 0)
        }
        if case .folder = item.content, dice.number(0...1) == 0 {
            item.attributes[AccessList.inherited] =
                AccessList.bytes(owner: 7, user: 5, 5, group: 5, mask: 7, other: 1)
        }
        return item
    }

    /// Another byte, the same size, and a time that may differ by nanoseconds only.
    private mutating func rewrite(
        _ folder: borrowing Descriptor,
        _ name: FileName,
        _ status: EntryStatus
    ) throws {
        if status.size == 0 { return }
        let offset = Int64(dice.number(0...Int(status.size - 1)))
        let file = try folder.open(name, .write)
        try [UInt8(dice.number(0...255))].withUnsafeBytes { try file.write($0, at: offset) }
        let time = nextTime()
        try file.setModified(FileTime(seconds: status.modified.seconds, nanoseconds: time.nanoseconds))
    }

    private mutating func link(
        _ name: FileName,
        _ folder: borrowing Descriptor,
        _ root: borrowing Descriptor,
        _ folders: [[FileName]]
    ) throws {
        let other = try Self.open(dice.pick(folders), in: root)
        let link = dice.pick(Self.names + ["link"])
        let target = try folder.status(of: name)
        if let old = try? other.status(of: link) {
            // The file itself, or a folder that may hold it.
            if old.inode == target.inode || old.kind == .directory { return }
            try other.unlink(link)
        }
        try folder.link(name, to: other, as: link)
    }
}
