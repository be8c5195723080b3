internal import LinuxSystem

/// What has another name or is in another folder than before, and what the manifest knows and nobody else.
extension Planner {
    /// Plans a rename instead of a copy when the manifest knows the same inode under a name that it has no more.
    ///
    /// The birth time tells an inode from a later one of the same number. An inode with one name that is found here is
    /// not where it was.
    mutating func planMove(
        _ name: FileName,
        _ source: EntryStatus,
        _ replaced: PlannedStep.Replaced
    ) throws(CopyError) -> Bool {
        guard isRecorded, !places.isFull, let part, source.device == sourceRoot.device,
            case .nothing = replaced,
            let born = source.born,
            source.kind == .directory || (source.kind == .file && source.linkCount == 1 && source.size > 0)
        else { return false }
        let candidates: [(place: ManifestPlace, entry: ManifestEntry)]
        do {
            candidates = try part.manifest.find(inode: source.inode)
        } catch {
            throw .manifestFailed(error)
        }
        for (place, entry) in candidates where entry.kind == source.kind && entry.born == born {
            let isSame =
                source.kind == .directory || (entry.size, entry.modified) == (source.size, source.modified)
            guard isSame, !entry.flags.contains(.unfinished),
                entry.linkCount == 1 || source.kind == .directory,
                places.isFree(place), part.holds(place.folder),
                !isStill(source.inode, at: place, part)
            else { continue }
            try planMove(name, source, place, entry)
            return true
        }
        return false
    }

    /// True when the source has the inode in its old place as well: through a bind mount an entry is in two.
    private mutating func isStill(_ inode: UInt64, at place: ManifestPlace, _ part: ManifestPart) -> Bool {
        // A way that leads nowhere any more is the usual case, ignoring.
        guard let path = try? part.path(of: place.folder), let folder = try? oldPlace.move(to: path),
            let there = try? folder.descriptor.status(of: place.name)
        else { return false }
        return there.inode == inode
    }

    private mutating func planMove(
        _ name: FileName,
        _ source: EntryStatus,
        _ place: ManifestPlace,
        _ entry: ManifestEntry
    ) throws(CopyError) {
        places.noteMove(from: place)
        summary.moves += 1
        summary.destinationEntryCount += 1
        try addStep(PlannedStep(name: name, kind: source.kind, action: .move(from: place)))
        let pair = EntryPair(source: source, mirror: EntryStatus(entry))
        let metadata = try metadataDifferences(name, pair, entry) ?? []
        if let child = entry.child {
            addChild(name, source, .present, metadata, number: child)
            noteChanged()
        }
        if !metadata.isEmpty && source.kind != .directory {
            try addStep(PlannedStep(name: name, kind: source.kind, action: .repair, differences: metadata))
        } else if entry.flags.contains(.racy), source.kind == .file {
            try add(name, pair, again(source, entry), [])
        } else {
            let child = entry.child ?? FolderNumber(rawValue: 0)
            try addStep(PlannedStep(name: name, kind: source.kind, action: .record(child: child)))
        }
    }

    /// True for a name of the folder at hand whose entry is moved to another place, so that nothing is left here.
    func isMovedAway(_ name: FileName) -> Bool {
        places.isLeft(ManifestPlace(folder: folder.number, name: name))
    }

    /// Remembers a place that is not free to be moved from.
    mutating func noteTakeover(_ name: FileName, _ source: EntryStatus, _ row: ManifestEntry?) {
        guard isRecorded, let row, row.inode != source.inode else { return }
        places.noteTakeover(of: ManifestPlace(folder: folder.number, name: name))
    }

    /// Passes over rows that stand before `name`: of what is on neither side any more.
    mutating func forgetRows(before name: FileName?) throws(CopyError) {
        while let row = rows.take(before: name) {
            if isRecorded { continue }
            try addStep(PlannedStep(name: row.name, kind: row.entry.kind, action: .forget))
        }
    }
}
