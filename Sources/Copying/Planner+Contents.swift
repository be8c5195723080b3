internal import LinuxSystem

/// Contents that are compared by reading, because somebody asked for that.
extension Planner {
    /// True for a file whose contents are read although its size and time say that nothing changed.
    func isRead(_ source: EntryStatus) -> Bool {
        switch request.comparison {
        case .sizeAndTime: false
        case .contents: source.kind == .file && source.size > 0
        }
    }

    /// `.contents` when the bytes differ. What a sealed manifest has the hash of is not read on the destination. Nil
    /// when the source cannot be read, which is noted.
    mutating func readDifferences(
        _ name: FileName,
        _ source: EntryStatus,
        _ row: ManifestEntry?
    ) throws(CopyError) -> Differences? {
        do throws(TransferEnd) {
            return try hasEqualContents(name, source, row) ? [] : .contents
        } catch {
            switch error {
            // It is copied, which sees to that.
            case .changed: return .contents
            case .run(let error): throw error
            case .source(let error):
                try note(sourceFailure: error, name)
                return nil
            case .destination(let error):
                // Damaged there, perhaps; it is written anew. A drive that is gone is noticed then.
                if let fatal = CopyError(onSource: error) { throw fatal }
                return .contents
            }
        }
    }

    /// The inode changed, and nothing that can be seen: somebody may have put the time back after writing.
    func mayHideChange(_ source: EntryStatus, _ row: ManifestEntry?) -> Bool {
        guard source.kind == .file, let row, !isUnchanged(source, row) else { return false }
        let isOfThisVersion = (row.size, row.modified) == (source.size, source.modified)
        // A run that was cut off placed the file and could not note it down. Its copy over itself would push the version
        // that it replaced out of the folder for earlier ones.
        if !isOfThisVersion && request.earlierVersions != nil { return false }
        return row.inode == source.inode && row.linkCount == source.linkCount
    }

    /// What reading adds to the differences of a file with several names. It is read while the plan is made, once for all
    /// names: which of them are copied and which linked depends on it. Nil when it cannot be read, which is noted.
    mutating func hiddenDifferences(
        _ name: FileName,
        _ source: EntryStatus,
        _ differences: Differences,
        _ row: ManifestEntry?
    ) throws(CopyError) -> Differences? {
        if !differences.isEmpty || isRead(source) || !mayHideChange(source, row) { return differences }
        let inode = Inode(source)
        if let known = links.reread[inode] { return known }
        guard let found = try readDifferences(name, source, row) else { return nil }
        links.reread[inode] = found
        return found
    }

    /// True for a file that a run began to change in place: then it is neither old nor new, whatever its time.
    mutating func isTorn(_ name: FileName, _ source: EntryStatus, _ metadata: Differences) throws(CopyError)
        -> Bool
    {
        if isRecorded || source.kind != .file || !metadata.contains(.attributes) { return false }
        do {
            return try TornMark.isOn(AttributePlace(name, in: mirrorFolder().descriptor))
        } catch {
            try note(destinationFailure: error, name)
            return true
        }
    }

    private mutating func hasEqualContents(
        _ name: FileName,
        _ source: EntryStatus,
        _ row: ManifestEntry?
    ) throws(TransferEnd) -> Bool {
        let file = try openSource(name)
        if isRecorded, let hash = row?.hash { return try comparer.has(hash, file.descriptor, source) }
        let folder: SharedDescriptor
        do throws(SystemError) {
            folder = try mirrorFolder()
        } catch {
            throw .destination(error)
        }
        let mirror = try openOther(name, in: folder)
        return try comparer.areEqual(file.descriptor, mirror.descriptor, size: source.size)
    }

    /// Opens a file of the destination, or of an earlier copy.
    func openOther(_ name: FileName, in folder: SharedDescriptor) throws(TransferEnd) -> SharedDescriptor {
        do throws(SystemError) {
            return SharedDescriptor(
                try folder.descriptor.open(
                    name,
                    [.nonBlocking, .noAccessTime],
                    orWithout: .noAccessTime,
                    resolve: .beneath
                )
            )
        } catch {
            throw .destination(error)
        }
    }

    mutating func openSource(_ name: FileName) throws(TransferEnd) -> SharedDescriptor {
        do throws(SystemError) {
            let folder = try source.current()
            return SharedDescriptor(
                try folder.descriptor.open(
                    name,
                    [.nonBlocking, .noAccessTime],
                    orWithout: .noAccessTime,
                    resolve: .beneathAcrossMounts
                )
            )
        } catch {
            throw .source(error)
        }
    }
}
