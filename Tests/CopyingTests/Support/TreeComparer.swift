import LinuxSystem
import Testing

/// Everything that a copy must carry, read with calls of its own and compared exactly.
struct TreeFacts {
    /// The facts of one entry as text, so that a difference shows what differs.
    private(set) var facts: [FileName: String] = [:]
    /// What each entry holds, without its metadata.
    private(set) var contents: [FileName: String] = [:]
    private var namesOfInode: [UInt64: [FileName]] = [:]

    init(_ root: borrowing Descriptor) throws {
        facts[""] = try Self.metadata(root.status(), AttributePlace(of: root))
        try read(root, FileName())
        for names in namesOfInode.values where names.count > 1 {
            let sorted = names.sorted()
            for name in sorted { facts[name, default: ""] += " same as \(sorted[0])" }
        }
    }

    private mutating func read(_ folder: borrowing Descriptor, _ path: FileName) throws {
        var names: [FileName] = []
        try folder.forEachName { names.append($0) }
        for name in names {
            let status = try folder.status(of: name)
            let place = path.appending(name)
            var text = "\(status.kind)"
            switch status.kind {
            case .file: text += try Self.contents(folder.open(name, .noAccessTime), status)
            case .directory: try read(folder.open(name, .directory), place)
            case .symbolicLink: text += " -> \(try folder.symbolicLinkTarget(name))"
            case .characterDevice, .blockDevice: text += " device \(status.deviceNumber)"
            case .fifo, .socket: break
            }
            if status.kind != .directory { namesOfInode[status.inode, default: []].append(place) }
            contents[place] = text
            facts[place] = try Self.metadata(status, AttributePlace(name, in: folder)) + text
        }
    }

    private static func metadata(_ status: EntryStatus, _ place: AttributePlace) throws -> String {
        var text = "\(status.kind) \(String(status.permissions, radix: 8)) \(status.uid):\(status.gid)"
        text += " \(status.modified.seconds).\(status.modified.nanoseconds)"
        // XFS shows its own form of an ACL beside the ACL.
        for name in try place.names().sorted() where !name.bytes.starts(with: "trusted.SGI_ACL_".utf8) {
            let value = try place.value(name) ?? []
            text += " [\(name) \(value.map { String($0, radix: 16) }.joined(separator: " "))]"
        }
        return text + " "
    }

    /// Size, bytes and holes. A page in the cache counts as data where blocks are only reserved, also when nothing but
    /// a reader brought it there, so the cache is emptied before and after.
    private static func contents(_ file: borrowing Descriptor, _ status: EntryStatus) throws -> String {
        file.forgetCached(0..<status.size)
        defer { file.forgetCached(0..<status.size) }
        var pieces: [Range<Int64>] = []
        var position: Int64 = 0
        while position < status.size, let data = try file.nextData(from: position) {
            let end = try file.nextHole(from: data)
            pieces.append(data..<end)
            position = end
        }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for piece in pieces { try mix(file, piece, into: &hash) }
        let holes = pieces.map { "\($0)" }.joined(separator: " ")
        return " \(status.size) bytes \(String(hash, radix: 16)) data \(holes)"
    }

    /// FNV-1a over the words that are not zero and their places: equal bytes give equal hashes, whatever the holes.
    private static func mix(
        _ file: borrowing Descriptor,
        _ piece: Range<Int64>,
        into hash: inout UInt64
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { buffer.deallocate() }
        // Holes start and end at blocks of the file system, so that the words are the same for all of them.
        var position = piece.lowerBound / 8 * 8
        while position < piece.upperBound {
            let wanted = Int(min(Int64(buffer.count), piece.upperBound - position))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            let count = try file.read(into: part, at: position)
            if count == 0 { return }
            UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(
                as: UInt8.self,
                repeating: 0
            )
            for offset in stride(from: 0, to: count, by: 8) {
                let word = buffer.load(fromByteOffset: offset, as: UInt64.self)
                if word == 0 { continue }
                hash = (hash ^ word ^ UInt64(position + Int64(offset))) &* 0x100_0000_01b3
                hash ^= hash >> 32
            }
            position += Int64(count)
        }
    }

    /// The paths and kinds alone.
    var names: [String] {
        facts.map { "\($0.key) \($0.value.prefix { $0 != " " })" }.sorted()
    }

    /// True when rsync can reach everything: its paths have at most 4095 bytes, those of its root included.
    var isWithinPathLimit: Bool { facts.keys.allSatisfy { $0.bytes.count < 4000 } }

    /// What differs, one line each.
    func differences(from other: TreeFacts) -> [String] {
        var lines: [String] = []
        for path in Set(facts.keys).union(other.facts.keys).sorted() where facts[path] != other.facts[path] {
            lines.append("\(path): \(facts[path] ?? "missing") / \(other.facts[path] ?? "missing")")
        }
        return lines
    }
}

/// Expects two trees to be equal by our own comparison and in rsync's eyes.
func expectEqual(
    _ source: borrowing Descriptor,
    _ destination: borrowing Descriptor,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let differences = try TreeFacts(source).differences(from: TreeFacts(destination))
    #expect(differences == [], "\(comment)", sourceLocation: sourceLocation)
    let opinion = try rsync(source, destination, ["-naHAXS", "-@-1", "--checksum", "-i"] + xfsLists)
    #expect(opinion == "", "\(comment) rsync", sourceLocation: sourceLocation)
}

/// XFS shows ACLs also as attributes of its own, which rsync takes for attributes of the mirror alone.
private let xfsLists: [FileName] = ["--filter=-x trusted.SGI_ACL_*", "--filter=-x system.*"]

/// Runs rsync with deletion and numeric ids from one open folder to another.
@discardableResult
func rsync(
    _ source: borrowing Descriptor,
    _ destination: borrowing Descriptor,
    _ options: [FileName]
) throws -> String {
    let process = Array("/proc/".utf8) + (try selfProcess().bytes) + Array("/fd/".utf8)
    let paths = [source.rawValue, destination.rawValue].map { FileName(bytes: process + "\($0)/".utf8) }
    return try run(["/usr/bin/rsync", "--delete", "--numeric-ids"] + options + paths)
}

/// The number of this process, as a child sees it.
private func selfProcess() throws -> FileName {
    try Descriptor.open("/proc", .directory).symbolicLinkTarget("self")
}
