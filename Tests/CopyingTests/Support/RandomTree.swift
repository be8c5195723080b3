import LinuxSystem

/// Changes a tree at random, again and again.
struct RandomTree {
    private var dice: Dice

    init(seed: UInt64) {
        dice = Dice(seed: seed)
    }

    private static let names: [FileName] = [
        "a", "b", "c.txt", "long name with spaces", "new\nline", FileName(bytes: [0xff, 0xfe, 0x80]),
        FileName("caf\u{e9}"), FileName("cafe\u{301}"), FileName(bytes: [UInt8](repeating: 0x6e, count: 255)),
        "-rf", "*", "'", ".hidden", ".extbackup-tmp-", "z",
    ]

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
        let choice = dice.number(0...9)
        if present.isEmpty || choice < 4 {
            let name = dice.pick(Self.names)
            try Self.remove(name, from: folder)
            try folder.make([item(name)])
            return
        }
        let name = dice.pick(present)
        let status = try folder.status(of: name)
        switch choice {
        case 4: try Self.remove(name, from: folder)
        case 5 where status.kind == .file: try rewrite(folder, name, status)
        case 6 where status.kind != .directory: try link(name, folder, root, folders)
        case 7:
            let target: FileName = dice.pick(["moved", "moved too"])
            if target == name { return }
            try Self.remove(target, from: folder)
            try folder.rename(name, to: target)
        default: try folder.setMetadata(decorated(Item(name: name, content: Self.content(status))))
        }
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

    private mutating func item(_ name: FileName) -> Item {
        switch dice.number(0...11) {
        case 0...2:
            return decorated(.folder(name, (0..<dice.number(0...3)).map { item(FileName("i\($0)")) }))
        case 3: return decorated(.symbolicLink(name, to: dice.pick(Self.names)))
        case 4: return decorated(.node(name, .fifo))
        case 5: return decorated(.node(name, .socket))
        case 6: return decorated(.node(name, .characterDevice, UInt64(0x100 + dice.number(1...9))))
        case 7: return decorated(.file(name, pieces: (0..<dice.number(1...4)).map { _ in piece() }))
        default: return decorated(.file(name, String(repeating: "x", count: dice.number(0...9000))))
        }
    }

    private mutating func piece() -> Item.Piece {
        if dice.number(0...1) == 0 { return .hole(Int64(dice.number(1...40)) * 4096) }
        return .bytes((0..<dice.number(1...3) * 4096).map { UInt8(truncatingIfNeeded: $0) })
    }

    private mutating func decorated(_ plain: Item) -> Item {
        var item = plain
        item.permissions = UInt32(dice.pick([0o644, 0o600, 0o755, 0o4755, 0o2755, 0o1777, 0o000, 0o444]))
        (item.uid, item.gid) = (UInt32(dice.number(0...2)), UInt32(dice.pick([0, 1, 65534])))
        item.time = FileTime(seconds: Int64(dice.number(1...3)), nanoseconds: UInt32(dice.number(0...2)))
        guard dice.number(0...2) == 0 else { return item }
        item.attributes["trusted.t"] = [UInt8(dice.number(0...3))]
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

    /// Another byte, the same size, and a time that differs by one nanosecond.
    private mutating func rewrite(
        _ folder: borrowing Descriptor,
        _ name: FileName,
        _ status: EntryStatus
    ) throws {
        if status.size == 0 { return }
        let offset = Int64(dice.number(0...Int(status.size - 1)))
        let file = try folder.open(name, .write)
        try [UInt8(dice.number(0...255))].withUnsafeBytes { try file.write($0, at: offset) }
        var time = status.modified
        time.nanoseconds = (time.nanoseconds + 1) % 1_000_000_000
        try file.setModified(time)
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

    private static func remove(_ name: FileName, from folder: borrowing Descriptor) throws {
        guard let status = try? folder.status(of: name) else { return }
        if status.kind != .directory { return try folder.unlink(name) }
        try removeContents(folder.open(name, .directory))
        try folder.removeDirectory(name)
    }

    private static func removeContents(_ folder: borrowing Descriptor) throws {
        var names: [FileName] = []
        try folder.forEachName { names.append($0) }
        for name in names { try remove(name, from: folder) }
    }

    private static func open(_ path: [FileName], in root: borrowing Descriptor) throws -> Descriptor {
        var folder = try root.duplicate()
        for name in path { folder = try folder.open(name, .directory) }
        return folder
    }

    private static func folders(_ root: borrowing Descriptor) throws -> [[FileName]] {
        var found: [[FileName]] = [[]]
        var next = 0
        while next < found.count {
            let path = found[next]
            next += 1
            let folder = try open(path, in: root)
            var names: [FileName] = []
            try folder.forEachName { names.append($0) }
            for name in names.sorted() where try folder.status(of: name).kind == .directory {
                found.append(path + [name])
            }
        }
        return found
    }
}
