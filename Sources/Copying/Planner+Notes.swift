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
        count(action, Occupancy(pair.source), pair.mirror.map { Occupancy($0) })
        try addStep(PlannedStep(name: name, kind: pair.source.kind, action: action, differences: differences))
    }

    private mutating func count(
        _ action: PlannedStep.Action,
        _ source: Occupancy,
        _ mirror: Occupancy?
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
    /// - Returns: which groups have a file on the destination already.
    mutating func resolveLinks() throws(CopyError) -> LinkLeaders {
        var planned: PlannedFolder?
        var links = links
        let leaders = try links.resolve { (decision) throws(CopyError) in
            if case .record = decision.step.action, part == nil { return }
            count(decision.step.action, decision.source, decision.mirror)
            if let open = planned, open.path != decision.place.folder || open.steps.count >= Self.stepLimit {
                try plan.append(open)
                planned = nil
            }
            if planned == nil {
                planned = PlannedFolder(path: decision.place.folder, state: .present)
                planned?.number = decision.place.number
                planned?.parent = decision.place.parent
            }
            planned?.steps.append(decision.step)
        }
        if let planned { try plan.append(planned) }
        summary.spaceNeeded = space.needed
        return leaders
    }
}
