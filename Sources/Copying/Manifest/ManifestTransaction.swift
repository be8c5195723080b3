internal import GRDB
public import LinuxSystem
import Synchronization

/// When a change must be on the disk.
public enum ManifestDurability: Hashable, Sendable {
    /// With the seal. A killed process loses nothing, a power cut may tear the file, which is then begun anew.
    case later
    /// Before the call returns.
    case now
}

extension Manifest {
    /// Makes changes that are all done or, when `body` throws, all undone. Inside, use the transaction only: a call to
    /// the manifest itself would wait for this one.
    public func write<Result>(
        _ durability: ManifestDurability = .later,
        _ body: (borrowing ManifestTransaction) throws(ManifestError) -> Result
    ) throws(ManifestError) -> Result {
        if state == .sealed { throw .sealed }
        return try translatingErrors {
            try queue.writeWithoutTransaction { database in
                var result: Result?
                switch durability {
                case .later: result = try write(database, body)
                case .now: try database.durably { result = try write(database, body) }
                }
                guard let result else { fatalError("a transaction that did not throw has a result") }
                return result
            }
        }
    }

    private func write<Result>(
        _ database: Database,
        _ body: (borrowing ManifestTransaction) throws(ManifestError) -> Result
    ) throws -> Result {
        var result: Result?
        try database.inTransaction(.immediate) {
            let transaction = try ManifestTransaction(database)
            result = try body(transaction)
            try writeLastNumber(database)
            return .commit
        }
        guard let result else { fatalError("a transaction that did not throw has a result") }
        return result
    }

    private func writeLastNumber(_ database: Database) throws {
        let number = memory.withLock { $0.lastNumber == $0.writtenNumber ? nil : $0.lastNumber }
        guard let number else { return }
        let statement = try ManifestStatement(database, "UPDATE meta SET last_number = ?")
        statement.bind(number, at: 1)
        try statement.run()
        // A commit that fails now is tried again with a higher number or by the seal.
        memory.withLock { $0.writtenNumber = number }
    }
}

/// Changes of a manifest that happen together; it lives as long as the call of `Manifest.write`.
public struct ManifestTransaction: ~Copyable {
    private let database: Database
    private let insertion: ManifestStatement

    init(_ database: Database) throws {
        self.database = database
        insertion = try ManifestStatement(database, Self.insertionText)
    }

    /// Replaces a row only when no rows of other tables or folders hang on the old one; `put` sees to the rest.
    private static let insertionText = """
        INSERT INTO entry (folder, name, child, inode, checked, file, hash, attributes, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (folder, name) DO UPDATE SET inode = excluded.inode, checked = excluded.checked,
            file = excluded.file, hash = excluded.hash, attributes = excluded.attributes, status = excluded.status
        WHERE child IS excluded.child AND (file IS NULL OR file IS excluded.file)
        """

    /// Writes what is known of a name, over what was. Another folder than before (`child`), or something that is no
    /// folder, removes the old folder's rows.
    public func put(
        _ name: FileName,
        in folder: FolderNumber,
        _ entry: ManifestEntry
    ) throws(ManifestError) {
        try translatingErrors {
            if try insert(name, folder, entry) { return }
            try remove(folder, name)
            guard try insert(name, folder, entry) else {
                fatalError("a row that is not there is no conflict")
            }
        }
    }

    private func insert(_ name: FileName, _ folder: FolderNumber, _ entry: ManifestEntry) throws -> Bool {
        insertion.bind(folder.rawValue, at: 1)
        insertion.bind(name, at: 2)
        insertion.bind(entry.child?.rawValue, at: 3)
        insertion.bind(Int64(bitPattern: entry.inode), at: 4)
        insertion.bind(entry.checked?.seconds, at: 5)
        insertion.bind(entry.blockList?.rawValue, at: 6)
        insertion.bind(entry.hash, at: 7)
        insertion.bind(entry.attributes, at: 8)
        withUnsafeTemporaryAllocation(byteCount: ManifestStatus.longLength, alignment: 8) { bytes in
            let length = ManifestStatus.pack(entry, into: bytes)
            insertion.bind(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<length]), at: 9)
        }
        try insertion.run()
        return database.changesCount == 1
    }

    /// Forgets a name, and for a folder everything below it. A name that is not known is none to forget.
    public func remove(_ name: FileName, in folder: FolderNumber) throws(ManifestError) {
        try translatingErrors { try remove(folder, name) }
    }

    private func remove(_ folder: FolderNumber, _ name: FileName) throws {
        guard let entry = try database.entry(name, in: folder) else { return }
        let deletion = try ManifestStatement(database, "DELETE FROM entry WHERE folder = ? AND name = ?")
        deletion.bind(folder.rawValue, at: 1)
        deletion.bind(name, at: 2)
        try deletion.run()
        if let list = entry.blockList { try removeUnusedBlocks([list]) }
        if let child = entry.child { try removeRows(below: child) }
    }

    private func removeRows(below top: FolderNumber) throws {
        let deletion = try ManifestStatement(database, "DELETE FROM entry WHERE folder = ?")
        var waiting = [top]
        while let folder = waiting.popLast() {
            let (folders, lists) = try dependents(of: folder)
            deletion.bind(folder.rawValue, at: 1)
            try deletion.run()
            try removeUnusedBlocks(lists)
            waiting += folders
        }
    }

    /// What hangs on the rows of a folder.
    private func dependents(of folder: FolderNumber) throws -> ([FolderNumber], [BlockListNumber]) {
        let query = try ManifestStatement(
            database,
            "SELECT child, file FROM entry WHERE folder = ? AND (child IS NOT NULL OR file IS NOT NULL)"
        )
        defer { query.reset() }
        query.bind(folder.rawValue, at: 1)
        var folders: [FolderNumber] = []
        var lists: [BlockListNumber] = []
        while try query.step() {
            if query.number(0) != 0 { folders.append(FolderNumber(rawValue: query.number(0))) }
            if query.number(1) != 0 { lists.append(BlockListNumber(rawValue: query.number(1))) }
        }
        return (folders, lists)
    }

    /// Another name of the same file may still need them.
    private func removeUnusedBlocks(_ lists: [BlockListNumber]) throws {
        let deletion = try ManifestStatement(
            database,
            "DELETE FROM blocks WHERE file = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE file = ?1)"
        )
        for list in lists {
            deletion.bind(list.rawValue, at: 1)
            try deletion.run()
        }
    }

    /// Gives a name another place, a folder with everything below it, and forgets what was known of that place. A
    /// name that is not known leaves the new place unknown, too.
    public func move(from old: ManifestPlace, to new: ManifestPlace) throws(ManifestError) {
        if old == new { return }
        try translatingErrors {
            try remove(new.folder, new.name)
            let change = try ManifestStatement(
                database,
                "UPDATE entry SET folder = ?, name = ? WHERE folder = ? AND name = ?"
            )
            change.bind(new.folder.rawValue, at: 1)
            change.bind(new.name, at: 2)
            change.bind(old.folder.rawValue, at: 3)
            change.bind(old.name, at: 4)
            try change.run()
        }
    }

    /// Writes the hashes of a large file's blocks of 64 KiB, of bytes `part` × 64 MiB and the following 64 MiB.
    public func putBlocks(
        _ hashes: [ContentHash],
        _ list: BlockListNumber,
        part: Int
    ) throws(ManifestError) {
        try translatingErrors {
            let insertion = try ManifestStatement(database, "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)")
            insertion.bind(list.rawValue, at: 1)
            insertion.bind(Int64(part), at: 2)
            insertion.bind(hashes.packed, at: 3)
            try insertion.run()
        }
    }

    /// Forgets the hashes of a large file's blocks from a part on: it became shorter.
    public func removeBlocks(_ list: BlockListNumber, from part: Int) throws(ManifestError) {
        try translatingErrors {
            let deletion = try ManifestStatement(database, "DELETE FROM blocks WHERE file = ? AND part >= ?")
            deletion.bind(list.rawValue, at: 1)
            deletion.bind(Int64(part), at: 2)
            try deletion.run()
        }
    }

    /// The hashes of a large file's blocks; nil when not known.
    public func blocks(_ list: BlockListNumber, part: Int) throws(ManifestError) -> [ContentHash]? {
        try translatingErrors { try database.blocks(list, part: part) }
    }

    /// What is known of one name, with the changes so far; nil when it is not known.
    public func entry(_ name: FileName, in folder: FolderNumber) throws(ManifestError) -> ManifestEntry? {
        try translatingErrors { try database.entry(name, in: folder) }
    }
}
