internal import LinuxSystem
internal import SystemPackage

/// Deletions, and what is written down.
extension Applier {
    mutating func removeAll() throws(CopyError) {
        // What is deleted here may be the old name of what was copied there: that must be durable first.
        if deletions == .perform && hasDeletions { try sync() }
        meter.enter(.deleting)
        let folders = folders
        try folders.forEach { (folder) throws(CopyError) in
            if !isClosed(folder.path) { try removeMissing(folder) }
        }
    }

    /// What an earlier run left among the earlier versions when it was cut off.
    mutating func removeEarlierLeftovers() throws(CopyError) {
        do {
            try earlierVersions?.removeLeftovers()
        } catch {
            if let fatal = CopyError(onDestination: error) { throw fatal }
            // They only take room: what they name is elsewhere as well, ignoring.
        }
    }

    private mutating func removeMissing(_ folder: PlannedFolder) throws(CopyError) {
        for step in folder.steps {
            guard case .remove = step.action else { continue }
            try checkInterruption()
            switch deletions {
            case .hold: outcome.held += 1
            case .perform:
                if isWithheld(folder) {
                    outcome.withheld += 1
                } else {
                    try removePlanned(folder, step)
                }
            }
            didStep(folder.path, step.name)
        }
    }

    /// True when a folder could not be read, or something in this one; below a folder that the source does not have, the folders
    /// above count.
    private func isWithheld(_ folder: PlannedFolder) -> Bool {
        if withholdsAll { return true }
        if unreadable.isEmpty { return false }
        if folder.state != .retained { return unreadable.contains(folder.path) }
        var path = folder.path
        while !unreadable.contains(path) {
            if path.isEmpty { return false }
            path = path.parent
        }
        return true
    }

    private mutating func removePlanned(_ planned: PlannedFolder, _ step: PlannedStep) throws(CopyError) {
        let folder: SharedDescriptor
        do {
            folder = try mirror.move(to: planned.path)
        } catch {
            try note(destinationFailure: error, planned.path, step.name)
            return
        }
        guard let earlierVersions else {
            if try remove(step.name, step.kind, in: planned.path, folder) {
                try recorder?.remove(step.name, in: planned.number)
            }
            return
        }
        do {
            try earlierVersions.take(step.name, of: folder, at: planned.path)
        } catch {
            try note(destinationFailure: error, planned.path, step.name)
            return
        }
        outcome.deleted += 1
        try recorder?.remove(step.name, in: planned.number)
    }

    /// Removes an entry with everything in it, and counts. False when it could not be, which is noted.
    @discardableResult
    mutating func remove(
        _ name: FileName,
        _ kind: EntryKind,
        in path: FileName,
        _ folder: SharedDescriptor
    ) throws(CopyError) -> Bool {
        var remover = TreeRemover(in: folder, ability: ability)
        var meter = self.meter
        let interruption = self.interruption
        do throws(RemovalFailure) {
            try remover.remove(name, kind: kind) { () throws(CopyError) in
                if interruption.isRequested { throw .interrupted }
                meter.tick(path: path.appending(name))
            }
        } catch {
            self.meter = meter
            outcome.deleted += remover.count
            switch error {
            case .entry(let error): try note(destinationFailure: error, path, name)
            case .run(let error): throw error
            }
            return false
        }
        self.meter = meter
        if !TemporaryName.matches(name) { outcome.deleted += remover.count }
        return true
    }

    /// True, and counted, for a change that removes a folder with contents while deletions are held or withheld.
    mutating func countsAsHeld(
        _ replaced: PlannedStep.Replaced,
        _ name: FileName,
        in folder: FileName
    ) -> Bool {
        switch (replaced, deletions) {
        case (.nothing, _), (.entry, _), (.emptyFolder, _): return false
        case (.folder, .hold):
            outcome.held += 1
            outcome.blocked.append(folder.appending(name), .folderInTheWay)
            return true
        case (.folder, .perform):
            let isWithheld = withholdsAll || unreadable.contains(folder)
            if isWithheld { outcome.withheld += 1 }
            return isWithheld
        }
    }

    // MARK: - Notes

    func checkInterruption() throws(CopyError) {
        if interruption.isRequested { throw .interrupted }
    }

    mutating func didStep(_ folder: FileName, _ name: FileName) {
        meter.state.changesDone += 1
        meter.tick(path: folder.appending(name))
    }

    /// Counts an entry that got its name, and lets its further names be linked to it.
    mutating func didWrite(_ job: FileJob, bytes: Int64) {
        outcome.copiedFiles += 1
        outcome.copiedBytes += bytes
        if let group = job.group { leaders.didPlace(group) }
    }

    mutating func note(
        sourceFailure error: SystemError,
        _ folder: FileName,
        _ name: FileName
    ) throws(CopyError) {
        if let fatal = CopyError(onSource: error) { throw fatal }
        noteUnseen()
        if error.errno == .noSuchFileOrDirectory {
            outcome.vanished.append(folder.appending(name), .unreadable(error))
        } else {
            unreadable.insert(folder)
            outcome.skipped.append(folder.appending(name), .unreadable(error))
        }
    }

    /// A file that vanished before it was copied leaves no doubt where the destination has nothing.
    mutating func note(sourceFailure error: SystemError, _ job: FileJob) throws(CopyError) {
        let doubt = outcome.leavesDoubt
        try note(sourceFailure: error, job.folder, job.name)
        if case .nothing = job.replacing { outcome.leavesDoubt = doubt }
    }

    /// What the destination has there is not what the plan wanted, and the manifest may never have been right.
    mutating func noteUnseen() {
        switch request.manifest?.trust {
        case .compared: outcome.leavesDoubt = true
        case .sealed, nil: break
        }
    }

    mutating func note(
        destinationFailure error: SystemError,
        _ folder: FileName,
        _ name: FileName
    ) throws(CopyError) {
        if let fatal = CopyError(onDestination: error) { throw fatal }
        outcome.leavesDoubt = true
        outcome.skipped.append(folder.appending(name), .refused(error))
    }

    mutating func noteRefused(_ error: SystemError?, _ folder: FileName, _ name: FileName) {
        if let error { outcome.skipped.append(folder.appending(name), .attributeRefused(error)) }
    }
}
