internal import LinuxSystem
internal import SystemPackage

/// Hard links: further names of files that are whole and durable.
extension Applier {
    /// How many links that could not be made in the common way wait for another one.
    private static let retryLimit = 1024

    /// Makes the further names in a folder. Names that nothing has are left to the workers; `finishLinks` waits for them.
    mutating func link(_ folder: PlannedFolder) throws(CopyError) {
        if folder.state == .retained || isClosed(folder.path) { return }
        for step in folder.steps {
            guard case .link(let group, let planned, let replacing, let size, let mirrorIsEqual) = step.action
            else { continue }
            try checkInterruption()
            if !isFree(step.name, in: folder) { continue }
            if countsAsHeld(replacing, step.name, in: folder.path) { continue }
            guard var job = try linkJob(folder, step.name, replacing, group, size) else { continue }
            do {
                job.first = try firstName(of: group, planned, mirrorIsEqual: mirrorIsEqual)
            } catch {
                try note(destinationFailure: error, folder.path, step.name)
                continue
            }
            if job.first != nil, case .nothing = replacing {
                try add(job)
            } else {
                try link(job, group)
                didStep(folder.path, step.name)
            }
            if notLinked.count >= Self.retryLimit { try finishLinks() }
        }
    }

    /// Waits for the workers, and links one by one what they could not.
    mutating func finishLinks() throws(CopyError) {
        try finishFiles()
        let jobs = notLinked
        notLinked = []
        for var job in jobs {
            guard let group = job.group, let first = job.first else { continue }
            do {
                // It may be another one by now.
                job.first = try firstName(of: group, first.place, mirrorIsEqual: first.mirrorIsEqual)
            } catch {
                try note(destinationFailure: error, job.folder, job.name)
                continue
            }
            try link(job, group)
        }
    }

    /// Where the group's file is; nil when nothing is there yet.
    private mutating func firstName(
        of group: Int,
        _ planned: LinkTable.Leader,
        mirrorIsEqual: Bool
    ) throws(SystemError) -> FirstName? {
        guard let place = leaders.leader(of: group, planned: planned) else { return nil }
        let folder = try leaderPlace.move(to: place.folder)
        return FirstName(place: place, folder: folder, mirrorIsEqual: mirrorIsEqual)
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

    private mutating func link(_ job: FileJob, _ group: Int) throws(CopyError) {
        let own = LinkTable.Leader(folder: job.folder, number: job.number, name: job.name)
        guard let first = job.first else {
            // The first name could not be copied; the next one takes its place.
            leaders.choose(own, of: group, isThere: false)
            try copyAsLeader(job)
            return
        }
        do {
            try makeLink(job, to: first)
        } catch {
            if error.errno != .tooManyLinks {
                try note(destinationFailure: error, job.folder, job.name)
            } else if first.mirrorIsEqual {
                leaders.choose(own, of: group, isThere: true)
            } else {
                leaders.choose(own, of: group, isThere: false)
                try copyAsLeader(job)
            }
            return
        }
        try didLink(job, to: first)
    }

    private func makeLink(_ job: FileJob, to first: FirstName) throws(SystemError) {
        let temporary = TemporaryName.random()
        try first.folder.descriptor.link(first.place.name, to: job.mirror.descriptor, as: temporary)
        try placer.place(temporary, as: job)
        // When both names were one file already, rename(2) does nothing.
        try job.mirror.descriptor.removeFileIfPresent(temporary)
    }

    mutating func didLink(_ job: FileJob, to first: FirstName) throws(CopyError) {
        outcome.links += 1
        try recordLink(job, to: first.place)
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
        var job = job
        job.first = nil
        try copy(job, kind)
        try finishFiles()
        try recorder?.flush()
    }
}
