internal import LinuxSystem
internal import SystemPackage

/// What is in the folder at hand, read ahead where possible.
extension Planner {
    /// Folders further up than this keep nothing open.
    private static var openFrames: Int { 8 }

    /// Asks for the folders that come next, the deepest first.
    mutating func askAhead() {
        for index in frames.indices.reversed().prefix(Self.openFrames) {
            while frames[index].ahead < frames[index].children.count {
                if ahead.isFull { return }
                guard let source = frames[index].source else { break }
                let position = max(frames[index].ahead, frames[index].next)
                frames[index].ahead = position + 1
                guard position < frames[index].children.count else { break }
                let child = frames[index].children[position]
                if child.isMountPoint { continue }
                let task = task(child, source, frames[index].mirror)
                frames[index].children[position].request = ahead.request(task, size: child.size)
            }
        }
    }

    private func task(
        _ child: Child,
        _ source: SharedDescriptor,
        _ mirror: SharedDescriptor?
    ) -> ScanTask {
        ScanTask(
            name: child.name,
            source: source,
            mirror: child.state == .present && !isRecorded ? mirror : nil
        )
    }

    /// Keeps few folders open: trees may be deeper than a process may open files.
    mutating func letGo() {
        let index = frames.count - 1 - Self.openFrames
        if index >= 0 {
            frames[index].source = nil
            frames[index].mirror = nil
        }
    }

    mutating func read(_ child: Child, _ frame: Frame) throws(CopyError) -> ScannedFolder {
        if let request = child.request { return ahead.collect(request) }
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.current()
        } catch {
            return ScannedFolder(source: .failure(error), mirror: nil)
        }
        do {
            let isCompared = child.state == .present && !isRecorded
            let mirrorFolder = isCompared ? try mirror.move(to: frame.path) : nil
            return ahead.reader.read(task(child, sourceFolder, mirrorFolder))
        } catch {
            return ScannedFolder(
                source: .success(.init(folder: sourceFolder, listing: .init())),
                mirror: .failure(error)
            )
        }
    }

    /// The entries of the source's folder that are carried.
    mutating func sourceEntries(of scanned: ScannedFolder) throws(CopyError) -> [FolderListing.Entry] {
        guard case .success(let side) = scanned.source else {
            fatalError("an unreadable folder is not visited")
        }
        let listing = side.listing
        let isRoot = folder.path.isEmpty
        if let failure = listing.listFailure {
            if isRoot && listing.entries.isEmpty { throw .sourceFailed(failure) }
            try note(sourceFailure: failure, FileName())
            noteHidden(failure)
            noteUnreadable()
        }
        enterFilter(side)
        for failure in listing.failures where !isExcludedAsAnything(failure.name) {
            try note(sourceFailure: failure.error, failure.name)
            noteHidden(failure.error)
            // Also of one that vanished: what the destination has under its name stays for this run.
            noteUnreadable()
        }
        let isNothingCarried = isRoot && request.isOmitted(sourceRoot)
        let entries = isNothingCarried ? [] : listing.entries.filter { isCarried($0, isRoot) }
        summary.sourceEntryCount += entries.count
        return entries
    }

    private mutating func isCarried(_ entry: FolderListing.Entry, _ isRoot: Bool) -> Bool {
        if isExcluded(entry.name, entry.status.kind) { return false }
        if isRoot && request.protected.contains(entry.name) {
            skipped.append(entry.name, .reservedName)
            return false
        }
        if entry.status.kind != .directory { return true }
        if isDestination(entry.status) {
            let path = path(of: entry.name)
            skipped.append(path, .isDestination)
            return false
        }
        return !request.isOmitted(entry.status)
    }

    private func isDestination(_ status: EntryStatus) -> Bool {
        Inode(status) == Inode(mirrorRoot)
    }

    /// Lets the rules of the folder at hand hold.
    private mutating func enterFilter(_ side: ScannedFolder.Side) {
        var marks = FolderMarks.none
        if side.listing.entries.contains(where: { request.selection.isMark($0.name) }) {
            marks = request.selection.marks(in: side.folder.descriptor)
        }
        filter.enter(pathLength: path.count, marks)
        if case .unusable(let error) = marks.rules {
            let path = path(of: IgnoreFile.name)
            skipped.append(path, .unusableRules(error))
            noteUnreadable()
        }
    }

    /// The entries of the mirror's folder that are ours to change.
    mutating func mirrorEntries(of scanned: ScannedFolder) throws(CopyError) -> [FolderListing.Entry] {
        let entries: [FolderListing.Entry]
        switch scanned.mirror {
        case nil:
            if !isRecorded || folder.state != .present { return [] }
            entries = rows.asEntries
        case .failure:
            fatalError("a folder whose mirror cannot be read is not visited")
        case .success(let side):
            if let failure = side.listing.listFailure { throw .destinationFailed(failure) }
            for failure in side.listing.failures where !failure.isVanished {
                try note(destinationFailure: failure.error, failure.name)
            }
            entries = side.listing.entries
        }
        if !folder.path.isEmpty || request.protected.isEmpty { return entries }
        return entries.filter { !request.protected.contains($0.name) }
    }

    /// What the manifest knows of the folder at hand. Where it stands for the destination, entries that are what their
    /// rows were made from are done with: neither they nor their rows are looked at any further.
    mutating func takeRows(_ entries: inout [FolderListing.Entry]) throws(CopyError) -> [ManifestRow] {
        guard let part, folder.state == .present else { return [] }
        do throws(ManifestError) {
            guard isRecorded, request.comparison == .sizeAndTime else {
                return try part.manifest.rows(of: folder.number)
            }
            let changes = try part.manifest.changes(in: folder.number, beside: entries, isSettled)
            summary.destinationEntryCount += entries.count - changes.entries.count
            entries = changes.entries
            return changes.rows
        } catch {
            throw .manifestFailed(error)
        }
    }

    /// True for what needs no thought unless it changed.
    private func isSettled(_ entry: FolderListing.Entry) -> Bool {
        switch entry.status.kind {
        case .directory: false
        case .file: request.selection.sizes.isWithin(entry.status.size) && !isMovedAway(entry.name)
        default: !isMovedAway(entry.name)
        }
    }
}

extension ScannedFolder {
    var sourceFolder: SharedDescriptor? {
        guard case .success(let side) = source else { return nil }
        return side.folder
    }

    var mirrorFolder: SharedDescriptor? {
        guard case .success(let side) = mirror else { return nil }
        return side.folder
    }
}
