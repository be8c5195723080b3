internal import Dispatch
internal import GRDB
public import LinuxSystem
import Synchronization

extension Manifest {
    /// Opens a manifest, and makes an empty one, which is open, when there is none. Blocks; an open one of a million
    /// entries is examined for a second or two.
    ///
    /// - Parameter path: its folder must exist; its last part must be UTF-8 and no symbolic link.
    public static func open(at path: FileName) throws(ManifestError) -> Manifest {
        let file = try ManifestFile.open(path) { (folder, name) throws(ManifestError) in
            let database = try ManifestFile.sqlitePath(name, in: folder)
            try translatingErrors { try create(database) }
        }
        let database = try ManifestFile.sqlitePath(file.name, in: file.folder)
        return try translatingErrors { try open(file, database) }
    }

    /// Removes a manifest, damaged or not, so that the next `open` begins anew. Nobody may have it open.
    ///
    /// - Throws: `foreign` when something else has the name, which stays.
    public static func discard(at path: FileName) throws(ManifestError) {
        try ManifestFile.remove(path)
    }

    private static func create(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { database in
            // The page size can be chosen only before the first page is written.
            try database.execute(
                sql: """
                    PRAGMA page_size = 16384;
                    PRAGMA synchronous = EXTRA;
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(format);
                    """
            )
            try database.inTransaction {
                try database.execute(sql: schema)
                let meta = try ManifestStatement(database, "INSERT INTO meta VALUES (1, ?, ?, 'open', ?)")
                meta.bind(try ManifestIdentity.random().bytes, at: 1)
                meta.bind(try ContentKey.random().bytes, at: 2)
                meta.bind(FolderNumber.top.rawValue, at: 3)
                try meta.run()
                return .commit
            }
        }
        try queue.close()
    }

    private static func open(_ file: ManifestFile, _ path: String) throws -> Manifest {
        let queue = try DatabaseQueue(path: path, configuration: configuration(file.folderPath))
        return try queue.writeWithoutTransaction { database in
            let meta = try ManifestStatement(
                database,
                "SELECT identity, hash_key, state = 'sealed', last_number FROM meta"
            )
            guard try meta.step(), let identity = ManifestIdentity(Array(meta.bytes(0))),
                let hashKey = ContentKey(bytes: meta.bytes(1))
            else { throw ManifestError.damaged("the table 'meta' is malformed") }
            let state: State = meta.number(2) == 1 ? .sealed : .open
            let written = meta.number(3)
            meta.reset()
            var last = written
            switch state {
            case .sealed: break
            case .open:
                try examine(database)
                last = try max(last, highestNumber(database))
                try removeOrphans(database)
            }
            let sql = "SELECT count(*) FROM sqlite_master WHERE name = 'entry_inode'"
            let memory = Memory(
                state: state,
                identity: identity,
                lastNumber: last,
                writtenNumber: written,
                hasInodeIndex: try Int.fetchOne(database, sql: sql) == 1
            )
            return Manifest(file, queue, hashKey, memory)
        }
    }

    private static func configuration(_ folder: FileName) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .immediateError
        // A service may not raise its threads above its own priority, and libdispatch complains when it cannot.
        configuration.qos = .background
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA synchronous = EXTRA;
                    PRAGMA journal_mode = TRUNCATE;
                    PRAGMA cache_size = -4096;
                    """
            )
            if let path = String(validating: folder.bytes, as: UTF8.self) {
                let quoted = path.split(separator: "'", omittingEmptySubsequences: false).joined(
                    separator: "''"
                )
                try database.execute(sql: "PRAGMA temp_store_directory = '\(quoted)'")
            }
            // Takes the lock, which then stays, and rolls back what a killed process left.
            try database.execute(sql: "BEGIN EXCLUSIVE; COMMIT; PRAGMA synchronous = OFF")
        }
        return configuration
    }

    /// After a power cut pages of several commits may be mixed. What an index says about a page that is sound in
    /// itself is not compared by quick_check, so the indexes are made again.
    private static func examine(_ database: Database) throws {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        if verdict != "ok" { throw ManifestError.damaged(verdict ?? "quick_check says nothing") }
        try database.execute(sql: "DROP INDEX IF EXISTS entry_inode; REINDEX entry_child; REINDEX entry_file")
    }

    private static func highestNumber(_ database: Database) throws -> Int64 {
        let folder =
            try Int64.fetchOne(database, sql: "SELECT max(child) FROM entry WHERE child IS NOT NULL") ?? 0
        let list =
            try Int64.fetchOne(database, sql: "SELECT max(file) FROM entry WHERE file IS NOT NULL") ?? 0
        // Of files that never got their names, too: what they left must not become the next one's.
        let orphan = try Int64.fetchOne(database, sql: "SELECT max(file) FROM blocks") ?? 0
        return max(folder, list, orphan)
    }

    /// Lists of blocks that no entry names: their files were being written when the run was cut off.
    private static func removeOrphans(_ database: Database) throws {
        let named = "SELECT 1 FROM entry WHERE entry.file = blocks.file"
        try database.execute(sql: "DELETE FROM blocks WHERE NOT EXISTS (\(named))")
    }
}
