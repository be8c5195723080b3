import LinuxSystem
import Testing

@testable import Copying

/// Whether a manifest must know the hash of every file.
enum KnownHashes {
    case all
    /// What a broken run wrote and could not note down is not known.
    case some
}

/// Expects that a manifest describes the destination as it is, and that nobody who has it finds anything to do.
func expectManifestTrue(
    _ manifest: Manifest,
    _ source: borrowing Descriptor,
    _ destination: borrowing Descriptor,
    hashes: KnownHashes = .all,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var check = ManifestCheck(manifest: manifest, hashes: hashes)
    let top = try #require(try manifest.entry(FileName(), in: .aboveTop), sourceLocation: sourceLocation)
    check.compare(FileName(), try destination.status(), top)
    try check.visit(destination, .top, FileName())
    let count = try manifest.count
    #expect(count == check.rowCount, "\(comment): rows that nothing leads to", sourceLocation: sourceLocation)
    #expect(check.lies == [], "\(comment)", sourceLocation: sourceLocation)
    for trust in [ManifestPart.Trust.compared, .sealed] {
        let part = try ManifestPart(of: manifest, trusting: trust)
        #expect(part.trust == trust, "\(comment)", sourceLocation: sourceLocation)
        var steps: [String] = []
        try plan(source, destination, manifest: part).folders.forEach { folder in
            if folder.state != .present || !folder.differences.isEmpty {
                steps.append("\(folder.state) \(folder.differences) \(folder.path)")
            }
            for step in folder.steps where !check.mayBeAgain(step, in: folder) {
                steps.append("\(step.action) \(folder.path.appending(step.name))")
            }
        }
        #expect(steps == [], "\(comment): \(trust)", sourceLocation: sourceLocation)
    }
}

/// A walk over a destination and the rows of its manifest.
private struct ManifestCheck {
    let manifest: Manifest
    let hashes: KnownHashes
    private(set) var lies: [String] = []
    /// Rows met, that of the top among them.
    private(set) var rowCount = 1
    /// Entries that changed so shortly before they were read that they are looked at again.
    private var racy: Set<ManifestPlace> = []

    init(manifest: Manifest, hashes: KnownHashes) {
        self.manifest = manifest
        self.hashes = hashes
    }

    mutating func visit(
        _ folder: borrowing Descriptor,
        _ number: FolderNumber,
        _ path: FileName
    ) throws {
        var names: [FileName] = []
        try folder.forEachName { names.append($0) }
        let rows = try manifest.rows(of: number)
        rowCount += rows.count
        if rows.map(\.name) != names.sorted() {
            lies.append("\(path) has \(names), known \(rows.map(\.name))")
        }
        for row in rows {
            guard let status = try? folder.status(of: row.name) else { continue }
            let place = path.appending(row.name)
            compare(place, status, row.entry)
            if row.entry.flags.contains(.racy) { racy.insert(.init(folder: number, name: row.name)) }
            if status.kind == .file {
                try compareContents(folder.open(row.name, .noAccessTime), status, row, place)
            }
            if status.kind != .directory { continue }
            if let child = row.entry.child {
                try visit(folder.open(row.name, .directory), child, place)
            } else {
                lies.append("\(place) is a folder without a number")
            }
        }
    }

    mutating func compare(_ path: FileName, _ status: EntryStatus, _ row: ManifestEntry) {
        let same =
            row.kind == status.kind && row.permissions == status.permissions && row.uid == status.uid
            && row.gid == status.gid && row.modified == status.modified
            && (row.size == status.size || row.kind == .directory) && row.deviceNumber == status.deviceNumber
        if !same || row.flags.contains(.unfinished) { lies.append("\(path) is \(status), known \(row)") }
    }

    private mutating func compareContents(
        _ file: borrowing Descriptor,
        _ status: EntryStatus,
        _ row: ManifestRow,
        _ path: FileName
    ) throws {
        guard let hash = row.entry.hash else {
            if case .all = hashes { lies.append("\(path) has no hash") }
            return
        }
        let copier = ContentCopier(key: manifest.hashKey, interruption: Interruption())
        if try copier.digest(of: file, status) != hash { lies.append("\(path) has another hash") }
    }

    /// True for a step that is there because nobody can know whether the source changed since.
    func mayBeAgain(_ step: PlannedStep, in folder: PlannedFolder) -> Bool {
        guard racy.contains(ManifestPlace(folder: folder.number, name: step.name)) else { return false }
        switch step.action {
        case .check, .record: return true
        case .copy:
            if case .some = hashes { return true }
            return false
        case .move, .repair, .link, .linkReference, .remove, .removeLeftover, .forget: return false
        }
    }
}
