internal import LinuxSystem
internal import SystemPackage

/// Deletions, and what is written down.
extension Applier {
    mutating func removeAll() throws(CopyError) {
        // What is deleted here may be the old name of what was copied there: that must be durable first.
        if deletions == .perform && plan.summary.deletionCount > 0 { try sync() }
        meter.enter(.deleting)
        for id in folders.indices where !closedFolders.contains(id) {
            for step in folders[id].steps {
                guard case .remove = step.action else { continue }
                try checkInterruption()
                switch deletions {
                case .hold: outcome.held += 1
                case .perform:
                    if isWithheld(id) {
                        outcome.withheld += 1
                    } else {
                        try removePlanned(id, step)
                    }
                }
                didStep(id, step.name)
            }
        }
    }

    /// True when something in the folder could not be read; below a folder that the source does not have, the folder
    /// above counts.
    private func isWithheld(_ id: Int) -> Bool {
        var id = id
        while !folders[id].hasUnreadable {
            if !folders[id].isRetained || id == 0 { return false }
            id = folders[id].parent
        }
        return true
    }

    private mutating func removePlanned(_ id: Int, _ step: PlannedStep) throws(CopyError) {
        let folder: SharedDescriptor
        do {
            folder = try mirror.move(to: id, in: folders)
        } catch {
            try note(destinationFailure: error, id, step.name)
            return
        }
        try remove(step.name, step.kind, in: id, folder)
    }

    /// Removes an entry with everything in it, and counts.
    mutating func remove(
        _ name: FileName,
        _ kind: EntryKind,
        in id: Int,
        _ folder: SharedDescriptor
    ) throws(CopyError) {
        var remover = TreeRemover(in: folder, ability: ability)
        var meter = self.meter
        let folders = self.folders
        let interruption = self.interruption
        do throws(RemovalFailure) {
            try remover.remove(name, kind: kind) { () throws(CopyError) in
                if interruption.isRequested { throw .interrupted }
                meter.tick(path: folders.path(of: id, name))
            }
        } catch {
            self.meter = meter
            outcome.deleted += remover.count
            switch error {
            case .entry(let error): try note(destinationFailure: error, id, name)
            case .run(let error): throw error
            }
            return
        }
        self.meter = meter
        if !TemporaryName.matches(name) { outcome.deleted += remover.count }
    }

    /// True for a change that removes a folder with contents while deletions are held.
    func isHeld(_ replaced: PlannedStep.Replaced) -> Bool {
        switch replaced {
        case .nothing, .entry, .emptyFolder: false
        case .folder: deletions == .hold
        }
    }

    // MARK: - Notes

    func checkInterruption() throws(CopyError) {
        if interruption.isRequested { throw .interrupted }
    }

    mutating func didStep(_ id: Int, _ name: FileName) {
        meter.state.changesDone += 1
        meter.tick(path: folders.path(of: id, name))
    }

    /// Counts an entry that got its name, and lets its further names be linked to it.
    mutating func didWrite(_ id: Int, _ name: FileName, group: Int?, bytes: Int64) {
        outcome.copiedFiles += 1
        outcome.copiedBytes += bytes
        if let group { leaders[group] = LinkTable.Leader(folder: id, name: name) }
    }

    mutating func note(sourceFailure error: SystemError, _ id: Int, _ name: FileName) throws(CopyError) {
        if let fatal = CopyError(onSource: error) { throw fatal }
        if error.errno == .noSuchFileOrDirectory {
            outcome.vanished.append(folders.path(of: id, name), .unreadable(error))
        } else {
            folders[id].hasUnreadable = true
            outcome.skipped.append(folders.path(of: id, name), .unreadable(error))
        }
    }

    mutating func note(destinationFailure error: SystemError, _ id: Int, _ name: FileName) throws(CopyError) {
        if let fatal = CopyError(onDestination: error) { throw fatal }
        outcome.skipped.append(folders.path(of: id, name), .refused(error))
    }

    mutating func noteRefused(_ error: SystemError?, _ id: Int, _ name: FileName) {
        if let error { outcome.skipped.append(folders.path(of: id, name), .attributeRefused(error)) }
    }
}
