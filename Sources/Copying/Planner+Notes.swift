internal import LinuxSystem
internal import SystemPackage

/// What is written down: failures, steps, and what they cost.
extension Planner {
    func isExcluded(_ name: FileName, _ kind: EntryKind) -> Bool {
        if request.selection.carriesEveryName { return false }
        return filter.excludes(path + name.bytes, isDirectory: kind == .directory)
    }

    /// The path of a name in the folder at hand.
    func path(of name: FileName) -> FileName {
        FileName(bytes: name.isEmpty ? Array(path.dropLast()) : path + name.bytes)
    }

    /// For an entry of which not even the kind is known.
    func isExcludedAsAnything(_ name: FileName) -> Bool {
        isExcluded(name, .file) && isExcluded(name, .directory)
    }

    /// Call it after something was looked at.
    mutating func tick(_ name: FileName) {
        let path = path
        meter.tick(path: FileName(bytes: path + name.bytes))
    }

    /// Reads a folder and tells the progress: one folder may hold millions of entries.
    mutating func list(_ folder: SharedDescriptor) -> FolderListing {
        var meter = self.meter
        let path = FileName(bytes: path)
        defer { self.meter = meter }
        return FolderListing(of: folder) {
            meter.state.entriesScanned += 1
            meter.tick(path: path)
        }
    }

    mutating func note(sourceFailure error: SystemError, _ name: FileName) throws(CopyError) {
        if let fatal = CopyError(onSource: error) { throw fatal }
        let path = path(of: name)
        if error.errno == .noSuchFileOrDirectory {
            vanished.append(path, .unreadable(error))
        } else {
            skipped.append(path, .unreadable(error))
        }
    }

    mutating func note(destinationFailure error: SystemError, _ name: FileName) throws(CopyError) {
        if let fatal = CopyError(onDestination: error) { throw fatal }
        let path = path(of: name)
        skipped.append(path, .refused(error))
    }

    /// Adds a step in the folder at hand and counts it.
    mutating func add(
        _ name: FileName,
        _ pair: EntryPair,
        _ action: PlannedStep.Action,
        _ differences: Differences
    ) throws(CopyError) {
        count(action, pair.source, pair.mirror)
        try addStep(PlannedStep(name: name, kind: pair.source.kind, action: action, differences: differences))
    }

    private mutating func count(
        _ action: PlannedStep.Action,
        _ source: EntryStatus,
        _ mirror: EntryStatus?
    ) {
        switch action {
        case .copy(let replacing, _, _):
            if case .nothing = replacing { summary.newFiles += 1 } else { summary.changedFiles += 1 }
            if source.kind == .file { summary.bytesToWrite += source.size }
            space.add(source, replacing: mirror)
        case .repair:
            summary.metadataOnly += 1
        case .link, .linkReference:
            summary.links += 1
            space.addName()
        case .check, .move, .record, .forget, .remove, .removeLeftover:
            break
        }
    }

    /// Decides what becomes of files with several names, and ends the plan.
    ///
    /// - Returns: the first name of each group that is on the destination already.
    mutating func resolveLinks() throws(CopyError) -> [LinkTable.Leader?] {
        var planned: PlannedFolder?
        var steps: [(LinkTable.Member, PlannedStep.Action)] = []
        let leaders = links.resolve { steps.append(($0, $1)) }
        for (member, action) in steps {
            if case .record = action, part == nil { continue }
            count(action, member.source, member.mirror)
            if member.folder != planned?.path {
                if let planned { try plan.append(planned) }
                planned = PlannedFolder(path: member.folder, state: .present)
                planned?.number = member.number
                planned?.parent = member.parent
            }
            planned?.steps.append(
                PlannedStep(
                    name: member.name,
                    kind: member.source.kind,
                    action: action,
                    differences: member.mirror == nil ? [] : member.differences
                )
            )
        }
        if let planned { try plan.append(planned) }
        summary.spaceNeeded = space.needed
        return leaders
    }
}

/// How much must be free on the destination.
///
/// A changed file exists twice until it is renamed into place, so the peak of the running sum counts; and a batch is
/// renamed as a whole.
struct SpaceEstimate {
    private let unit: Int64
    /// True when what is replaced stays somewhere else.
    private let keepsReplaced: Bool
    private var running: Int64 = 0
    private var peak: Int64 = 0
    private var replaced: Int64 = 0

    /// What an inode with its name costs about (ext4 256, xfs and btrfs up to 1024 bytes).
    private static let entryCost: Int64 = 1024

    init(unit: Int64, keepsReplaced: Bool) {
        self.unit = unit
        self.keepsReplaced = keepsReplaced
    }

    mutating func add(_ source: EntryStatus, replacing mirror: EntryStatus?) {
        var bytes = Self.entryCost
        if source.kind == .file {
            let whole = (source.size + unit - 1) / unit * unit
            // Fewer blocks than bytes: holes, which are kept.
            bytes += source.allocatedBytes < source.size ? min(whole, source.allocatedBytes) : whole
        }
        running += bytes
        peak = max(peak, running)
        if keepsReplaced { return }
        let old = mirror.map { $0.linkCount > 1 ? 0 : $0.allocatedBytes } ?? 0
        running -= old
        replaced += old
    }

    mutating func addFolder() {
        running += Self.entryCost + unit
        peak = max(peak, running)
    }

    mutating func addName() {
        running += Self.entryCost / 4
        peak = max(peak, running)
    }

    var needed: Int64 { peak + min(replaced, CommitBatch.byteLimit) }
}
