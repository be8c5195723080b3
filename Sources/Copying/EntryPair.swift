internal import LinuxSystem

/// What both sides have under one name.
struct EntryPair {
    let source: EntryStatus
    let mirror: EntryStatus?
    /// What is known of the attributes, where it was asked for.
    var sourceAttributes = FolderListing.Attributes.unknown
    var mirrorAttributes = FolderListing.Attributes.unknown

    init(source: EntryStatus, mirror: EntryStatus?) {
        self.source = source
        self.mirror = mirror
    }

    init(_ source: FolderListing.Entry, _ mirror: FolderListing.Entry) {
        self.source = source.status
        self.mirror = mirror.status
        sourceAttributes = source.attributes
        mirrorAttributes = mirror.attributes
    }
}

/// The manifest's rows of one folder, taken in the order of their names.
struct RowCursor {
    let rows: [ManifestRow]
    private var index = 0

    init(_ rows: [ManifestRow]) {
        self.rows = rows
    }

    /// The row of that name; rows before it are passed over.
    mutating func take(_ name: FileName) -> ManifestEntry? {
        guard index < rows.count, rows[index].name == name else { return nil }
        index += 1
        return rows[index - 1].entry
    }

    /// Takes the next row when its name comes before `name`; any row, when that is nil.
    mutating func take(before name: FileName?) -> ManifestRow? {
        guard index < rows.count else { return nil }
        if let name, !(rows[index].name < name) { return nil }
        index += 1
        return rows[index - 1]
    }
}
