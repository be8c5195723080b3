internal import LinuxSystem
internal import SystemPackage

/// Walks source and destination side by side, depth first with a stack of its own, and writes down what differs.
struct Planner {
    private struct Frame {
        /// Where the folder is, from the root.
        let path: FileName
        let children: [Child]
        var next = 0
    }

    private struct Child {
        let name: FileName
        let state: PlannedFolder.State
        let differences: Differences
        let isMountPoint: Bool
    }

    /// A folder with more steps than this comes in several parts.
    private static let stepLimit = 4096

    let request: CopyRequest
    let ability: Ability
    let interruption: Interruption
    var meter: ProgressMeter
    var source: DirectoryCursor
    var mirror: DirectoryCursor
    private var frames: [Frame] = []
    private var children: [Child] = []
    /// The folder at hand, as far as something is to be done in it.
    private var folder = PlannedFolder(path: FileName(), state: .present)
    /// What the source's folder at hand does not have.
    private var missing = PlannedFolder(path: FileName(), state: .present)
    /// The path of the folder at hand with a slash behind it; kept for filters and messages.
    var path: [UInt8] = []

    let plan: PlanSpool
    /// What may have to be removed; decided when the whole source is known.
    private let removals: PlanSpool
    /// Folders in which something could not be read: nothing in them is removed.
    private(set) var unreadable: Set<FileName> = []
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
        plan = PlanSpool(workFolder: request.workFolder)
        removals = PlanSpool(workFolder: request.workFolder)
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
        folder.differences = try metadataDifferences(sourceRoot, mirrorRoot, FileName()) ?? []
        if !folder.differences.isEmpty { summary.metadataOnly += 1 }
        try visit()
        while let frame = frames.last {
            if frame.next < frame.children.count {
                frames[frames.count - 1].next += 1
                try descend(into: frame.children[frame.next], from: frame.path)
            } else {
                frames.removeLast()
                if !frames.isEmpty { source.leave() }
            }
        }
        try removals.forEach { (folder) throws(CopyError) in try planRemovals(folder) }
    }

    mutating func checkInterruption() throws(CopyError) {
        if interruption.isRequested { throw .interrupted }
    }

    // MARK: - Down

    private mutating func descend(into child: Child, from parent: FileName) throws(CopyError) {
        try checkInterruption()
        let childPath = parent.appending(child.name)
        folder = PlannedFolder(path: childPath, state: child.state, differences: child.differences)
        path = parent.isEmpty ? [] : parent.bytes + [slash]
        if child.isMountPoint {
            try endFolder()
            return
        }
        do {
            try source.enter(child.name)
        } catch {
            try note(sourceFailure: error, child.name)
            unreadable.insert(childPath)
            if child.state != .present { try endFolder() }
            return
        }
        if child.state == .present {
            do {
                _ = try mirror.move(to: childPath)
            } catch {
                source.leave()
                try note(destinationFailure: error, child.name)
                return
            }
        }
        path += child.name.bytes + [slash]
        try visit()
    }

    // MARK: - One folder

    private mutating func visit() throws(CopyError) {
        missing = PlannedFolder(path: folder.path, state: .present)
        let sourceEntries = try listSource()
        let mirrorEntries = folder.state == .present ? try listMirror() : []
        children = []
        var pairs = ListingPairs(sourceEntries, mirrorEntries)
        while let pair = pairs.next() {
            try compare(pair.name, pair.source, pair.mirror)
            tick(pair.name)
        }
        let path = folder.path
        try endFolder()
        if !missing.steps.isEmpty { try removals.append(missing) }
        frames.append(Frame(path: path, children: children))
    }

    /// Writes the folder at hand down, when there is something to do.
    private mutating func endFolder() throws(CopyError) {
        if folder.needsFinish { try plan.append(folder) }
    }

    mutating func addStep(_ step: PlannedStep) throws(CopyError) {
        folder.steps.append(step)
        if folder.steps.count < Self.stepLimit { return }
        try plan.append(folder)
        folder = PlannedFolder(path: folder.path, state: .present)
    }

    private mutating func addMissing(_ name: FileName, _ kind: EntryKind) throws(CopyError) {
        missing.steps.append(PlannedStep(name: name, kind: kind, action: .remove))
        if missing.steps.count < Self.stepLimit { return }
        try removals.append(missing)
        missing.steps.removeAll()
    }

    /// Nothing in the folder at hand is removed.
    mutating func noteUnreadable() {
        unreadable.insert(folder.path)
    }

    /// The entries of the source's folder that are carried.
    private mutating func listSource() throws(CopyError) -> [FolderListing.Entry] {
        let isRoot = folder.path.isEmpty
        let listing: FolderListing
        do {
            listing = list(try source.current())
        } catch {
            if isRoot { throw .sourceFailed(error) }
            try note(sourceFailure: error, FileName())
            noteUnreadable()
            return []
        }
        if let failure = listing.listFailure {
            if isRoot && listing.entries.isEmpty { throw .sourceFailed(failure) }
            try note(sourceFailure: failure, FileName())
            noteUnreadable()
        }
        for failure in listing.failures where !isExcludedAsAnything(failure.name) {
            try note(sourceFailure: failure.error, failure.name)
            // Also of one that vanished: what the destination has under its name stays for this run.
            noteUnreadable()
        }
        var entries: [FolderListing.Entry] = []
        entries.reserveCapacity(listing.entries.count)
        for entry in listing.entries where !isExcluded(entry.name, entry.status.kind) {
            if isRoot && request.protected.contains(entry.name) {
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
    private mutating func listMirror() throws(CopyError) -> [FolderListing.Entry] {
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
        if !folder.path.isEmpty || request.protected.isEmpty { return listing.entries }
        return listing.entries.filter { !request.protected.contains($0.name) }
    }

    private func isDestination(_ status: EntryStatus) -> Bool {
        LinkTable.Inode(status) == LinkTable.Inode(mirrorRoot)
    }

    private mutating func compare(
        _ name: FileName,
        _ source: EntryStatus?,
        _ mirror: EntryStatus?
    ) throws(CopyError) {
        switch (source, mirror) {
        case (let source?, nil):
            try planNew(name, source, .nothing)
        case (let source?, let mirror?):
            summary.destinationEntryCount += 1
            if source.kind == mirror.kind {
                try compareSameKind(name, source, mirror)
            } else {
                try planOtherKind(name, source, mirror)
            }
        case (nil, let mirror?):
            if TemporaryName.matches(name) {
                try addStep(PlannedStep(name: name, kind: mirror.kind, action: .removeLeftover))
                summary.leftovers += 1
            } else if !isExcluded(name, mirror.kind) {
                try addMissing(name, mirror.kind)
            }
        case (nil, nil):
            break
        }
    }

    private mutating func compareSameKind(
        _ name: FileName,
        _ source: EntryStatus,
        _ mirror: EntryStatus
    ) throws(CopyError) {
        guard let contents = try contentDifferences(name, source, mirror),
            let metadata = try metadataDifferences(source, mirror, name)
        else {
            noteUnreadable()
            return
        }
        let differences = contents.union(metadata)
        if source.kind == .directory {
            if !metadata.isEmpty { summary.metadataOnly += 1 }
            addChild(name, source, .present, metadata)
        } else if source.linkCount > 1 || mirror.linkCount > 1 {
            links.add(
                LinkTable.Member(
                    folder: folder.path,
                    name: name,
                    source: source,
                    mirror: mirror,
                    replaced: .entry,
                    differences: differences
                )
            )
        } else if !contents.isEmpty {
            let action = PlannedStep.Action.copy(replacing: .entry, size: source.size, group: nil)
            try add(name, source, mirror, action, differences)
        } else if !metadata.isEmpty {
            try add(name, source, mirror, .repair, differences)
        }
    }

    /// Plans an entry that the destination does not have, or has as something else.
    mutating func planNew(
        _ name: FileName,
        _ source: EntryStatus,
        _ replaced: PlannedStep.Replaced
    ) throws(CopyError) {
        if source.kind == .directory {
            summary.newFolders += 1
            space.addFolder()
            let state: PlannedFolder.State = if case .nothing = replaced { .new } else { .replacesEntry }
            addChild(name, source, state, [])
        } else if source.linkCount > 1 {
            links.add(
                LinkTable.Member(
                    folder: folder.path,
                    name: name,
                    source: source,
                    mirror: nil,
                    replaced: replaced,
                    differences: .contents
                )
            )
        } else {
            let action = PlannedStep.Action.copy(replacing: replaced, size: source.size, group: nil)
            try add(name, source, nil, action, [])
        }
    }

    private mutating func addChild(
        _ name: FileName,
        _ source: EntryStatus,
        _ state: PlannedFolder.State,
        _ differences: Differences
    ) {
        let isElsewhere = source.isMountRoot || source.device != sourceRoot.device
        let isMountPoint =
            switch request.boundary {
            case .oneFileSystem: isElsewhere
            case .acrossFileSystems: false
            }
        children.append(
            Child(name: name, state: state, differences: differences, isMountPoint: isMountPoint)
        )
    }
}
