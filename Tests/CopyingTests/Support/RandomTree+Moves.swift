import Fuzzing
import LinuxSystem

/// Changes that need more than one name.
extension RandomTree {
    /// Makes a file that has several names two files that are equal.
    mutating func split(_ folder: borrowing Descriptor, _ name: FileName, _ status: EntryStatus) throws {
        var bytes = [UInt8](repeating: 0, count: Int(status.size))
        let old = try folder.open(name, .noAccessTime)
        let count = try bytes.withUnsafeMutableBytes { try old.read(into: $0, at: 0) }
        // Without its holes it is another file, which only its time tells.
        let isWhole = try status.size == 0 || old.nextHole(from: 0) >= status.size
        try folder.unlink(name)
        var item = Item.file(name, pieces: [.bytes(Array(bytes[..<count]))])
        (item.permissions, item.uid, item.gid) = (status.permissions, status.uid, status.gid)
        item.time = isWhole ? status.modified : nextTime()
        try folder.make([item])
    }

    /// Cuts the file, and lets it grow again: what was behind the cut becomes a hole.
    mutating func resize(_ folder: borrowing Descriptor, _ name: FileName, _ status: EntryStatus) throws {
        let file = try folder.open(name, .write)
        try file.setSize(Int64(dice.number(0...Int(min(status.size, 1 << 20)))))
        if dice.number(0...1) == 0 { try file.setSize(Int64(dice.number(0...30000))) }
        try file.setModified(nextTime())
    }

    /// Moves a name to another folder, under the same or another name, over what is there.
    mutating func wander(
        _ name: FileName,
        from folder: borrowing Descriptor,
        _ root: borrowing Descriptor,
        _ folders: [[FileName]]
    ) throws {
        let target = try Self.open(dice.pick(folders), in: root)
        let newName = dice.number(0...1) == 0 ? name : "wandered"
        if try target.status().inode == folder.status().inode && newName == name { return }
        do {
            try move(name, in: folder, to: target, as: newName)
        } catch let error as SystemError {
            // Into itself, or over something of another kind: then nothing happens, ignoring.
            _ = error
        }
    }

    /// Makes folders in each other until their path is longer than any system call takes, and a file at the bottom.
    mutating func digDeep(_ folder: borrowing Descriptor) throws {
        var deepest = try folder.duplicate()
        for level in 0..<18 {
            let name = FileName(bytes: [UInt8](repeating: UInt8(ascii: "a") + UInt8(level), count: 250))
            // An earlier change may have put something else in a folder's place.
            if (try? deepest.status(of: name))?.kind != .directory {
                try Self.remove(name, from: deepest)
                try deepest.make([.folder(name)])
            }
            deepest = try deepest.open(name, .directory)
        }
        try Self.remove("bottom", from: deepest)
        try deepest.make([item("bottom")])
    }
}

/// Finding the way.
extension RandomTree {
    static func remove(_ name: FileName, from folder: borrowing Descriptor) throws {
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

    static func open(_ path: [FileName], in root: borrowing Descriptor) throws -> Descriptor {
        var folder = try root.duplicate()
        for name in path { folder = try folder.open(name, .directory) }
        return folder
    }

    static func folders(_ root: borrowing Descriptor) throws -> [[FileName]] {
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
