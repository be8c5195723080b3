internal import LinuxSystem
internal import SystemPackage

/// Carries a plan out, folder by folder.
struct Applier: ~Copyable {
    let plan: CopyPlan
    let deletions: Deletions
    let ability: Ability
    let interruption: Interruption
    let copier: ContentCopier
    var meter: ProgressMeter
    var folders: [PlannedFolder]
    var leaders: [LinkTable.Leader?]
    /// Folders that could not be made or entered; nothing is done in them.
    var closedFolders: Set<Int> = []
    var source: DirectoryCursor
    var mirror: DirectoryCursor
    /// A second place on the destination: batches are committed behind the copying.
    var commitPlace: DirectoryCursor
    var batch = CommitBatch()
    var outcome = CopyOutcome()
    var canMakeUnnamed = true

    init(_ plan: CopyPlan, deletions: Deletions, meter: ProgressMeter, interruption: Interruption) {
        self.plan = plan
        self.deletions = deletions
        self.meter = meter
        self.interruption = interruption
        ability = .ofProcess
        copier = ContentCopier(interruption: interruption)
        folders = plan.folders
        leaders = plan.leaders
        source = DirectoryCursor(root: plan.request.source, resolution: plan.request.sourceResolution)
        mirror = DirectoryCursor(root: plan.request.destination, resolution: .beneath)
        commitPlace = mirror
        outcome.skipped = plan.skipped
        outcome.vanished = plan.vanished
        outcome.scanDuration = plan.scanDuration
        self.meter.state.bytesTotal = plan.summary.bytesToWrite
        self.meter.state.changesTotal = plan.folders.reduce(0) { $0 + $1.steps.count }
    }

    mutating func run(order: DeletionOrder) throws(CopyError) -> CopyOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            if order == .first { try removeAll() }
            meter.enter(.copying)
            for id in folders.indices { try visit(id) }
            try commit()
            try linkAll()
            try commit()
            if order == .last { try removeAll() }
            meter.enter(.finishing)
            for id in folders.indices.reversed() { try finish(id) }
            try sync()
        } catch {
            dropBatch()
            throw error
        }
        outcome.applyDuration = clock.now - start
        return outcome
    }

    // MARK: - One folder

    /// Makes the folder if need be, and does everything in it but links and deletions.
    private mutating func visit(_ id: Int) throws(CopyError) {
        if closedFolders.contains(folders[id].parent) {
            closedFolders.insert(id)
            return
        }
        if folders[id].isRetained { return }
        guard let mirrorFolder = try openMirror(id) else {
            closedFolders.insert(id)
            return
        }
        if folders[id].steps.isEmpty { return }
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.move(to: id, in: folders)
        } catch {
            try note(sourceFailure: error, id, FileName())
            folders[id].hasUnreadable = true
            return
        }
        for step in folders[id].steps {
            try checkInterruption()
            switch step.action {
            case .copy(let replacing, _, let group):
                if isHeld(replacing) {
                    outcome.held += 1
                } else {
                    let job = EntryJob(folder: id, step: step, replacing: replacing, group: group)
                    try copy(job, from: sourceFolder, to: mirrorFolder)
                }
            case .repair:
                try repair(id, step, from: sourceFolder, to: mirrorFolder)
            case .removeLeftover:
                try remove(step.name, step.kind, in: id, mirrorFolder)
            case .link, .remove:
                continue
            }
            didStep(id, step.name)
            if batch.isFull { try commit() }
        }
    }

    /// The folder on the destination; nil when it cannot be had, which is noted.
    private mutating func openMirror(_ id: Int) throws(CopyError) -> SharedDescriptor? {
        let folder = folders[id]
        do {
            if folder.state != .present {
                let parent = try mirror.move(to: folder.parent, in: folders)
                try makeFolder(folder, in: parent)
                outcome.madeFolders += 1
            }
            let opened = try mirror.move(to: id, in: folders)
            if !ability.setsOwners {
                let permissions = try opened.descriptor.status().permissions
                if permissions & 0o700 != 0o700 { try opened.descriptor.setPermissions(permissions | 0o700) }
            }
            return opened
        } catch {
            try note(destinationFailure: error, folder.parent, folder.name)
            return nil
        }
    }

    private func makeFolder(_ folder: PlannedFolder, in parent: SharedDescriptor) throws(SystemError) {
        switch folder.state {
        case .present: break
        case .new:
            do {
                try parent.descriptor.createDirectory(folder.name)
            } catch {
                // Somebody made it since the plan; what is in it is compared by the next run.
                if error.errno != .fileExists { throw error }
            }
        case .replacesEntry:
            let temporary = TemporaryName.random()
            try parent.descriptor.createDirectory(temporary)
            do {
                try parent.descriptor.exchange(temporary, with: folder.name)
            } catch {
                if error.errno != .invalidArgument { throw error }
                // The file system cannot exchange names; a file cannot be renamed over by a folder.
                try parent.descriptor.unlink(folder.name)
                try parent.descriptor.rename(temporary, to: folder.name)
                return
            }
            try parent.descriptor.unlink(temporary)
        }
    }

    private mutating func repair(
        _ id: Int,
        _ step: PlannedStep,
        from sourceFolder: SharedDescriptor,
        to mirrorFolder: SharedDescriptor
    ) throws(CopyError) {
        guard let wanted = try sourceMetadata(id, step.name, step.kind, sourceFolder) else { return }
        do {
            let target = MetadataTarget.named(step.name, in: mirrorFolder)
            let refused = try target.apply(wanted, ability)
            outcome.repaired += 1
            noteRefused(refused, id, step.name)
        } catch {
            try note(destinationFailure: error, id, step.name)
        }
    }

    /// What the source says now; nil when it is gone, cannot be read, or became something else, which is noted.
    mutating func sourceMetadata(
        _ id: Int,
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
            try note(sourceFailure: error, id, name)
            return nil
        }
        outcome.skipped.append(folders.path(of: id, name), .changedWhileRead)
        return nil
    }

    /// Sets metadata and time of a folder after everything in it is done.
    private mutating func finish(_ id: Int) throws(CopyError) {
        let folder = folders[id]
        if !folder.needsFinish || folder.isRetained || closedFolders.contains(id) { return }
        try checkInterruption()
        guard let wanted = try folderMetadata(id) else { return }
        do {
            let target: MetadataTarget =
                id == 0
                ? .open(plan.request.destination)
                : .named(folder.name, in: try mirror.move(to: folder.parent, in: folders))
            noteRefused(try target.apply(wanted, ability), folder.parent, folder.name)
            if folder.metadataDiffers && folder.state == .present { outcome.repaired += 1 }
        } catch {
            try note(destinationFailure: error, folder.parent, folder.name)
        }
        meter.tick(path: folders.path(of: id))
    }

    private mutating func folderMetadata(_ id: Int) throws(CopyError) -> EntryMetadata? {
        if id == 0 { return try rootMetadata() }
        let folder = folders[id]
        let parent: SharedDescriptor
        do {
            parent = try source.move(to: folder.parent, in: folders)
        } catch {
            try note(sourceFailure: error, folder.parent, folder.name)
            return nil
        }
        return try sourceMetadata(folder.parent, folder.name, .directory, parent)
    }

    private func rootMetadata() throws(CopyError) -> EntryMetadata {
        let root = plan.request.source
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
