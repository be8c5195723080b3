internal import LinuxSystem
internal import SystemPackage

/// Walks source and destination side by side, depth first with a stack of its own, and writes down what differs.
struct Planner {
    private struct Frame {
        let id: Int
        let children: [Child]
        var next = 0
        let pathLength: Int
    }

    private struct Child {
        let name: FileName
        let state: PlannedFolder.State
        let metadataDiffers: Bool
        let isMountPoint: Bool
    }

    let request: CopyRequest
    let ability: Ability
    let interruption: Interruption
    var meter: ProgressMeter
    var mirror: DirectoryCursor
    private var source: DirectoryCursor
    private var frames: [Frame] = []
    private var children: [Child] = []
    /// The path of the folder at hand with a slash behind it; kept for filters and messages.
    var path: [UInt8] = []

    var folders: [PlannedFolder] = []
    var links = LinkTable()
    var summary = PlanSummary()
    var space: SpaceEstimate
    var skipped = SkippedEntries()
    var vanished = SkippedEntries()
    private let sourceRoot: EntryStatus
    private let mirrorRoot: EntryStatus

    init(_ request: CopyRequest, meter: ProgressMeter, interruption: Interruption) throws(CopyError) {
        self.request = request
        self.interruption = interruption
        self.meter = meter
        ability = .ofProcess
        source = DirectoryCursor(root: request.source, resolution: request.sourceResolution)
        mirror = DirectoryCursor(root: request.destination, resolution: .beneath)
        do {
            sourceRoot = try request.source.descriptor.status()
        } catch {
            throw .sourceFailed(error)
        }
        do {
            mirrorRoot = try request.destination.descriptor.status()
            space = SpaceEstimate(unit: try request.destination.descriptor.allocationUnit())
        } catch {
            throw .destinationFailed(error)
        }
    }

    /// Walks both trees to their ends.
    mutating func run() throws(CopyError) {
        meter.enter(.scanning)
        let rootDiffers = try metadataDiffers(sourceRoot, mirrorRoot, FileName(), isRoot: true) ?? false
        folders = [PlannedFolder(parent: 0, name: FileName(), state: .present, metadataDiffers: rootDiffers)]
        if rootDiffers { summary.metadataOnly += 1 }
        try visit(0, hasMirror: true)
        while let frame = frames.last {
            if frame.next < frame.children.count {
                frames[frames.count - 1].next += 1
                try descend(into: frame.children[frame.next], from: frame.id)
            } else {
                ascend()
            }
        }
    }

    /// The path of a name in the folder at hand.
    func path(of name: FileName) -> FileName {
        FileName(bytes: name.isEmpty ? Array(path.dropLast()) : path + name.bytes)
    }

    mutating func checkInterruption() throws(CopyError) {
        if interruption.isRequested { throw .interrupted }
    }

    // MARK: - Down and up

    private mutating func descend(into child: Child, from parent: Int) throws(CopyError) {
        try checkInterruption()
        let id = folders.count
        var folder = PlannedFolder(
            parent: parent,
            name: child.name,
            state: child.state,
            metadataDiffers: child.metadataDiffers
        )
        if child.isMountPoint {
            if folder.needsFinish { folders.append(folder) }
            return
        }
        do {
            try source.enter(child.name, id: id)
        } catch {
            try note(sourceFailure: error, child.name)
            folder.hasUnreadable = true
            folder.isRetained = child.state == .present
            if child.state != .present { folders.append(folder) }
            return
        }
        if child.state == .present {
            do {
                try mirror.enter(child.name, id: id)
            } catch {
                source.leave()
                try note(destinationFailure: error, child.name)
                return
            }
        }
        folders.append(folder)
        path += child.name.bytes + [slash]
        try visit(id, hasMirror: child.state == .present)
    }

    private mutating func ascend() {
        guard let frame = frames.popLast(), !frames.isEmpty else { return }
        path.removeLast(path.count - frame.pathLength)
        source.leave()
        if mirror.id == frame.id { mirror.leave() }
        // A folder in which and below which nothing is to be done is the last one of the list; links that are decided
        // later may need it.
        let folder = folders[frame.id]
        if frame.id == folders.count - 1, !folder.needsFinish, !links.uses(frame.id) {
            folders.removeLast()
        }
    }

    // MARK: - One folder

    private mutating func visit(_ id: Int, hasMirror: Bool) throws(CopyError) {
        let parentLength = frames.isEmpty ? 0 : path.count - folders[id].name.bytes.count - 1
        let sourceEntries = try listSource(id)
        let mirrorEntries = hasMirror ? try listMirror(id) : []
        children = []
        for pair in FolderListing.pairs(sourceEntries, mirrorEntries) {
            try compare(id, pair.name, pair.source, pair.mirror)
            tick(pair.name)
        }
        frames.append(Frame(id: id, children: children, pathLength: parentLength))
    }

    /// The entries of the source's folder that are carried. Sets `hasUnreadable`.
    private mutating func listSource(_ id: Int) throws(CopyError) -> [FolderListing.Entry] {
        let listing: FolderListing
        do {
            listing = list(try source.current())
        } catch {
            if id == 0 { throw .sourceFailed(error) }
            try note(sourceFailure: error, FileName())
            folders[id].hasUnreadable = true
            return []
        }
        if let failure = listing.listFailure {
            if id == 0 && listing.entries.isEmpty { throw .sourceFailed(failure) }
            try note(sourceFailure: failure, FileName())
            folders[id].hasUnreadable = true
        }
        for failure in listing.failures where !isExcludedAsAnything(failure.name) {
            try note(sourceFailure: failure.error, failure.name)
            // Also of one that vanished: what the destination has under its name stays for this run.
            folders[id].hasUnreadable = true
        }
        var entries: [FolderListing.Entry] = []
        for entry in listing.entries where !isExcluded(entry.name, entry.status.kind) {
            if id == 0 && request.protected.contains(entry.name) {
                skipped.append(entry.name, .reservedName)
            } else if entry.status.kind == .directory && isDestination(entry.status) {
                let path = path(of: entry.name)
                skipped.append(path, .isDestination)
            } else {
                entries.append(entry)
            }
        }
        summary.sourceEntryCount += entries.count
        return entries
    }

    /// The entries of the mirror's folder that are ours to change.
    private mutating func listMirror(_ id: Int) throws(CopyError) -> [FolderListing.Entry] {
        let listing: FolderListing
        do {
            listing = list(try mirror.current())
        } catch {
            try note(destinationFailure: error, FileName())
            return []
        }
        if let failure = listing.listFailure { throw .destinationFailed(failure) }
        for failure in listing.failures where !failure.isVanished {
            try note(destinationFailure: failure.error, failure.name)
        }
        if id != 0 || request.protected.isEmpty { return listing.entries }
        return listing.entries.filter { !request.protected.contains($0.name) }
    }

    private mutating func compare(
        _ id: Int,
        _ name: FileName,
        _ source: EntryStatus?,
        _ mirror: EntryStatus?
    ) throws(CopyError) {
        switch (source, mirror) {
        case (let source?, nil):
            planNew(id, name, source, .nothing)
        case (let source?, let mirror?):
            summary.destinationEntryCount += 1
            if source.kind == mirror.kind {
                try compareSameKind(id, name, source, mirror)
            } else {
                try planOtherKind(id, name, source, mirror)
            }
        case (nil, let mirror?):
            if TemporaryName.matches(name) {
                folders[id].steps.append(PlannedStep(name: name, kind: mirror.kind, action: .removeLeftover))
                summary.leftovers += 1
                return
            }
            if isExcluded(name, mirror.kind) { return }
            try planRemoval(id, name, mirror)
        case (nil, nil):
            break
        }
    }

    private mutating func compareSameKind(
        _ id: Int,
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) {
        guard let contentsEqual = try contentsEqual(name, source, mirror) else {
            folders[id].hasUnreadable = true
            return
        }
        var metadataEqual = false
        if contentsEqual {
            guard let differs = try metadataDiffers(source, mirror, name, isRoot: false) else {
                folders[id].hasUnreadable = true
                return
            }
            metadataEqual = !differs
        }
        if source.kind == .directory {
            if !metadataEqual { summary.metadataOnly += 1 }
            addChild(name, source, .present, metadataDiffers: !metadataEqual)
        } else if source.linkCount > 1 || mirror.linkCount > 1 {
            links.add(
                LinkTable.Member(
                    folder: id,
                    name: name,
                    source: source,
                    mirror: mirror,
                    replaced: .entry,
                    contentsEqual: contentsEqual,
                    metadataEqual: metadataEqual
                )
            )
        } else if !contentsEqual {
            let action = PlannedStep.Action.copy(replacing: .entry, size: source.size, group: nil)
            add(id, name, source, mirror, action)
        } else if !metadataEqual {
            add(id, name, source, mirror, .repair)
        }
    }

    /// Plans an entry that the destination does not have, or has as something else.
    mutating func planNew(
        _ id: Int,
        _ name: FileName,
        _ source: EntryStatus,
        _ replaced: PlannedStep.Replaced
    ) {
        if source.kind == .directory {
            summary.newFolders += 1
            space.addFolder()
            let state: PlannedFolder.State = if case .nothing = replaced { .new } else { .replacesEntry }
            addChild(name, source, state, metadataDiffers: true)
        } else if source.linkCount > 1 {
            links.add(
                LinkTable.Member(
                    folder: id,
                    name: name,
                    source: source,
                    mirror: nil,
                    replaced: replaced,
                    contentsEqual: false,
                    metadataEqual: false
                )
            )
        } else {
            let action = PlannedStep.Action.copy(replacing: replaced, size: source.size, group: nil)
            add(id, name, source, nil, action)
        }
    }

    private mutating func addChild(
        _ name: FileName,
        _ source: EntryStatus,
        _ state: PlannedFolder.State,
        metadataDiffers: Bool
    ) {
        let isElsewhere = source.isMountRoot || source.device != sourceRoot.device
        let isMountPoint =
            switch request.boundary {
            case .oneFileSystem: isElsewhere
            case .acrossFileSystems: false
            }
        children.append(
            Child(name: name, state: state, metadataDiffers: metadataDiffers, isMountPoint: isMountPoint)
        )
    }

    // MARK: - Comparing

    private func isDestination(_ status: EntryStatus) -> Bool {
        LinkTable.Inode(status) == LinkTable.Inode(mirrorRoot)
    }

    /// True when type, size and time in nanoseconds are equal, and the target of a link or the number of a device. Nil
    /// when the source cannot be read.
    private mutating func contentsEqual(
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) -> Bool? {
        switch source.kind {
        case .file: return source.size == mirror.size && source.modified == mirror.modified
        case .directory, .fifo, .socket: return true
        case .characterDevice, .blockDevice: return source.deviceNumber == mirror.deviceNumber
        case .symbolicLink:
            if source.size != mirror.size { return false }
            let target: FileName
            do {
                target = try self.source.current().descriptor.symbolicLinkTarget(name)
            } catch {
                try note(sourceFailure: error, name)
                return nil
            }
            do {
                return try self.mirror.current().descriptor.symbolicLinkTarget(name) == target
            } catch {
                try note(destinationFailure: error, name)
                return false
            }
        }
    }

    /// True when the mirror's metadata need a repair. Nil when the source cannot be read.
    private mutating func metadataDiffers(
        _ source: EntryStatus,
        _ mirror: EntryStatus,
        _ name: FileName,
        isRoot: Bool
    ) throws(CopyError) -> Bool? {
        if EntryMetadata.statusDiffers(source, mirror, ability) { return true }
        let wanted: [FileName: [UInt8]]
        do {
            let folder = try self.source.current()
            let place =
                isRoot
                ? AttributePlace(of: folder.descriptor) : AttributePlace(name, in: folder.descriptor)
            wanted = try EntryMetadata.readAttributes(at: place, ability)
        } catch {
            try note(sourceFailure: error, name)
            return nil
        }
        do {
            let folder = try self.mirror.current()
            let place =
                isRoot
                ? AttributePlace(of: folder.descriptor) : AttributePlace(name, in: folder.descriptor)
            return try EntryMetadata.readAttributes(at: place, ability) != wanted
        } catch {
            try note(destinationFailure: error, name)
            return false
        }
    }
}
