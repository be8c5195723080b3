internal import GRDB
internal import GRDBSQLite
internal import LinuxSystem

/// A prepared statement that is bound and stepped with SQLite's own calls: GRDB's rows cost more than a whole row may.
struct ManifestStatement {
    /// Keeps the statement while `pointer` is used.
    private let statement: Statement
    private let pointer: OpaquePointer

    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
        pointer = statement.sqliteStatement
    }

    /// Makes it ready for the next values. Must follow the last step, for a statement in the middle of its rows keeps
    /// a transaction from ending.
    func reset() {
        sqlite3_reset(pointer)
    }

    func bind(_ number: Int64?, at index: Int32) {
        if let number {
            sqlite3_bind_int64(pointer, index, number)
        } else {
            sqlite3_bind_null(pointer, index)
        }
    }

    /// Binds a copy of the bytes. An empty name is an empty blob, not NULL.
    func bind(_ name: FileName, at index: Int32) {
        bind(name.bytes, at: index)
    }

    /// Binds a copy of the bytes.
    func bind(_ bytes: [UInt8], at index: Int32) {
        bytes.withUnsafeBytes { bind($0, at: index) }
    }

    /// Binds a copy of the bytes.
    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(pointer, index, 0)
        } else {
            sqlite3_bind_blob(pointer, index, bytes.baseAddress, Int32(bytes.count), Self.copies)
        }
    }

    func bind(_ hash: ContentHash?, at index: Int32) {
        guard let hash else {
            sqlite3_bind_null(pointer, index)
            return
        }
        withUnsafeTemporaryAllocation(byteCount: ContentHash.byteCount, alignment: 8) { bytes in
            hash.store(into: bytes)
            bind(UnsafeRawBufferPointer(bytes), at: index)
        }
    }

    /// True when there is a row. Resets itself at the end and at an error.
    func step() throws -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE {
            sqlite3_reset(pointer)
            return false
        }
        let message = sqlite3_errmsg(sqlite3_db_handle(pointer)).map { String(cString: $0) }
        sqlite3_reset(pointer)
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }

    /// Runs a statement that gives no rows.
    func run() throws {
        while try step() {}
    }

    /// The number in a column; 0 for NULL.
    func number(_ column: Int32) -> Int64 {
        sqlite3_column_int64(pointer, column)
    }

    /// The bytes in a column, valid until the next step; empty for NULL.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        guard let start = sqlite3_column_blob(pointer, column) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column)))
    }

    func name(_ column: Int32) -> FileName {
        FileName(copying: bytes(column))
    }

    /// The hash in a column; nil for NULL.
    func hash(_ column: Int32) throws -> ContentHash? {
        let bytes = bytes(column)
        if bytes.isEmpty { return nil }
        guard bytes.count == ContentHash.byteCount else {
            throw ManifestError.damaged("a hash has \(bytes.count) bytes")
        }
        return ContentHash(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// SQLITE_TRANSIENT, a macro with a cast.
    private static var copies: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

extension ManifestStatement {
    /// Finds all rows of a folder, ordered by the names' bytes.
    static func rows(_ database: Database, of folder: FolderNumber) throws -> ManifestStatement {
        let sql = "SELECT \(columns), name FROM entry WHERE folder = ? ORDER BY name"
        let statement = try ManifestStatement(database, sql)
        statement.bind(folder.rawValue, at: 1)
        return statement
    }

    /// The name in a row of `rows(_:of:)`, valid until the next step.
    var rowName: UnsafeRawBufferPointer { bytes(7) }

    /// A row of `rows(_:of:)`.
    func row() throws -> ManifestRow {
        ManifestRow(name: name(7), entry: try entry())
    }

    /// The columns that `entry()` reads, in its order, for SELECT.
    static let columns = "child, inode, checked, file, hash, attributes, status"

    /// The entry in the row's first seven columns.
    func entry() throws -> ManifestEntry {
        guard var entry = ManifestStatus.unpack(bytes(6)) else {
            throw ManifestError.damaged("a status is malformed")
        }
        let child = number(0)
        if child != 0 { entry.child = FolderNumber(rawValue: child) }
        entry.inode = UInt64(bitPattern: number(1))
        let checked = number(2)
        if checked != 0 { entry.checked = UnixTime(seconds: checked) }
        let list = number(3)
        if list != 0 { entry.blockList = BlockListNumber(rawValue: list) }
        entry.hash = try hash(4)
        entry.attributes = try hash(5)
        return entry
    }
}
