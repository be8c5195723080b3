internal import LinuxSystem

/// What an earlier copy has as the source has it, and what is therefore linked.
extension Planner {
    /// Whether the destination may have the entry of an earlier copy once only.
    enum ReferenceUse {
        /// For this name, which is the only one.
        case alone
        /// For one of several names; who gets it is decided when all are known.
        case amongNames
    }

    /// Plans a link to an entry with one name; false when no earlier copy has one that will do.
    mutating func planReference(
        _ name: FileName,
        _ pair: EntryPair,
        _ replaced: PlannedStep.Replaced
    ) throws(CopyError) -> Bool {
        guard let reference = try reference(name, pair.source, .alone) else { return false }
        let action = PlannedStep.Action.linkReference(
            tree: reference.tree,
            replacing: replaced,
            size: pair.source.size,
            group: nil
        )
        try add(name, pair, action, [])
        return true
    }

    /// The entry of the first earlier copy that has it as the source has it.
    mutating func reference(
        _ name: FileName,
        _ source: EntryStatus,
        _ use: ReferenceUse
    ) throws(CopyError) -> LinkTable.Reference? {
        for tree in references.indices {
            guard let status = try references.status(of: name, at: folder.path, in: tree),
                EntryMetadata.areAlike(source, status, ability),
                let place = try references.folder(tree, at: folder.path),
                try hasEqualRest(name, source, place), isFree(status, use)
            else { continue }
            return LinkTable.Reference(tree: tree, inode: Inode(status))
        }
        return nil
    }

    /// True unless names that are two files on the source would become one.
    private mutating func isFree(_ status: EntryStatus, _ use: ReferenceUse) -> Bool {
        // It may have a name on the destination, which is not walked.
        if isRecorded && status.linkCount > 1 { return false }
        switch use {
        case .amongNames: return true
        case .alone:
            if status.linkCount == 1 && references.indices.count == 1 { return true }
            return links.claim(status)
        }
    }

    /// Compares what the status does not tell. What cannot be read is not linked, and named when it is copied.
    private mutating func hasEqualRest(
        _ name: FileName,
        _ source: EntryStatus,
        _ place: SharedDescriptor
    ) throws(CopyError) -> Bool {
        do throws(SystemError) {
            let here = try self.source.current()
            let wanted = AttributePlace(name, in: here.descriptor)
            let present = AttributePlace(name, in: place.descriptor)
            if try EntryMetadata.readAttributes(at: wanted, ability)
                != EntryMetadata.readAttributes(at: present, ability)
            {
                return false
            }
            if source.kind == .symbolicLink {
                let target = try here.descriptor.symbolicLinkTarget(name)
                return try place.descriptor.symbolicLinkTarget(name) == target
            }
        } catch {
            if let fatal = CopyError(onSource: error) { throw fatal }
            return false
        }
        return isRead(source) ? try hasEqualContents(name, source, place) : true
    }

    private mutating func hasEqualContents(
        _ name: FileName,
        _ source: EntryStatus,
        _ place: SharedDescriptor
    ) throws(CopyError) -> Bool {
        do throws(TransferEnd) {
            let file = try openSource(name)
            let other = try openOther(name, in: place)
            return try comparer.areEqual(file.descriptor, other.descriptor, size: source.size)
        } catch {
            switch error {
            case .changed, .source: return false
            case .run(let error): throw error
            case .destination(let error):
                if let fatal = CopyError(onSource: error) { throw fatal }
                return false
            }
        }
    }
}
