internal import LinuxSystem
internal import SystemPackage

/// Walks source and destination side by side, depth first with a stack of its own, and writes down what differs.
///
/// Where a sealed manifest describes the destination, its rows stand for the destination, which is not walked.
struct Planner {
    struct Frame {
        /// Where the folder is, from the root.
        let path: FileName
        let number: FolderNumber
        /// The folder itself; let go when it is far from the walk.
        var source: SharedDescriptor?
        var mirror: SharedDescriptor?
        var children: [Child]
        /// The child to be visited next, and the one to be read ahead next.
        var next = 0
        var ahead = 0
    }

    struct Child {
        let name: FileName
        let state: PlannedFolder.State
        let differences: Differences
        let number: FolderNumber
        let isMountPoint: Bool
        /// Bytes of the directory itself, which grow with its entries.
        let size: Int64
        var timeChanges = false
        var request: Int?
    }

    /// A folder with more steps than this comes in several parts.
    static let stepLimit = 4096

    let request: CopyRequest
    let part: ManifestPart?
    let ability: Ability
    let interruption: Interruption
    /// Made when the first file is read.
    lazy var comparer = ContentComparer(key: part?.manifest.hashKey, interruption: interruption)
    let ahead: ScanAhead
    var meter: ProgressMeter
    var source: DirectoryCursor
    /// A second place on the source: where something was before.
    var oldPlace: DirectoryCursor
    var mirror: DirectoryCursor
    var references: ReferenceTrees
    var filter: FilterStack
    var frames: [Frame] = []
    var children: [Child] = []
    /// Names of unfinished copies in the folder at hand with which this run goes on.
    var partials: Set<FileName> = []
    /// The folder at hand, as far as something is to be done in it.
    var folder = PlannedFolder(path: FileName(), state: .present)
    /// What the source's folder at hand does not have.
    private var missing = PlannedFolder(path: FileName(), state: .present)
    /// What the manifest knows of the folder at hand.
    var rows = RowCursor([])
    /// The path of the folder at hand with a slash behind it; kept for filters and messages.
    var path: [UInt8] = []

    let plan: PlanSpool
    /// What may have to be removed; decided when the whole source is known.
    private let removals: PlanSpool
    /// Folders in which something could not be read: nothing in them is removed.
    private(set) var unreadable: Set<FileName> = []
    /// What could not be looked into may hold anything, also what was moved there: nothing at all is removed.
    var withholdsAll = false
    /// Removals that are not planned because something could not be read.
    var withheld = 0
    /// The destination has something that was not looked at, of which the manifest may say what is not so.
    var leavesDoubt = false
    var places: MovedPlaces
    var links: LinkTable
    var summary = PlanSummary()
    var space: SpaceEstimate
    var skipped = SkippedEntries()
    var vanished = SkippedEntries()
    let sourceRoot: EntryStatus
    let mirrorRoot: EntryStatus

    init(
        _ request: CopyRequest,
        ahead: ScanAhead,
        meter: ProgressMeter,
        interruption: Interruption
    ) throws(CopyError) {
        self.ahead = ahead
        self.request = request
        self.interruption = interruption
        self.meter = meter
        part = request.manifest
        ability = .ofProcess
        filter = FilterStack(request.selection)
        links = LinkTable(workFolder: request.workFolder)
        places = MovedPlaces(limit: request.moveLimit)
        plan = PlanSpool(workFolder: request.workFolder)
        removals = PlanSpool(workFolder: request.workFolder)
        source = DirectoryCursor(root: request.source, resolution: request.sourceResolution)
        oldPlace = source
        mirror = DirectoryCursor(root: request.destination, resolution: .beneath)
        do {
            sourceRoot = try request.source.descriptor.status()
        } catch {
            throw .sourceFailed(error)
        }
        do {
            mirrorRoot = try request.destination.descriptor.status()
            references = try ReferenceTrees(request.references)
            space = SpaceEstimate(
                unit: try request.destination.descriptor.allocationUnit(),
                keepsReplaced: request.earlierVersions != nil
            )
        } catch {
            throw .destinationFailed(error)
        }
    }

    /// True when the manifest's rows stand for the destination.
    var isRecorded: Bool { part?.trust == .sealed }

    /// Walks both trees to their ends.
    mutating func run() throws(CopyError) {
        meter.enter(.scanning)
        try beginRoot()
        while true {
            askAhead()
            guard let frame = frames.last else { break }
            if frame.next < frame.children.count {
                frames[frames.count - 1].next += 1
                let child = frame.children[frame.next]
                try descend(into: child, from: frame)
            } else {
                frames.removeLast()
                filter.leave()
                if !frames.isEmpty { source.leave() }
            }
        }
        places.close()
        let removals = removals
        try removals.forEach { (folder) throws(CopyError) in try planRemovals(folder) }
    }

    mutating func checkInterruption() throws(CopyError) {
        if interruption.isRequested { throw .interrupted }
    }

    // MARK: - Down

    private mutating func beginRoot() throws(CopyError) {
        if let part {
            folder.number = part.number
            folder.parent = part.place.folder
        }
        let row = try rootRow()
        let mirrorStatus = isRecorded ? row.map { EntryStatus($0) } ?? mirrorRoot : mirrorRoot
        let pair = EntryPair(source: sourceRoot, mirror: mirrorStatus)
        if !isUnchanged(sourceRoot, row) {
            folder.differences = try metadataDifferences(FileName(), pair, row) ?? []
            // Its row is told as well: a run that was cut off may have set the time and not that.
            folder.timeChanges = part != nil
        }
        if !folder.differences.isEmpty {
            summary.metadataOnly += 1
        } else if part != nil && row == nil {
            // Without a row of the root nothing below it is believed.
            let action = PlannedStep.Action.record(child: folder.number)
            try addStep(PlannedStep(name: FileName(), kind: .directory, action: action))
        }
        var meter = self.meter
        let scanned = ahead.reader.read(
            source: request.source,
            mirror: isRecorded ? nil : request.destination
        ) {
            meter.state.entriesScanned += 1
            meter.tick(path: FileName())
        }
        self.meter = meter
        try visit(scanned)
    }

    private func rootRow() throws(CopyError) -> ManifestEntry? {
        guard let part else { return nil }
        do {
            return try part.manifest.entry(part.place.name, in: part.place.folder)
        } catch {
            throw .manifestFailed(error)
        }
    }

    private mutating func descend(into child: Child, from frame: Frame) throws(CopyError) {
        try checkInterruption()
        let childPath = frame.path.appending(child.name)
        folder = PlannedFolder(path: childPath, state: child.state, differences: child.differences)
        folder.timeChanges = child.timeChanges
        folder.number = child.number
        folder.parent = frame.number
        path = frame.path.isEmpty ? [] : frame.path.bytes + [slash]
        if child.isMountPoint {
            try noteUnseen(behind: child, in: frame)
            try endFolder()
            return
        }
        let scanned = try read(child, frame)
        let opened: SharedDescriptor
        switch scanned.source {
        case .success(let side):
            opened = side.folder
        case .failure(let error):
            try note(sourceFailure: error, child.name)
            noteHidden(error)
            noteUnseen()
            unreadable.insert(childPath)
            if child.state != .present { try endFolder() }
            return
        }
        if case .failure(let error) = scanned.mirror {
            try note(destinationFailure: error, child.name)
            noteUnseen()
            return
        }
        source.enter(child.name, opened: opened)
        path += child.name.bytes + [slash]
        try visit(scanned)
    }

    // MARK: - One folder

    private mutating func visit(_ scanned: ScannedFolder) throws(CopyError) {
        missing = PlannedFolder(path: folder.path, state: .present)
        missing.number = folder.number
        missing.parent = folder.parent
        let (path, number) = (folder.path, folder.number)
        var sourceEntries = try sourceEntries(of: scanned)
        partials = Set(sourceEntries.lazy.map(\.status).filter(PartialFile.isMade).map(PartialFile.name))
        rows = RowCursor(try takeRows(&sourceEntries))
        let mirrorEntries = try mirrorEntries(of: scanned)
        children = []
        var pairs = ListingPairs(sourceEntries, mirrorEntries)
        while let pair = pairs.next() {
            try compare(pair.name, pair.source, pair.mirror)
            tick(pair.name)
        }
        try forgetRows(before: nil)
        try endFolder()
        if !missing.steps.isEmpty { try removals.append(missing) }
        var frame = Frame(path: path, number: number, children: children)
        frame.source = scanned.sourceFolder
        frame.mirror = scanned.mirrorFolder
        frames.append(frame)
        letGo()
    }

    /// Writes the folder at hand down, when there is something to do.
    private mutating func endFolder() throws(CopyError) {
        if folder.needsFinish || !folder.steps.isEmpty { try plan.append(folder) }
    }

    mutating func addStep(_ step: PlannedStep) throws(CopyError) {
        folder.steps.append(step)
        if folder.steps.count < Self.stepLimit { return }
        try plan.append(folder)
        folder.state = .present
        folder.differences = []
        folder.timeChanges = false
        folder.steps.removeAll(keepingCapacity: true)
    }

    mutating func addMissing(_ name: FileName, _ kind: EntryKind) throws(CopyError) {
        if filter.forbidsDeletions {
            noteUnreadable()
            withheld += 1
            return
        }
        missing.steps.append(PlannedStep(name: name, kind: kind, action: .remove))
        if missing.steps.count < Self.stepLimit { return }
        try removals.append(missing)
        missing.steps.removeAll(keepingCapacity: true)
    }

    /// Nothing in the folder at hand is removed.
    mutating func noteUnreadable() {
        unreadable.insert(folder.path)
    }

    /// Something was not looked into, and nobody knows what is there; nothing at all is removed.
    mutating func noteHidden(_ error: SystemError) {
        if error.errno != .noSuchFileOrDirectory { withholdsAll = true }
    }

    private mutating func compare(
        _ name: FileName,
        _ source: FolderListing.Entry?,
        _ mirror: FolderListing.Entry?
    ) throws(CopyError) {
        try forgetRows(before: name)
        let row = rows.take(name)
        let mirror = isMovedAway(name) ? nil : mirror
        if let source, source.status.kind == .file, !request.selection.sizes.isWithin(source.status.size) {
            try noteLeftAlone(name, mirror?.status, row)
            return
        }
        switch (source, mirror) {
        case (let source?, nil):
            if row != nil && !isRecorded {
                try addStep(.init(name: name, kind: source.status.kind, action: .forget))
            }
            try planNew(name, source.status, .nothing)
        case (let source?, let mirror?):
            summary.destinationEntryCount += 1
            let pair = EntryPair(source, mirror)
            noteTakeover(name, source.status, row)
            if source.status.kind == mirror.status.kind {
                try compareSameKind(name, pair, row)
            } else {
                try planOtherKind(name, pair)
            }
        case (nil, let mirror?):
            try planMissing(name, mirror.status, row)
        case (nil, nil): break
        }
    }
}
