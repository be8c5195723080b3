internal import LinuxSystem

/// Metadata and times of folders, after everything in them is done.
extension Applier {
    mutating func finish(_ folder: PlannedFolder) throws(CopyError) {
        if !folder.needsFinish || isClosed(folder.path) { return }
        try checkInterruption()
        guard let wanted = try folderMetadata(folder.path) else {
            // It has neither its metadata nor those of which the manifest knows.
            outcome.leavesDoubt = true
            return
        }
        do {
            let target: MetadataTarget =
                folder.path.isEmpty
                ? .open(request.destination)
                : .named(folder.path.lastComponent, in: try mirror.move(to: folder.path.parent))
            noteRefused(try target.apply(wanted, ability), folder.path, FileName())
            if !folder.differences.isEmpty && folder.state == .present { outcome.repaired += 1 }
        } catch {
            try note(destinationFailure: error, folder.path, FileName())
            return
        }
        try record(folder, wanted)
        meter.tick(path: folder.path)
    }

    mutating func folderMetadata(_ path: FileName) throws(CopyError) -> EntryMetadata? {
        if path.isEmpty { return try rootMetadata() }
        let parent: SharedDescriptor
        do {
            parent = try source.move(to: path.parent)
        } catch {
            try note(sourceFailure: error, path, FileName())
            return nil
        }
        return try sourceMetadata(path.parent, path.lastComponent, .directory, parent)
    }

    func rootMetadata() throws(CopyError) -> EntryMetadata {
        let root = request.source
        do {
            return try EntryMetadata(
                try root.descriptor.status(),
                at: AttributePlace(of: root.descriptor),
                ability
            )
        } catch {
            throw .sourceFailed(error)
        }
    }
}
