internal import GRDB
internal import LinuxSystem

/// What a folder of the source and its rows have not in common, each ordered by name.
struct FolderChanges {
    /// Entries that are not what a row was made from, or have none.
    var entries: [FolderListing.Entry] = []
    /// Rows of such entries, and of what the source has not.
    var rows: [ManifestRow] = []
}

extension Manifest {
    /// Compares a folder's rows with the source's entries, which are ordered by name, without making anything of those
    /// that are equal.
    ///
    /// - Parameter isSettled: false for entries that count as changed in any case.
    func changes(
        in folder: FolderNumber,
        beside entries: [FolderListing.Entry],
        _ isSettled: (FolderListing.Entry) -> Bool
    ) throws(ManifestError) -> FolderChanges {
        try read { try $0.changes(in: folder, beside: entries, isSettled) }
    }
}

extension Database {
    fileprivate func changes(
        in folder: FolderNumber,
        beside entries: [FolderListing.Entry],
        _ isSettled: (FolderListing.Entry) -> Bool
    ) throws -> FolderChanges {
        let statement = try ManifestStatement.rows(self, of: folder)
        defer { statement.reset() }
        var changes = FolderChanges()
        var next = 0
        while try statement.step() {
            let name = statement.rowName
            while next < entries.count, entries[next].name.order(beside: name) < 0 {
                changes.entries.append(entries[next])
                next += 1
            }
            if next < entries.count, entries[next].name.order(beside: name) == 0,
                isSettled(entries[next]), statement.wasMade(from: entries[next].status)
            {
                next += 1
            } else {
                changes.rows.append(try statement.row())
            }
        }
        changes.entries += entries[next...]
        return changes
    }
}

extension ManifestStatement {
    /// True when the source's entry is certainly what the row was made from, and the row bears no mark.
    fileprivate func wasMade(from status: EntryStatus) -> Bool {
        if UInt64(bitPattern: number(1)) != status.inode { return false }
        let known = bytes(6)
        return withUnsafeTemporaryAllocation(byteCount: ManifestStatus.longLength, alignment: 8) { fields in
            let count = ManifestStatus.pack(ManifestEntry(status), into: fields)
            if known.count != count { return false }
            // Both lengths of a status are whole words.
            for offset in stride(from: 0, to: count, by: 8) {
                let word = known.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if word != fields.load(fromByteOffset: offset, as: UInt64.self) { return false }
            }
            return true
        }
    }
}
