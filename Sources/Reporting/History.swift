import Dispatch
import GRDB
public import LinuxSystem
import SystemPackage

/// `history.sqlite`: every run of every drive, and each drive's run counter.
///
/// One file, rollback journal, each commit on the disk before the call returns (`synchronous = EXTRA` covers the
/// journal's removal too). A file that is damaged is kept aside and begun anew: the history must never fail
/// a backup. All calls block.
public struct History: Sendable {
    /// Its name in the directory.
    public static let name = "history.sqlite"

    /// What was wrong with the file when it was opened; nil when nothing was.
    public let warning: String?
    private let queue: DatabaseQueue
}

/// When a drive last took everything.
public struct LastGood: Hashable, Sendable {
    /// The drive, as it was called then.
    public let drive: ReportedDrive
    /// When that run ended.
    public let ended: Timestamp
}

extension History {
    /// Opens the history in `directory`, which must exist, and makes it when it is missing.
    ///
    /// - Parameter now: names the file that a damaged one is moved to.
    public static func open(
        in directory: FileName = "/var/lib/extbackup",
        now: Timestamp
    ) throws(ReportingError) -> History {
        do {
            let folder = try Descriptor.open(directory, [.directory, .followLink])
            let lock = try folder.open(".history.lock", [.readWrite, .create], mode: 0o600)
            try lock.lock(.exclusive, timeout: .seconds(30))
            return try open(in: directory, folder, now)
        } catch let error as ReportingError {
            throw error
        } catch {
            throw .history(error)
        }
    }

    /// Opens the history in `directory` for somebody who looks: it is not begun, and stays as it is when it is damaged.
    ///
    /// - Returns: nil when there is none.
    public static func existing(
        in directory: FileName = "/var/lib/extbackup"
    ) throws(ReportingError) -> History? {
        do {
            let folder = try Descriptor.open(directory, [.directory, .followLink])
            _ = try folder.open(FileName(name), .path)
            return History(warning: nil, queue: try queue(at: try Self.path(in: directory), folder))
        } catch let error as ReportingError {
            throw error
        } catch let error as SystemError where error.errno == .noSuchFileOrDirectory {
            return nil
        } catch let error as DatabaseError where error.isDamage {
            throw ReportingError(
                .history,
                "the history \(directory.appending(FileName(name))) is damaged",
                hint: "the next run keeps it aside and begins a new one"
            )
        } catch {
            throw .history(error)
        }
    }

    private static func path(in directory: FileName) throws(ReportingError) -> String {
        if let path = String(validating: directory.appending(FileName(name)).bytes, as: UTF8.self) {
            return path
        }
        throw ReportingError(.history, "the folder's name \(directory) is no UTF-8")
    }

    private static func open(
        in directory: FileName,
        _ folder: borrowing Descriptor,
        _ now: Timestamp
    ) throws -> History {
        let path = try Self.path(in: directory)
        do {
            return History(warning: nil, queue: try queue(at: path, folder))
        } catch let error as DatabaseError where error.isDamage {
            let aside = "\(name).broken-\(now.seconds)"
            try folder.rename(FileName(name), to: FileName(aside))
            // A journal without its database would be rolled back into the new one.
            try folder.removeFileIfPresent(FileName("\(name)-journal"))
            let warning = "the history was damaged; it was kept as '\(aside)' and begun anew"
            return History(warning: warning, queue: try queue(at: path, folder))
        }
    }

    private static func queue(at path: String, _ folder: borrowing Descriptor) throws -> DatabaseQueue {
        // SQLite makes files as the umask has them, and its journal as the database is.
        _ = try folder.open(FileName(name), [.readWrite, .create], mode: 0o600)
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        // A service may not raise its threads above its own priority, and libdispatch complains when it cannot.
        configuration.qos = .background
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = EXTRA")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        if verdict != "ok" { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict) }
        try schema.migrate(queue)
        return queue
    }

    private static var schema: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("runs and counters") { database in
            try database.execute(
                sql: """
                    CREATE TABLE run (
                        id INTEGER PRIMARY KEY,
                        drive TEXT NOT NULL, -- LUKS UUID
                        name TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        started INTEGER NOT NULL, -- seconds since 1970
                        ended INTEGER NOT NULL,
                        exit_status INTEGER NOT NULL,
                        report TEXT NOT NULL -- JSON
                    ) STRICT;
                    CREATE INDEX run_by_drive ON run (drive, id);
                    CREATE TABLE run_source (
                        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
                        position INTEGER NOT NULL,
                        name TEXT NOT NULL,
                        files_copied INTEGER NOT NULL,
                        bytes_copied INTEGER NOT NULL,
                        deleted INTEGER NOT NULL,
                        held_deletions INTEGER NOT NULL,
                        skipped INTEGER NOT NULL,
                        PRIMARY KEY (run, position)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE drive_counter (
                        drive TEXT PRIMARY KEY, -- LUKS UUID
                        highest INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """
            )
        }
        return migrator
    }
}

extension History {
    /// Keeps a run's report, and raises the drive's counter to its run number.
    public func record(_ report: RunReport) throws(ReportingError) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO run (drive, name, number, started, ended, exit_status, report)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    report.drive.luksUUID, report.drive.name, report.runNumber,
                    report.started.seconds, report.ended.seconds,
                    report.verdict.exitStatus.rawValue,
                    String(decoding: JSON.encode(report), as: UTF8.self),
                ]
            )
            let run = database.lastInsertedRowID
            for (position, source) in report.sources.enumerated() {
                try Self.insert(source, at: position, of: run, into: database)
            }
            try Self.raise(report.drive.luksUUID, to: report.runNumber, in: database)
        }
    }

    private static func insert(
        _ source: SourceResult,
        at position: Int,
        of run: Int64,
        into database: Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO run_source VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                run, position, source.name, source.filesCopied, source.bytesCopied.bytes,
                source.deleted, source.heldDeletions, source.skipped.total,
            ]
        )
    }

    /// When the drive with this LUKS UUID last took everything; nil when it never did.
    public func lastGood(drive luksUUID: String) throws(ReportingError) -> Timestamp? {
        try read { database in
            let seconds = try Int64.fetchOne(
                database,
                sql: "SELECT ended FROM run WHERE drive = ? AND exit_status = 0 ORDER BY id DESC LIMIT 1",
                arguments: [luksUUID]
            )
            return seconds.map { Timestamp(seconds: $0) }
        }
    }

    /// The last good run of every drive that ever had one, the latest first.
    public func lastGoodByDrive() throws(ReportingError) -> [LastGood] {
        try read { database in
            let reports = try String.fetchAll(
                database,
                sql: """
                    SELECT report FROM run
                    WHERE id IN (SELECT max(id) FROM run WHERE exit_status = 0 GROUP BY drive)
                    ORDER BY ended DESC, id DESC
                    """
            )
            return reports.compactMap(Self.report).map { LastGood(drive: $0.drive, ended: $0.ended) }
        }
    }

    /// The latest runs of all drives, the latest first. Reports of a newer program that cannot be read are
    /// left out.
    public func runs(limit: Int) throws(ReportingError) -> [RunReport] {
        try read { database in
            let sql = "SELECT report FROM run ORDER BY id DESC LIMIT ?"
            return try String.fetchAll(database, sql: sql, arguments: [limit]).compactMap(Self.report)
        }
    }

    /// The latest runs of one drive, the latest first. Reports of a newer program that cannot be read are left out.
    public func runs(drive luksUUID: String, limit: Int) throws(ReportingError) -> [RunReport] {
        try read { database in
            try String.fetchAll(
                database,
                sql: "SELECT report FROM run WHERE drive = ? ORDER BY id DESC LIMIT ?",
                arguments: [luksUUID, limit]
            ).compactMap(Self.report)
        }
    }

    /// The latest runs with their numbers, the latest first. Reports of a newer program that cannot be read are left out.
    public func recordedRuns(limit: Int) throws(ReportingError) -> [RecordedRun] {
        try read { database in
            let sql = "SELECT id, report FROM run ORDER BY id DESC LIMIT ?"
            return try Row.fetchAll(database, sql: sql, arguments: [limit]).compactMap(Self.recorded)
        }
    }

    /// As `recordedRuns(limit:)`, of one drive: those under its name, also when it was another disk then, and those of
    /// the disk under other names.
    ///
    /// - Parameter luksUUID: nil for a drive of which nothing but the name is known.
    public func recordedRuns(
        named name: String,
        luksUUID: String?,
        limit: Int
    ) throws(ReportingError) -> [RecordedRun] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, report FROM run WHERE name = ? OR lower(drive) = ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: [name, luksUUID?.lowercased(), limit]
            ).compactMap(Self.recorded)
        }
    }

    /// The run of that number; nil when there is none, or when its report is one of a newer program.
    public func recordedRun(id: Int64) throws(ReportingError) -> RecordedRun? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT id, report FROM run WHERE id = ?", arguments: [id])
                .flatMap(Self.recorded)
        }
    }

    private static func recorded(_ row: Row) -> RecordedRun? {
        report(row["report"]).map { RecordedRun(id: row["id"], report: $0) }
    }

    /// The verdict of the drive's last run that was not skipped; nil when there was none.
    public func lastVerdict(drive luksUUID: String) throws(ReportingError) -> Verdict? {
        try read { database in
            let report = try String.fetchOne(
                database,
                sql: "SELECT report FROM run WHERE drive = ? AND exit_status != ? ORDER BY id DESC LIMIT 1",
                arguments: [luksUUID, ExitStatus.skipped.rawValue]
            )
            return report.flatMap(Self.report)?.verdict
        }
    }

    /// The highest run counter that was ever seen on the drive; nil for a drive that was never seen. A lower one
    /// on the drive means that it was set back: an older image of it was restored or cloned.
    public func runCounter(drive luksUUID: String) throws(ReportingError) -> Int64? {
        try read { database in
            try Int64.fetchOne(
                database,
                sql: "SELECT highest FROM drive_counter WHERE drive = ?",
                arguments: [luksUUID]
            )
        }
    }

    /// Remembers a run counter that was seen on the drive; a lower one than before changes nothing.
    public func raiseRunCounter(drive luksUUID: String, to counter: Int64) throws(ReportingError) {
        try write { try Self.raise(luksUUID, to: counter, in: $0) }
    }

    private static func raise(_ drive: String, to counter: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO drive_counter VALUES (?, ?)
                ON CONFLICT (drive) DO UPDATE SET highest = max(highest, excluded.highest)
                """,
            arguments: [drive, counter]
        )
    }

    private static func report(_ json: String) -> RunReport? {
        JSON.decode(RunReport.self, from: Array(json.utf8))
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(ReportingError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw .history(error)
        }
    }

    private func write(_ body: (Database) throws -> Void) throws(ReportingError) {
        do {
            try queue.write(body)
        } catch {
            throw .history(error)
        }
    }
}

extension DatabaseError {
    /// True when the file itself is at fault, not the disk or the access to it.
    fileprivate var isDamage: Bool {
        resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB
    }
}
