import Copying
import LinuxSystem
import SystemPackage
import Testing

@Suite("A manifest")
struct ManifestTests {
    private let home: TemporaryFolder
    private var path: FileName { FileName(home.path + "/manifest.sqlite") }

    init() throws {
        home = try TemporaryFolder()
    }

    /// An entry with something in every field.
    private static func sample(_ number: UInt64, kind: EntryKind = .file) throws -> ManifestEntry {
        var entry = ManifestEntry(try Descriptor.open("/", .directory).status())
        entry.kind = kind
        entry.permissions = 0o4751
        entry.flags = .unfinished
        entry.uid = 4_000_000_000
        entry.gid = 100
        entry.size = Int64(truncatingIfNeeded: number & 0xffff_ffff) * 1_000_000_007
        entry.modified = FileTime(seconds: -5, nanoseconds: 999_999_999)
        entry.changed = FileTime(seconds: 1_700_000_000, nanoseconds: 1)
        entry.born = FileTime(seconds: 1_600_000_000, nanoseconds: 2)
        entry.inode = number
        entry.linkCount = 3
        entry.deviceNumber = 0x0801
        entry.destinationInode = UInt64.max
        entry.hash = ContentHash(high: number, low: ~number)
        entry.attributes = ContentHash(high: 1, low: 2)
        entry.checked = UnixTime(seconds: 1_700_000_001)
        return entry
    }

    @Test("gives back every field, also after it was closed")
    func everyField() throws {
        let kinds: [EntryKind] = [
            .file, .directory, .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice,
        ]
        var rows = try kinds.enumerated().map { number, kind in
            ManifestRow(
                name: FileName("\(number)"),
                entry: try Self.sample(.max - UInt64(number), kind: kind)
            )
        }
        rows[1].entry.child = FolderNumber(rawValue: 77)
        rows[2].entry.blockList = BlockListNumber(rawValue: 78)
        // What a file system does not know, and what is left out when it is 0.
        rows[3].entry.born = nil
        rows[3].entry.deviceNumber = 0
        rows[3].entry.destinationInode = 0
        rows[4].entry.hash = nil
        rows[4].entry.attributes = nil
        rows[4].entry.checked = nil
        try Manifest.open(at: path).write { (transaction) throws(ManifestError) in
            for row in rows { try transaction.put(row.name, in: .top, row.entry) }
        }
        let manifest = try Manifest.open(at: path)
        #expect(try manifest.rows(of: .top) == rows)
        #expect(try manifest.entry("3", in: .top) == rows[3].entry)
        #expect(try manifest.entry("9", in: .top) == nil)
        #expect(try manifest.count == rows.count)
    }

    @Test("orders names by their bytes, and holds the top under the empty one")
    func order() throws {
        let names =
            ["a", "B", "\u{e9}", "e\u{301}", "a\n", "aa", "_"].map { FileName($0) } + [
                FileName(bytes: [0xff]), FileName(bytes: [0x61, 0x80]),
            ]
        let manifest = try Manifest.open(at: path)
        let entry = try Self.sample(1)
        try manifest.write { (transaction) throws(ManifestError) in
            for name in names { try transaction.put(name, in: .top, entry) }
            try transaction.put("", in: .aboveTop, entry)
        }
        #expect(try manifest.rows(of: .top).map(\.name) == names.sorted())
        #expect(try manifest.entry("", in: .aboveTop) == entry)
    }

    private static func folder(_ number: FolderNumber, _ inode: UInt64 = 1) throws -> ManifestEntry {
        var entry = try sample(inode, kind: .directory)
        entry.child = number
        return entry
    }

    /// `a/b/c` and `other`, with a file in each.
    private func tree() throws -> (
        Manifest, a: FolderNumber, b: FolderNumber, c: FolderNumber, other: FolderNumber
    ) {
        let manifest = try Manifest.open(at: path)
        let (a, b) = (manifest.newFolderNumber(), manifest.newFolderNumber())
        let (c, other) = (manifest.newFolderNumber(), manifest.newFolderNumber())
        let rows: [(FolderNumber, FileName, ManifestEntry)] = [
            (.top, "a", try Self.folder(a)), (a, "b", try Self.folder(b)), (b, "c", try Self.folder(c)),
            (.top, "other", try Self.folder(other)),
            (a, "file", try Self.sample(10)), (b, "file", try Self.sample(11)),
            (c, "file", try Self.sample(12)),
            (other, "file", try Self.sample(13)),
        ]
        try manifest.write { (transaction) throws(ManifestError) in
            for (folder, name, entry) in rows { try transaction.put(name, in: folder, entry) }
        }
        return (manifest, a, b, c, other)
    }

    @Test("moves a folder with everything below it, over what was there")
    func moves() throws {
        let (manifest, a, b, c, other) = try tree()
        #expect(try manifest.path(of: c) == "a/b/c")
        #expect(try manifest.subfolder("b", of: a) == b)
        try manifest.write { (transaction) throws(ManifestError) in
            try transaction.move(
                from: ManifestPlace(folder: a, name: "b"),
                to: ManifestPlace(folder: .top, name: "other")
            )
        }
        #expect(try manifest.path(of: c) == "other/c")
        #expect(try manifest.subfolder("b", of: a) == nil)
        #expect(try manifest.subfolder("other", of: .top) == b)
        #expect(try manifest.rows(of: other) == [])
        #expect(try manifest.count == 6)
    }

    @Test("that a folder was moved into itself in cuts it off, and ends")
    func cycle() throws {
        let (manifest, a, b, c, _) = try tree()
        try manifest.write { (transaction) throws(ManifestError) in
            try transaction.move(
                from: ManifestPlace(folder: .top, name: "a"),
                to: ManifestPlace(folder: c, name: "a")
            )
        }
        #expect(try manifest.path(of: b) == nil)
        #expect(try manifest.path(of: FolderNumber(rawValue: 999)) == nil)
        #expect(try manifest.path(of: .top) == "")
        try manifest.write { (transaction) throws(ManifestError) in try transaction.remove("b", in: a) }
        #expect(try manifest.count == 2)
    }

    @Test("forgets a folder with all rows below it")
    func removes() throws {
        let (manifest, a, b, c, _) = try tree()
        try manifest.write { (transaction) throws(ManifestError) in
            try transaction.remove("a", in: .top)
            try transaction.remove("missing", in: .top)
        }
        for folder in [a, b, c] { #expect(try manifest.rows(of: folder) == []) }
        #expect(try manifest.count == 2)
    }

    @Test("forgets what was below a folder that something else replaced")
    func replaces() throws {
        let (manifest, _, b, _, _) = try tree()
        let file = try Self.sample(20)
        try manifest.write { (transaction) throws(ManifestError) in try transaction.put("a", in: .top, file) }
        #expect(try manifest.entry("a", in: .top) == file)
        #expect(try manifest.rows(of: b) == [])
        #expect(try manifest.count == 3)
    }

    @Test("finds every name of an inode, before and after its index is made")
    func finds() throws {
        #expect(try Manifest.open(at: path).find(inode: 12).isEmpty)
        let (manifest, a, _, c, _) = try tree()
        let twin = try Self.sample(12)
        func places() throws -> Set<ManifestPlace> { Set(try manifest.find(inode: 12).map(\.place)) }
        #expect(try places() == [ManifestPlace(folder: c, name: "file")])
        try manifest.write { (transaction) throws(ManifestError) in try transaction.put("twin", in: a, twin) }
        #expect(
            try places() == [ManifestPlace(folder: c, name: "file"), ManifestPlace(folder: a, name: "twin")]
        )
        #expect(try manifest.find(inode: 999).isEmpty)
        try manifest.postponeInodeIndex()
        #expect(try places().count == 2)
        try manifest.postponeInodeIndex()
        try manifest.seal()
        #expect(try places().count == 2)
    }

    @Test("keeps the blocks of a file as long as a name of it is left")
    func blocks() throws {
        let manifest = try Manifest.open(at: path)
        let list = manifest.newBlockListNumber()
        var file = try Self.sample(1)
        file.blockList = list
        let hashes = (0..<1024).map { ContentHash(high: $0, low: ~$0) }
        try manifest.write { (transaction) throws(ManifestError) in
            for part in 0..<3 { try transaction.putBlocks(hashes, list, part: part) }
            try transaction.putBlocks([hashes[1]], list, part: 1)
            try transaction.removeBlocks(list, from: 2)
            try transaction.put("one", in: .top, file)
            try transaction.put("two", in: .top, file)
            try transaction.remove("one", in: .top)
        }
        #expect(try manifest.blocks(list, part: 0) == hashes)
        #expect(try manifest.blocks(list, part: 1) == [hashes[1]])
        #expect(try manifest.blocks(list, part: 2) == nil)
        file.blockList = nil
        try manifest.write { (transaction) throws(ManifestError) in try transaction.put("two", in: .top, file)
        }
        #expect(try manifest.blocks(list, part: 0) == nil)
    }

    @Test("undoes a write that throws")
    func undone() throws {
        let (manifest, _, _, _, _) = try tree()
        #expect(throws: ManifestError.inUse) {
            try manifest.write { (transaction) throws(ManifestError) in
                try transaction.remove("a", in: .top)
                throw .inUse
            }
        }
        #expect(try manifest.count == 8)
    }

    @Test("is sealed under a new identity, and changed only after it was opened again")
    func sealing() throws {
        var key: [UInt8] = []
        var identity: ManifestIdentity?
        do {
            let (manifest, _, _, _, _) = try tree()
            #expect(manifest.state == .open)
            let before = manifest.identity
            try manifest.seal()
            #expect(manifest.state == .sealed)
            #expect(manifest.identity != before)
            #expect(throws: ManifestError.sealed) { try manifest.write { (_) throws(ManifestError) in } }
            key = manifest.hashKey.bytes
            identity = manifest.identity
        }
        #expect(try home.folder.entryNames() == ["manifest.sqlite"])
        #expect(try home.folder.status(of: "manifest.sqlite").permissions == 0o600)
        let manifest = try Manifest.open(at: path)
        #expect(manifest.state == .sealed)
        #expect(manifest.identity == identity)
        #expect(manifest.hashKey.bytes == key)
        try manifest.markOpen()
        #expect(manifest.state == .open)
        #expect(manifest.newFolderNumber().rawValue == 6)
    }

    @Test("that a killed process left is open, whole, and gives no number twice")
    func killed() throws {
        let (manifest, _, _, _, _) = try tree()
        try manifest.seal()
        try manifest.markOpen()
        let number = manifest.newFolderNumber()
        let folder = try Self.folder(number)
        try manifest.write { (transaction) throws(ManifestError) in
            try transaction.put("late", in: .top, folder)
        }
        // The file without its process, as a kill leaves it.
        let copy = FileName(home.path + "/copy.sqlite")
        try run("/bin/cp", home.path + "/manifest.sqlite", home.path + "/copy.sqlite")
        let other = try Manifest.open(at: copy)
        #expect(other.state == .open)
        #expect(try other.count == 9)
        #expect(try other.find(inode: 12).count == 1)
        #expect(other.newFolderNumber().rawValue == number.rawValue + 1)
    }

    @Test("gives a copy that is another manifest of the same seal")
    func copies() throws {
        let (manifest, _, _, c, _) = try tree()
        try manifest.seal()
        let target = try home.makeFolder("target")
        try manifest.copy(to: "published.sqlite", in: target)
        try manifest.copy(to: "published.sqlite", in: target)
        #expect(try target.entryNames() == ["published.sqlite"])
        #expect(try target.status(of: "published.sqlite").permissions == 0o600)
        let copy = try Manifest.open(at: FileName(home.path + "/target/published.sqlite"))
        #expect(copy.state == .sealed)
        #expect(copy.identity == manifest.identity)
        #expect(try copy.path(of: c) == "a/b/c")
    }

    @Test("in use is not opened by another process")
    func inUse() throws {
        let manifest = try Manifest.open(at: path)
        let outcome = try ChildProcess(["/usr/bin/sqlite3", path, "SELECT count(*) FROM entry"]).run()
        #expect(!outcome.isSuccess)
        #expect(try manifest.count == 0)
    }

    @Test("that was cut off forgets blocks of files that got no name, and gives their number to no other")
    func orphans() throws {
        let hash = ContentHash(high: 1, low: 2)
        let lists = [50, 100].map { BlockListNumber(rawValue: $0) }
        do {
            var entry = try Self.sample(1)
            entry.blockList = lists[0]
            try Manifest.open(at: path).write { (transaction) throws(ManifestError) in
                try transaction.put("named", in: .top, entry)
                for list in lists { try transaction.putBlocks([hash], list, part: 0) }
            }
        }
        let manifest = try Manifest.open(at: path)
        #expect(try manifest.blocks(lists[0], part: 0) == [hash])
        #expect(try manifest.blocks(lists[1], part: 0) == nil)
        #expect(manifest.newBlockListNumber().rawValue == 101)
    }

    @Test("is read by other tools as it is documented")
    func otherTools() throws {
        do {
            let (manifest, _, _, _, _) = try tree()
            try manifest.seal()
        }
        let sql = """
            PRAGMA application_id; PRAGMA user_version; PRAGMA page_size; PRAGMA integrity_check;
            SELECT state, last_number FROM meta;
            SELECT hex(name), child, inode, hex(status) FROM entry WHERE folder = 1 AND name = x'61';
            """
        let status = [
            "02", "00", "E909", "01000000", "00286BEE", "64000000", "07CA9A3B00000000", "FBFFFFFFFFFFFFFF",
            "00F1536500000000", "00105E5F00000000", "FFC99A3B", "01000000", "02000000", "03000000",
            "0108000000000000", "FFFFFFFFFFFFFFFF",
        ]
        #expect(
            try run("/usr/bin/sqlite3", home.path + "/manifest.sqlite", sql)
                == "1480740166\n1\n16384\nok\nsealed|5\n61|2|1|\(status.joined())\n"
        )
    }

    @Test("of a newer program is refused, and stays")
    func newer() throws {
        _ = try Manifest.open(at: path)
        try run("/usr/bin/sqlite3", home.path + "/manifest.sqlite", "PRAGMA user_version = 2")
        #expect(throws: ManifestError.newer(format: 2)) { try Manifest.open(at: path) }
        #expect(throws: ManifestError.newer(format: 2)) { try Manifest.discard(at: path) }
    }

    @Test(
        "is never made of something else, nor is that removed",
        arguments: [
            "echo something > manifest.sqlite",
            "sqlite3 manifest.sqlite 'CREATE TABLE mine (only)'",  // a database of somebody else
            "mkfifo manifest.sqlite",
            "mkdir manifest.sqlite",
            "touch manifest.sqlite",
            "sqlite3 real 'PRAGMA application_id = 1480740166'; ln -s real manifest.sqlite",
            "sqlite3 real 'PRAGMA application_id = 1480740166'; ln real manifest.sqlite",  // two names
        ]
    )
    func foreign(script: String) throws {
        try run("/bin/sh", "-c", "cd \(home.path) && \(script)")
        let before = try home.folder.entryNames()
        #expect(throws: ManifestError.self) { try Manifest.open(at: path) }
        #expect(throws: ManifestError.self) { try Manifest.discard(at: path) }
        #expect(try home.folder.entryNames() == before)
    }

    @Test("that is damaged says so, and can be begun anew", arguments: [16384, 2 * 16384])
    func damaged(offset: Int64) throws {
        var key: [UInt8] = []
        do {
            let (manifest, _, _, _, _) = try tree()
            key = manifest.hashKey.bytes
        }
        let garbage = [UInt8](repeating: 0xa5, count: 16384)
        try home.folder.open("manifest.sqlite", .write).write(garbage, at: offset)
        #expect {
            try Manifest.open(at: path)
        } throws: {
            guard case .damaged = $0 as? ManifestError else { return false }
            return true
        }
        try Manifest.discard(at: path)
        let manifest = try Manifest.open(at: path)
        #expect(try manifest.count == 0)
        #expect(manifest.hashKey.bytes != key)
    }

    @Test("says when its file system is full, and keeps what it had", Need.images)
    func full() throws {
        let image = try Image("ext4", megabytes: 8)
        let manifest = try Manifest.open(at: FileName(image.path + "/manifest.sqlite"))
        let entry = try Self.sample(1)
        try manifest.write { (transaction) throws(ManifestError) in
            try transaction.put("kept", in: .top, entry)
        }
        #expect {
            try manifest.write { (transaction) throws(ManifestError) in
                for number in 0..<100_000 { try transaction.put(FileName("name \(number)"), in: .top, entry) }
            }
        } throws: {
            guard case .noSpace = $0 as? ManifestError else { return false }
            return true
        }
        #expect(try manifest.rows(of: .top).map(\.name) == ["kept"])
    }
}
