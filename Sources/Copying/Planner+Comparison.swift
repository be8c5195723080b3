internal import LinuxSystem
internal import SystemPackage

/// In what two entries of the same name and kind differ, and what is done about it.
extension Planner {
    mutating func compareSameKind(
        _ name: FileName,
        _ pair: EntryPair,
        _ row: ManifestEntry?
    ) throws(CopyError) {
        let source = pair.source
        if isRecorded, let row, isUnchanged(source, row), !isRead(source) {
            if let child = row.child { addChild(name, source, .present, [], number: child) }
            return
        }
        guard var contents = try contentDifferences(name, pair, row),
            let metadata = try metadataDifferences(name, pair, row)
        else {
            noteUnreadable()
            noteUnseen()
            // It is not looked into.
            if source.kind == .directory { withholdsAll = true }
            return
        }
        // A file that was torn in place holds neither what the row says nor what the source has.
        if source.kind == .file, row?.flags.contains(.unfinished) ?? false { contents.insert(.contents) }
        if try isTorn(name, source, metadata) { contents.insert(.contents) }
        let number = source.kind == .directory ? row?.child ?? newNumber() : FolderNumber(rawValue: 0)
        if source.kind == .directory {
            if !metadata.isEmpty { summary.metadataOnly += 1 }
            addChild(name, source, .present, metadata, number: number)
            noteChanged()
        } else if try compareLinks(name, pair, contents.union(metadata), row) {
            return
        } else if !contents.union(metadata).isEmpty, try planReference(name, pair, .entry) {
            return
        } else if !contents.isEmpty {
            let action = PlannedStep.Action.copy(replacing: .entry, size: source.size, group: nil)
            try add(name, pair, action, contents.union(metadata))
            return
        } else if !metadata.isEmpty {
            try add(name, pair, .repair, metadata)
            return
        }
        if metadata.isEmpty { try record(name, pair, row, number) }
    }

    /// True when the entry is one of several names on either side; what becomes of it is decided later.
    private mutating func compareLinks(
        _ name: FileName,
        _ pair: EntryPair,
        _ differences: Differences,
        _ row: ManifestEntry?
    ) throws(CopyError) -> Bool {
        guard let recorded = pair.mirror else { return false }
        let hasNames = pair.source.linkCount > 1 || recorded.linkCount > 1
        // One with names in earlier copies, which the manifest does not know of, is not repaired in place.
        let isRepaired = isRecorded && !differences.isEmpty && !differences.contains(.contents)
        if !hasNames && !isRepaired { return false }
        var actual = recorded
        if isRecorded {
            // Which names are one file on the destination, only the destination knows.
            do {
                actual = try mirrorFolder().descriptor.status(of: name)
            } catch {
                try note(destinationFailure: error, name)
                return true
            }
        }
        if pair.source.linkCount == 1 {
            if actual.linkCount == 1 { return false }
            if differences.isEmpty && links.claim(actual) { return false }
        }
        guard let hidden = try hiddenDifferences(name, pair.source, differences, row) else {
            noteUnreadable()
            noteUnseen()
            return true
        }
        let links = EntryPair(source: pair.source, mirror: actual)
        try addLink(name, links, .entry, hidden, isKnown: isUnchanged(pair.source, row))
        return true
    }

    /// Nothing is to be done on the destination; perhaps the manifest is to be told.
    private mutating func record(
        _ name: FileName,
        _ pair: EntryPair,
        _ row: ManifestEntry?,
        _ number: FolderNumber
    ) throws(CopyError) {
        if part == nil { return }
        if let row, isUnchanged(pair.source, row), (row.child ?? number) == number { return }
        if mayHideChange(pair.source, row), let row {
            try add(name, pair, again(pair.source, row), .contents)
        } else {
            try addStep(
                PlannedStep(name: name, kind: pair.source.kind, action: .record(child: number))
            )
        }
    }

    /// Reads a file again: it is copied when its hash is another one, or is not known.
    func again(_ source: EntryStatus, _ row: ManifestEntry) -> PlannedStep.Action {
        guard let hash = row.hash else { return .copy(replacing: .entry, size: source.size, group: nil) }
        return .check(size: source.size, hash: hash)
    }

    /// True when the source's entry is certainly what the row was made from.
    func isUnchanged(_ source: EntryStatus, _ row: ManifestEntry?) -> Bool {
        guard let row else { return false }
        return row.modified == source.modified && row.changed == source.changed
            && row.inode == source.inode && row.size == source.size && row.kind == source.kind
            && row.permissions == source.permissions && row.uid == source.uid && row.gid == source.gid
            && row.linkCount == source.linkCount && row.flags.isEmpty
    }

    /// Size, time in nanoseconds, the target of a link, the number of a device. Nil when the source cannot be read.
    private mutating func contentDifferences(
        _ name: FileName,
        _ pair: EntryPair,
        _ row: ManifestEntry?
    ) throws(CopyError) -> Differences? {
        guard let mirror = pair.mirror else { return .contents }
        let source = pair.source
        switch source.kind {
        case .file:
            var differences: Differences = []
            if source.size != mirror.size { differences.formUnion([.contents, .size]) }
            if source.modified != mirror.modified { differences.formUnion([.contents, .time]) }
            if differences.isEmpty && isRead(source) { return try readDifferences(name, source, row) }
            return differences
        case .directory, .fifo, .socket: return []
        case .characterDevice, .blockDevice:
            return source.deviceNumber == mirror.deviceNumber ? [] : .contents
        case .symbolicLink:
            if source.size != mirror.size { return .contents }
            return try targetDiffers(name)
        }
    }

    private mutating func targetDiffers(_ name: FileName) throws(CopyError) -> Differences? {
        let target: FileName
        do {
            target = try source.current().descriptor.symbolicLinkTarget(name)
        } catch {
            try note(sourceFailure: error, name)
            return nil
        }
        do {
            return try mirrorFolder().descriptor.symbolicLinkTarget(name) == target ? [] : .contents
        } catch {
            try note(destinationFailure: error, name)
            return .contents
        }
    }

    /// Owner, mode, time and attributes. An empty name stands for the folder at hand. Nil when the source cannot be
    /// read.
    mutating func metadataDifferences(
        _ name: FileName,
        _ pair: EntryPair,
        _ row: ManifestEntry?
    ) throws(CopyError) -> Differences? {
        guard let mirror = pair.mirror else { return [] }
        var differences = EntryMetadata.statusDifferences(pair.source, mirror, ability)
        if pair.sourceAttributes == .none && pair.mirrorAttributes == .none { return differences }
        let wanted: [FileName: [UInt8]]
        do {
            wanted = try EntryMetadata.readAttributes(at: source.current().attributes(of: name), ability)
        } catch {
            try note(sourceFailure: error, name)
            return nil
        }
        if isRecorded, let part, let row {
            let digest = EntryMetadata.digest(of: wanted, part.manifest.hashKey)
            // Which of them differ, only the destination could tell, and it is not asked.
            if digest != row.attributes { differences.formUnion([.accessLists, .attributes]) }
            return differences
        }
        do {
            let present = try EntryMetadata.readAttributes(at: mirrorFolder().attributes(of: name), ability)
            differences.formUnion(EntryMetadata.attributeDifferences(wanted, present))
        } catch {
            try note(destinationFailure: error, name)
        }
        return differences
    }

    /// The folder at hand on the destination, where it is before the plan is carried out.
    mutating func mirrorFolder() throws(SystemError) -> SharedDescriptor {
        try mirror.move(to: isRecorded ? part?.path(of: folder.number) ?? folder.path : folder.path)
    }
}

extension SharedDescriptor {
    /// Where the attributes of `name` in this folder are; an empty name stands for the folder itself.
    fileprivate func attributes(of name: FileName) -> AttributePlace {
        name.isEmpty ? AttributePlace(of: descriptor) : AttributePlace(name, in: descriptor)
    }
}

extension EntryStatus {
    /// The destination's entry as a manifest describes it.
    init(_ entry: ManifestEntry) {
        self.init(
            kind: entry.kind,
            permissions: entry.permissions,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            modified: entry.modified,
            deviceNumber: entry.deviceNumber,
            linkCount: entry.linkCount
        )
    }
}

extension RowCursor {
    /// What stands for a listing of the destination.
    var asEntries: [FolderListing.Entry] {
        rows.map { FolderListing.Entry(name: $0.name, status: EntryStatus($0.entry)) }
    }
}
