internal import LinuxSystem

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
        let id: Int
        let name: FileName
        let status: EntryStatus
        let entries: [FolderListing.Entry]
        var next = 0
        var keepsSomething = false
        let pathLength: Int
    }

    mutating func planRemoval(_ id: Int, _ name: FileName, _ mirror: EntryStatus) throws(CopyError) {
        let count = folders.count
        var removal = Removal()
        if mirror.kind == .directory {
            removal = try scanRemoval(id, name, mirror)
        } else {
            removal.count(mirror)
        }
        summary.destinationEntryCount += removal.files + removal.folders
        if folders[id].hasUnreadable {
            folders.removeLast(folders.count - count)
            return
        }
        summary.deletedFiles += removal.files
        summary.deletedFolders += removal.folders
        summary.spaceFreedByDeletion += removal.bytes
        if !removal.isPartial {
            folders[id].steps.append(PlannedStep(name: name, kind: mirror.kind, action: .remove))
        }
    }

    /// Plans an entry that is of another kind on the destination.
    mutating func planOtherKind(
        _ id: Int,
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) {
        guard mirror.kind == .directory else {
            planNew(id, name, source, .entry)
            return
        }
        let count = folders.count
        let removal = try scanRemoval(id, name, mirror)
        folders.removeLast(folders.count - count)
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
        planNew(id, name, source, inside == 0 ? .emptyFolder : .folder)
    }

    /// Walks the folder `name` of the destination. Folders in which something stays are added to the plan, with
    /// what goes in them.
    private mutating func scanRemoval(
        _ parent: Int,
        _ name: FileName,
        _ status: EntryStatus
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
            closeRemoval(frame, &total)
            guard var above = frames.popLast() else {
                total.isPartial = frame.keepsSomething
                return total
            }
            if frame.keepsSomething {
                above.keepsSomething = true
            } else {
                addRemoval(of: frame.name, .directory, in: above.id)
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
        if isExcluded(entry.name, entry.status.kind) {
            frame.keepsSomething = true
        } else if entry.status.kind != .directory {
            total.count(entry.status)
            addRemoval(of: entry.name, entry.status.kind, in: frame.id)
        } else if let below = try openRemoval(frame.id, entry.name, entry.status) {
            return below
        } else {
            frame.keepsSomething = true
        }
        return nil
    }

    private mutating func openRemoval(
        _ parent: Int,
        _ name: FileName,
        _ status: EntryStatus
    ) throws(CopyError) -> RemovalFrame? {
        let listing: FolderListing
        do {
            listing = list(try mirror.enter(name, id: folders.count))
        } catch {
            try note(destinationFailure: error, name)
            return nil
        }
        if let failure = listing.listFailure { throw .destinationFailed(failure) }
        let frame = RemovalFrame(
            id: folders.count,
            name: name,
            status: status,
            entries: listing.entries,
            keepsSomething: !listing.failures.isEmpty,
            pathLength: path.count
        )
        var folder = PlannedFolder(parent: parent, name: name, state: .present, metadataDiffers: false)
        folder.isRetained = true
        folders.append(folder)
        path += name.bytes + [slash]
        return frame
    }

    private mutating func closeRemoval(_ frame: RemovalFrame, _ total: inout Removal) {
        mirror.leave()
        path.removeLast(path.count - frame.pathLength)
        if !frame.keepsSomething {
            // Everything below went the same way, so this folder is the last one of the list.
            folders.removeLast(folders.count - frame.id)
            total.count(frame.status)
        }
    }

    private mutating func addRemoval(of name: FileName, _ kind: EntryKind, in folder: Int) {
        folders[folder].steps.append(PlannedStep(name: name, kind: kind, action: .remove))
    }
}
