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
        var planned = PlannedFolder(path: missing.path, state: .present)
        path = missing.path.isEmpty ? [] : missing.path.bytes + [slash]
        for step in missing.steps {
            let status: EntryStatus
            do {
                status = try mirror.move(to: missing.path).descriptor.status(of: step.name)
            } catch {
                if error.errno != .noSuchFileOrDirectory { try note(destinationFailure: error, step.name) }
                continue
            }
            if try planRemoval(missing.path, step.name, status) {
                planned.steps.append(PlannedStep(name: step.name, kind: status.kind, action: .remove))
            }
        }
        if !planned.steps.isEmpty { try plan.append(planned) }
    }

    /// Counts what goes with `name`; true when it can be removed as a whole.
    private mutating func planRemoval(
        _ folder: FileName,
        _ name: FileName,
        _ mirror: EntryStatus
    ) throws(CopyError) -> Bool {
        var removal = Removal()
        var kept: [PlannedFolder] = []
        if mirror.kind == .directory {
            removal = try scanRemoval(folder, name, mirror, &kept)
        } else {
            removal.count(mirror)
        }
        summary.destinationEntryCount += removal.files + removal.folders
        if unreadable.contains(folder) { return false }
        summary.deletedFiles += removal.files
        summary.deletedFolders += removal.folders
        summary.spaceFreedByDeletion += removal.bytes
        for folder in kept { try plan.append(folder) }
        return !removal.isPartial
    }

    /// Plans an entry that is of another kind on the destination.
    mutating func planOtherKind(
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) {
        guard mirror.kind == .directory else {
            try planNew(name, source, .entry)
            return
        }
        var kept: [PlannedFolder] = []
        let removal = try scanRemoval(path(of: FileName()), name, mirror, &kept)
        if removal.isPartial {
            let path = path(of: name)
            skipped.append(path, .holdsExcluded)
            return
        }
        let inside = removal.files + removal.folders - 1
        summary.destinationEntryCount += inside
        summary.deletedFiles += removal.files
        summary.deletedFolders += removal.folders
        summary.spaceFreedByDeletion += removal.bytes
        try planNew(name, source, inside == 0 ? .emptyFolder : .folder)
    }

    /// Walks the folder `name` of the destination, in the folder where the cursor is. Folders in which something stays
    /// are added to `kept`, with what goes in them.
    private mutating func scanRemoval(
        _ parent: FileName,
        _ name: FileName,
        _ status: EntryStatus,
        _ kept: inout [PlannedFolder]
    ) throws(CopyError) -> Removal {
        var total = Removal()
        guard var frame = try openRemoval(parent, name, status) else {
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
                kept.append(PlannedFolder(path: frame.path, state: .retained, steps: frame.steps))
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
        if isExcluded(entry.name, kind) {
            frame.keepsSomething = true
        } else if kind != .directory {
            total.count(entry.status)
            frame.steps.append(PlannedStep(name: entry.name, kind: kind, action: .remove))
        } else if let below = try openRemoval(frame.path, entry.name, entry.status) {
            return below
        } else {
            frame.keepsSomething = true
        }
        return nil
    }

    private mutating func openRemoval(
        _ parent: FileName,
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
        return RemovalFrame(
            path: parent.appending(name),
            name: name,
            status: status,
            entries: listing.entries,
            keepsSomething: !listing.failures.isEmpty
        )
    }
}
