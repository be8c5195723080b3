internal import LinuxSystem
internal import SystemPackage

/// What the source does not have. A tree is removed by its top name; where it holds excluded entries, those and the
/// folders above them stay.
extension Planner {
    private struct Removal {
        var files = 0
        var folders = 0
        var bytes: Int64 = 0
        /// Something inside stays.
        var isPartial = false

        mutating func count(_ status: EntryStatus) {
            if status.kind == .directory { folders += 1 } else { files += 1 }
            if status.linkCount == 1 || status.kind == .directory { bytes += status.allocatedBytes }
        }
    }

    private struct RemovalFrame {
        let path: FileName
        let number: FolderNumber
        let name: FileName
        let status: EntryStatus
        let entries: [FolderListing.Entry]
        var next = 0
        /// What is removed in it, should it stay itself.
        var steps: [PlannedStep] = []
        var keepsSomething = false
    }

    /// Plans the removal of what a folder of the source does not have.
    mutating func planRemovals(_ missing: PlannedFolder) throws(CopyError) {
        folder = PlannedFolder(path: missing.path, state: .present)
        folder.number = missing.number
        folder.parent = missing.parent
        path = missing.path.isEmpty ? [] : missing.path.bytes + [slash]
        enterFilters()
        for step in missing.steps {
            if places.isLeft(ManifestPlace(folder: missing.number, name: step.name)) { continue }
            let status: EntryStatus
            do {
                status = try mirrorFolder().descriptor.status(of: step.name)
            } catch {
                if error.errno != .noSuchFileOrDirectory {
                    try note(destinationFailure: error, step.name)
                } else if part != nil {
                    try addStep(PlannedStep(name: step.name, kind: step.kind, action: .forget))
                }
                continue
            }
            if try planRemoval(step.name, status) {
                try addStep(PlannedStep(name: step.name, kind: status.kind, action: .remove))
            }
        }
        if !folder.steps.isEmpty { try plan.append(folder) }
    }

    /// Lets the rules hold that the walk met on its way to the folder at hand.
    private mutating func enterFilters() {
        filter = FilterStack(request.selection)
        if !request.selection.readsMarks { return }
        var way = FileName()
        filter.enter(pathLength: 0, marks(at: way))
        for name in folder.path.components {
            way = way.appending(name)
            filter.enter(pathLength: way.bytes.count + 1, marks(at: way))
        }
    }

    private mutating func marks(at path: FileName) -> FolderMarks {
        // What cannot be read now was read before, and says nothing any more, ignoring.
        guard let folder = try? source.move(to: path) else { return .none }
        return request.selection.marks(in: folder.descriptor)
    }

    /// Counts what goes with `name`; true when it can be removed as a whole.
    private mutating func planRemoval(_ name: FileName, _ mirror: EntryStatus) throws(CopyError) -> Bool {
        var removal = Removal()
        var kept: [PlannedFolder] = []
        if mirror.kind == .directory {
            removal = try scanRemoval(name, mirror, &kept)
        } else {
            removal.count(mirror)
        }
        summary.destinationEntryCount += removal.files + removal.folders
        if withholdsAll || unreadable.contains(folder.path) {
            withheld += 1
            return false
        }
        summary.deletedFiles += removal.files
        summary.deletedFolders += removal.folders
        if request.earlierVersions == nil { summary.spaceFreedByDeletion += removal.bytes }
        for folder in kept { try plan.append(folder) }
        return !removal.isPartial
    }

    /// Plans an entry that is of another kind on the destination.
    mutating func planOtherKind(_ name: FileName, _ pair: EntryPair) throws(CopyError) {
        guard let mirror = pair.mirror, mirror.kind == .directory else {
            try planNew(name, pair.source, .entry)
            return
        }
        var kept: [PlannedFolder] = []
        do {
            _ = try mirrorFolder()
        } catch {
            try note(destinationFailure: error, name)
            return
        }
        let removal = try scanRemoval(name, mirror, &kept)
        if removal.isPartial {
            let path = path(of: name)
            skipped.append(path, .holdsExcluded)
            return
        }
        let inside = removal.files + removal.folders - 1
        summary.destinationEntryCount += inside
        summary.deletedFiles += removal.files
        summary.deletedFolders += removal.folders
        if request.earlierVersions == nil { summary.spaceFreedByDeletion += removal.bytes }
        try planNew(name, pair.source, inside == 0 ? .emptyFolder : .folder)
    }

    /// Walks the folder `name` of the destination, in the folder where the cursor is. Folders in which something stays
    /// are added to `kept`, with what goes in them.
    private mutating func scanRemoval(
        _ name: FileName,
        _ status: EntryStatus,
        _ kept: inout [PlannedFolder]
    ) throws(CopyError) -> Removal {
        var total = Removal()
        guard var frame = try openRemoval(folder.path, folder.number, name, status) else {
            total.isPartial = true
            return total
        }
        var frames: [RemovalFrame] = []
        while true {
            try checkInterruption()
            if frame.next < frame.entries.count {
                if let below = try nextRemoval(&frame, &total) {
                    frames.append(frame)
                    frame = below
                }
                continue
            }
            mirror.leave()
            path.removeLast(frame.name.bytes.count + 1)
            if frame.keepsSomething {
                var planned = PlannedFolder(path: frame.path, state: .retained)
                planned.number = frame.number
                planned.steps = frame.steps
                kept.append(planned)
            } else {
                total.count(frame.status)
            }
            guard var above = frames.popLast() else {
                total.isPartial = frame.keepsSomething
                return total
            }
            if frame.keepsSomething {
                above.keepsSomething = true
            } else {
                above.steps.append(PlannedStep(name: frame.name, kind: .directory, action: .remove))
            }
            frame = above
        }
    }

    /// Looks at the next entry; gives the folder to go into when it is one.
    private mutating func nextRemoval(
        _ frame: inout RemovalFrame,
        _ total: inout Removal
    ) throws(CopyError) -> RemovalFrame? {
        let entry = frame.entries[frame.next]
        frame.next += 1
        let kind = entry.status.kind
        if places.isLeft(ManifestPlace(folder: frame.number, name: entry.name)) { return nil }
        if isExcluded(entry.name, kind) {
            frame.keepsSomething = true
            summary.strangersThatStay += 1
        } else if kind != .directory {
            total.count(entry.status)
            frame.steps.append(PlannedStep(name: entry.name, kind: kind, action: .remove))
        } else if let below = try openRemoval(frame.path, frame.number, entry.name, entry.status) {
            return below
        } else {
            frame.keepsSomething = true
        }
        return nil
    }

    private mutating func openRemoval(
        _ parent: FileName,
        _ number: FolderNumber,
        _ name: FileName,
        _ status: EntryStatus
    ) throws(CopyError) -> RemovalFrame? {
        let listing: FolderListing
        do {
            listing = list(try mirror.enter(name))
        } catch {
            try note(destinationFailure: error, name)
            return nil
        }
        if let failure = listing.listFailure { throw .destinationFailed(failure) }
        path += name.bytes + [slash]
        let failures = listing.failures.filter { !$0.isVanished }
        for failure in failures where !isExcludedAsAnything(failure.name) {
            try note(destinationFailure: failure.error, failure.name)
        }
        let child = try self.number(of: name, in: number)
        places.giveUp(child)
        return RemovalFrame(
            path: parent.appending(name),
            number: child,
            name: name,
            status: status,
            entries: listing.entries,
            keepsSomething: !failures.isEmpty
        )
    }

    /// The number of a folder of the destination; 0 when the manifest does not know it.
    private func number(of name: FileName, in folder: FolderNumber) throws(CopyError) -> FolderNumber {
        guard let part else { return FolderNumber(rawValue: 0) }
        do {
            return try part.manifest.subfolder(name, of: folder) ?? FolderNumber(rawValue: 0)
        } catch {
            throw .manifestFailed(error)
        }
    }
}
