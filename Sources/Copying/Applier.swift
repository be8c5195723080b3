internal import LinuxSystem
internal import SystemPackage

/// Carries a plan out: several passes over its folders, in each of which only some of the steps are made.
struct Applier: ~Copyable {
    let request: CopyRequest
    let folders: PlanSpool
    let deletions: Deletions
    let hasDeletions: Bool
    let hasMoves: Bool
    let ability: Ability
    let interruption: Interruption
    let workers: CopyWorkers
    /// Jobs that are not handed over yet.
    var jobs: [FileJob] = []
    var jobBytes: Int64 = 0
    /// Further names that the workers could not make.
    var notLinked: [FileJob] = []
    let committer: Committer
    let placer: Placer
    var meter: ProgressMeter
    var leaders: LinkLeaders
    /// Folders that could not be made or entered; nothing is done in or below them.
    var closedFolders: Set<FileName> = []
    /// Places from which something could not be moved away: nothing takes its place.
    var keptPlaces: Set<ManifestPlace> = []
    /// Folders in which something could not be read; nothing in them is removed.
    var unreadable: Set<FileName>
    /// Something could not be looked into, where all that is missing may be: nothing at all is removed.
    var withholdsAll: Bool
    var source: DirectoryCursor
    var mirror: DirectoryCursor
    /// A second place on the destination: where the first name of a group of links is.
    var leaderPlace: DirectoryCursor
    var batch = CommitBatch()
    var recorder: Recorder?
    let earlierVersions: EarlierVersions?
    var references: ReferenceTrees
    var outcome = CopyOutcome()

    init(_ plan: CopyPlan, deletions: Deletions, meter: ProgressMeter, interruption: Interruption) {
        request = plan.request
        folders = plan.folders
        self.deletions = deletions
        self.meter = meter
        self.interruption = interruption
        ability = .ofProcess
        leaders = plan.leaders
        unreadable = plan.unreadable
        withholdsAll = plan.withholdsAll
        recorder = request.manifest.map { Recorder($0.manifest) }
        hasDeletions = plan.summary.deletionCount > 0
        hasMoves = plan.summary.moves > 0
        source = DirectoryCursor(root: request.source, resolution: request.sourceResolution)
        mirror = DirectoryCursor(root: request.destination, resolution: .beneath)
        leaderPlace = mirror
        references = plan.references
        let (destination, ability) = (plan.request.destination, Ability.ofProcess)
        earlierVersions = plan.request.earlierVersions.map {
            EarlierVersions(in: $0, of: destination, ability)
        }
        workers = CopyWorkers(
            request,
            queueLength: CommitBatch.fileLimit / 2,
            ability: ability
        )
        placer = Placer(ability: ability, earlierVersions: earlierVersions)
        committer = Committer(destination: request.destination, placer: placer)
        outcome.skipped = plan.skipped
        outcome.vanished = plan.vanished
        outcome.withheld = plan.withheld
        outcome.leavesDoubt = plan.withholdsAll || plan.leavesDoubt
        outcome.scanDuration = plan.scanDuration
        self.meter.state.bytesTotal = plan.summary.bytesToWrite
        self.meter.state.changesTotal = plan.folders.stepCount
    }

    mutating func run(order: DeletionOrder) throws(CopyError) -> CopyOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        let (workers, committer) = (workers, committer)
        // They hold the destination open: nobody could unmount it.
        defer {
            workers.stop()
            committer.stop()
        }
        do {
            if !folders.isEmpty { try openManifest() }
            try removeEarlierLeftovers()
            // What is moved must be out of the folders that go.
            let order = hasMoves ? .last : order
            if order == .first { try removeAll() }
            meter.enter(.copying)
            let folders = folders
            try folders.forEach { (folder) throws(CopyError) in try visit(folder) }
            try finishFiles()
            // Further names take over what the manifest knows of the first ones.
            try recorder?.flush()
            try folders.forEach { (folder) throws(CopyError) in try link(folder) }
            try finishLinks()
            if order == .last { try removeAll() }
            meter.enter(.finishing)
            try folders.forEach { (folder) throws(CopyError) in try finish(folder) }
            try sync()
            try recorder?.flush()
            if recorder?.leavesDoubt ?? false { outcome.leavesDoubt = true }
        } catch {
            workers.stop()
            committer.stop()
            dropBatch()
            throw error
        }
        outcome.applyDuration = clock.now - start
        return outcome
    }

    // MARK: - One folder

    /// Makes the folder if need be, and does everything in it but links and deletions.
    private mutating func visit(_ folder: PlannedFolder) throws(CopyError) {
        if isClosed(folder.path) {
            giveUpMoves(folder)
            return
        }
        let isMade = folder.state == .new || folder.state == .replacesEntry
        let hasWork = folder.steps.contains { $0.isMadeWhileCopying }
        if !isMade && !hasWork {
            try recordAll(folder)
            return
        }
        guard !isMade || isFree(folder), let mirrorFolder = try openMirror(folder) else {
            closedFolders.insert(folder.path)
            giveUpMoves(folder)
            return
        }
        if isMade { try recordMade(folder) }
        if !hasWork {
            try recordAll(folder)
            return
        }
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.move(to: folder.path)
        } catch {
            try note(sourceFailure: error, folder.path, FileName())
            if error.errno != .noSuchFileOrDirectory { withholdsAll = true }
            unreadable.insert(folder.path)
            giveUpMoves(folder)
            return
        }
        let open = OpenFolder(planned: folder, source: sourceFolder, mirror: mirrorFolder)
        var notMoved: Set<FileName> = []
        for step in folder.steps {
            try checkInterruption()
            if notMoved.contains(step.name) { continue }
            if try !carryOut(step, in: open) { notMoved.insert(step.name) }
        }
    }

    func isClosed(_ folder: FileName) -> Bool {
        if closedFolders.isEmpty { return false }
        var path = folder
        while true {
            if closedFolders.contains(path) { return true }
            if path.isEmpty { return false }
            path = path.parent
        }
    }

    /// The folder on the destination; nil when it cannot be had, which is noted.
    private mutating func openMirror(_ folder: PlannedFolder) throws(CopyError) -> SharedDescriptor? {
        do {
            if folder.state != .present {
                let parent = try mirror.move(to: folder.path.parent)
                try makeFolder(folder, in: parent)
                outcome.madeFolders += 1
            }
            let opened = try mirror.move(to: folder.path)
            if !ability.setsOwners {
                let permissions = try opened.descriptor.status().permissions
                if permissions & 0o700 != 0o700 { try opened.descriptor.setPermissions(permissions | 0o700) }
            }
            return opened
        } catch {
            try note(destinationFailure: error, folder.path, FileName())
            return nil
        }
    }

    private func makeFolder(_ folder: PlannedFolder, in parent: SharedDescriptor) throws(SystemError) {
        let name = folder.path.lastComponent
        switch folder.state {
        case .present, .retained: break
        case .new:
            do {
                try parent.descriptor.createDirectory(name)
            } catch {
                // Somebody made it since the plan; what is in it is compared by the next run.
                if error.errno != .fileExists { throw error }
            }
        case .replacesEntry:
            if let earlierVersions {
                try earlierVersions.take(name, of: parent, at: folder.path.parent)
                try parent.descriptor.createDirectory(name)
                return
            }
            let temporary = TemporaryName.random()
            try parent.descriptor.createDirectory(temporary)
            do {
                try parent.descriptor.exchange(temporary, with: name)
            } catch {
                if error.errno != .invalidArgument { throw error }
                // The file system cannot exchange names; a file cannot be renamed over by a folder.
                try parent.descriptor.unlink(name)
                try parent.descriptor.rename(temporary, to: name)
                return
            }
            try parent.descriptor.unlink(temporary)
        }
    }

    /// True unless a file of the source has changed since the plan: its time must not be given to old contents, nor told to
    /// the manifest. The next run copies it.
    mutating func isStillCopied(
        _ step: PlannedStep,
        _ now: EntryStatus,
        _ folder: FileName,
        _ mirrorFolder: SharedDescriptor
    ) throws(CopyError) -> Bool {
        if step.kind != .file { return true }
        do {
            let there = try mirrorFolder.descriptor.status(of: step.name)
            if there.kind == .file && (there.size, there.modified) == (now.size, now.modified) { return true }
        } catch {
            try note(destinationFailure: error, folder, step.name)
            return false
        }
        outcome.skipped.append(folder.appending(step.name), .changedWhileRead)
        unreadable.insert(folder)
        return false
    }

    /// What the source says now; nil when it is gone, cannot be read, or became something else, which is noted.
    mutating func sourceMetadata(
        _ path: FileName,
        _ name: FileName,
        _ kind: EntryKind,
        _ folder: SharedDescriptor
    ) throws(CopyError) -> EntryMetadata? {
        do {
            let status = try folder.descriptor.status(of: name)
            if status.kind == kind {
                return try EntryMetadata(status, at: AttributePlace(name, in: folder.descriptor), ability)
            }
        } catch {
            try note(sourceFailure: error, path, name)
            return nil
        }
        outcome.skipped.append(path.appending(name), .changedWhileRead)
        return nil
    }
}

extension PlannedStep {
    /// True for what is done on the destination before links and deletions.
    var isMadeWhileCopying: Bool {
        switch action {
        case .copy, .check, .move, .repair, .linkReference, .removeLeftover: true
        case .link, .remove, .record, .forget: false
        }
    }
}
