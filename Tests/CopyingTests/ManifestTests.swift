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
}
