internal import LinuxSystem
internal import SystemPackage

/// The end of a batch: durable first, then under its names.
extension Applier {
    /// Hands the batch over. What it held before is done then, and noted.
    mutating func commit() throws(CopyError) {
        if batch.files.isEmpty { return }
        while !committer.submit(batch.files, atMost: Self.patience) { try checkInterruption() }
        batch.removeAll()
        try takeCommitted()
    }

    /// Waits until every batch has its names.
    mutating func finishCommits() throws(CopyError) {
        try commit()
        while !committer.waitUntilIdle(atMost: Self.patience) { try checkInterruption() }
        try takeCommitted()
    }

    private mutating func takeCommitted() throws(CopyError) {
        for result in committer.takeResults() {
            switch result {
            case .placed(let file):
                didWrite(file.job, bytes: file.contents.bytesWritten)
                try record(file)
                meter.tick(path: file.job.path)
            case .refused(let file, let error):
                unreadable.insert(file.job.folder)
                try note(destinationFailure: error, file.job.folder, file.job.name)
            case .fatal(let error):
                throw error
            }
        }
    }

    /// Waits until all that was written is on the device.
    func sync() throws(CopyError) {
        do {
            try request.destination.descriptor.syncFileSystem()
        } catch {
            throw CopyError(onDestination: error) ?? .destinationFailed(error)
        }
    }

    /// Lets the batch go; files without names vanish by themselves.
    mutating func dropBatch() {
        for file in batch.files { file.place.discard(in: file.job.mirror) }
        batch.removeAll()
    }

    // MARK: - Hard links

    /// Makes the further names of files that are whole and durable now.
    mutating func link(_ folder: PlannedFolder) throws(CopyError) {
        if folder.state == .retained || isClosed(folder.path) { return }
        for step in folder.steps {
            guard case .link(let group, let leader, let replacing, let size, let mirrorIsEqual) = step.action
            else {
                continue
            }
            try checkInterruption()
            if !isFree(step.name, in: folder) { continue }
            if countsAsHeld(replacing, step.name, in: folder.path) { continue }
            guard let job = try linkJob(folder, step.name, replacing, group, size) else { continue }
            try link(job, to: leaders.leader(of: group, planned: leader), group, mirrorIsEqual: mirrorIsEqual)
            didStep(folder.path, step.name)
        }
    }

    private mutating func linkJob(
        _ planned: PlannedFolder,
        _ name: FileName,
        _ replacing: PlannedStep.Replaced,
        _ group: Int,
        _ size: Int64
    ) throws(CopyError) -> FileJob? {
        let folder = planned.path
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.move(to: folder)
        } catch {
            try note(sourceFailure: error, folder, name)
            return nil
        }
        do {
            return FileJob(
                folder: folder,
                name: name,
                replacing: replacing,
                group: group,
                number: planned.number,
                size: size,
                source: sourceFolder,
                mirror: try mirror.move(to: folder)
            )
        } catch {
            try note(destinationFailure: error, folder, name)
            return nil
        }
    }

    private mutating func link(
        _ job: FileJob,
        to leader: LinkTable.Leader?,
        _ group: Int,
        mirrorIsEqual: Bool
    ) throws(CopyError) {
        let own = LinkTable.Leader(folder: job.folder, number: job.number, name: job.name)
        guard let leader else {
            // The first name could not be copied; the next one takes its place.
            leaders.choose(own, of: group, isThere: false)
            try copyAsLeader(job)
            return
        }
        var linked = false
        do {
            try makeLink(job, to: leader)
            outcome.links += 1
            linked = true
        } catch {
            if error.errno != .tooManyLinks {
                try note(destinationFailure: error, job.folder, job.name)
            } else if mirrorIsEqual {
                leaders.choose(own, of: group, isThere: true)
            } else {
                leaders.choose(own, of: group, isThere: false)
                try copyAsLeader(job)
            }
        }
        if linked { try recordLink(job, to: leader) }
    }

    private mutating func makeLink(_ job: FileJob, to leader: LinkTable.Leader) throws(SystemError) {
        let from = try leaderPlace.move(to: leader.folder)
        if case .nothing = job.replacing {
            do {
                try from.descriptor.link(leader.name, to: job.mirror.descriptor, as: job.name)
                return
            } catch {
                // Somebody made the name since the plan: it is replaced, as the plan would have it.
                if error.errno != .fileExists { throw error }
            }
        }
        let temporary = TemporaryName.random()
        try from.descriptor.link(leader.name, to: job.mirror.descriptor, as: temporary)
        try placer.place(temporary, as: job)
        // When both names were one file already, rename(2) does nothing.
        try job.mirror.descriptor.removeFileIfPresent(temporary)
    }

    private mutating func copyAsLeader(_ job: FileJob) throws(CopyError) {
        let kind: EntryKind
        do {
            kind = try job.source.descriptor.status(of: job.name).kind
        } catch {
            try note(sourceFailure: error, job.folder, job.name)
            return
        }
        if kind == .directory {
            outcome.skipped.append(job.path, .changedWhileRead)
            return
        }
        try copy(job, kind)
        try finishFiles()
        try recorder?.flush()
    }
}
