internal import GRDB
public import LinuxSystem
import Synchronization

extension Manifest {
    /// Everything in a folder, ordered by the names' bytes; empty for a folder that is not known.
    public func rows(of folder: FolderNumber) throws(ManifestError) -> [ManifestRow] {
        try read { try $0.rows(of: folder) }
    }

    /// What is known of one name; nil when it is not known.
    public func entry(_ name: FileName, in folder: FolderNumber) throws(ManifestError) -> ManifestEntry? {
        try read { try $0.entry(name, in: folder) }
    }

    /// The number of the folder of that name; nil when there is none.
    public func subfolder(_ name: FileName, of folder: FolderNumber) throws(ManifestError) -> FolderNumber? {
        try read { try $0.entry(name, in: folder)?.child }
    }

    /// Every name whose source has this inode number, in no order. An open manifest without an index gets one first,
    /// which takes about a second for a million entries.
    public func find(inode: UInt64) throws(ManifestError) -> [(place: ManifestPlace, entry: ManifestEntry)] {
        if memory.withLock({ !$0.hasInodeIndex }) {
            // Nothing is in it yet, and it is filled faster without.
            if try read({ try Int.fetchOne($0, sql: "SELECT 1 FROM entry LIMIT 1") == nil }) { return [] }
            try makeInodeIndex()
        }
        return try read { try $0.find(inode: inode) }
    }

    /// The way from the top of the destination to a folder; nil when none leads there.
    public func path(of folder: FolderNumber) throws(ManifestError) -> FileName? {
        try read { try $0.path(of: folder) }
    }

    /// The hashes of a large file's blocks, of bytes `part` × 64 MiB and the following 64 MiB; nil when not known.
    public func blocks(_ list: BlockListNumber, part: Int) throws(ManifestError) -> [ContentHash]? {
        try read { try $0.blocks(list, part: part) }
    }

    /// Number of entries. It counts them: tens of milliseconds for a million.
    public var count: Int {
        get throws(ManifestError) {
            try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM entry") ?? 0 }
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws(ManifestError) -> Result {
        // No explicit transaction: the lock is held anyway, and a BEGIN for each folder costs more than its rows.
        try translatingErrors { try queue.writeWithoutTransaction(body) }
    }
}

extension Database {
    func rows(of folder: FolderNumber) throws -> [ManifestRow] {
        let statement = try ManifestStatement.rows(self, of: folder)
        defer { statement.reset() }
        var rows: [ManifestRow] = []
        while try statement.step() { rows.append(try statement.row()) }
        return rows
    }

    func entry(_ name: FileName, in folder: FolderNumber) throws -> ManifestEntry? {
        let sql = "SELECT \(ManifestStatement.columns) FROM entry WHERE folder = ? AND name = ?"
        let statement = try ManifestStatement(self, sql)
        defer { statement.reset() }
        statement.bind(folder.rawValue, at: 1)
        statement.bind(name, at: 2)
        return try statement.step() ? try statement.entry() : nil
    }

    func find(inode: UInt64) throws -> [(place: ManifestPlace, entry: ManifestEntry)] {
        let sql = "SELECT \(ManifestStatement.columns), folder, name FROM entry WHERE inode = ?"
        let statement = try ManifestStatement(self, sql)
        defer { statement.reset() }
        statement.bind(Int64(bitPattern: inode), at: 1)
        var found: [(place: ManifestPlace, entry: ManifestEntry)] = []
        while try statement.step() {
            let folder = FolderNumber(rawValue: statement.number(7))
            found.append((ManifestPlace(folder: folder, name: statement.name(8)), try statement.entry()))
        }
        return found
    }

    func path(of folder: FolderNumber) throws -> FileName? {
        let statement = try ManifestStatement(self, "SELECT folder, name FROM entry WHERE child = ?")
        defer { statement.reset() }
        var parts: [FileName] = []
        var visited: Set<FolderNumber> = []
        var current = folder
        while current != .top {
            // A folder that was moved into itself is cut off, too.
            guard visited.insert(current).inserted else { return nil }
            statement.reset()
            statement.bind(current.rawValue, at: 1)
            guard try statement.step() else { return nil }
            current = FolderNumber(rawValue: statement.number(0))
            parts.append(statement.name(1))
        }
        return FileName(bytes: parts.reversed().map(\.bytes).joined(separator: [UInt8(ascii: "/")]))
    }

    func blocks(_ list: BlockListNumber, part: Int) throws -> [ContentHash]? {
        let statement = try ManifestStatement(self, "SELECT hashes FROM blocks WHERE file = ? AND part = ?")
        defer { statement.reset() }
        statement.bind(list.rawValue, at: 1)
        statement.bind(Int64(part), at: 2)
        guard try statement.step() else { return nil }
        guard let hashes = [ContentHash](packed: statement.bytes(0)) else {
            throw ManifestError.damaged("a list of block hashes is malformed")
        }
        return hashes
    }
}
