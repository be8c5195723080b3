internal import LinuxSystem
internal import SystemPackage

/// Contents: files through the workers and a batch, everything else at once.
extension Applier {
    /// How long to wait before looking for an interruption, and telling the progress.
    static var patience: Duration { .milliseconds(200) }

    mutating func copy(_ job: FileJob, _ kind: EntryKind) throws(CopyError) {
        switch kind {
        case .file:
            try add(job)
        case .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice:
            try copySpecial(job, kind)
            didStep(job.folder, job.name)
        case .directory:
            fatalError("folders are made when they are visited")
        }
    }

    /// Leaves a job to the workers.
    mutating func add(_ job: FileJob) throws(CopyError) {
        jobs.append(job)
        jobBytes += job.bytes
        if jobs.count >= JobQueue.lotCount || jobBytes >= JobQueue.lotBytes { try submitJobs() }
    }

    private mutating func submitJobs() throws(CopyError) {
        if !jobs.isEmpty {
            while !workers.submit(jobs, atMost: Self.patience) { try takeResults() }
            jobs.removeAll(keepingCapacity: true)
            jobBytes = 0
        }
        try takeResults()
    }

    /// Waits for everything that is being copied, and gives it its names.
    mutating func finishFiles() throws(CopyError) {
        try submitJobs()
        while true {
            let results = workers.waitForResults(atMost: Self.patience)
            try tellProgress()
            guard let results else { continue }
            if results.isEmpty { break }
            try take(results)
        }
        try finishCommits()
    }

    private mutating func takeResults() throws(CopyError) {
        try take(workers.takeResults())
        try tellProgress()
    }

    private mutating func tellProgress() throws(CopyError) {
        try checkInterruption()
        let bytes = workers.progress.current
        if bytes == meter.state.bytesDone { return }
        meter.state.bytesDone = bytes
        let path = meter.state.path
        meter.tick(path: path)
    }

    private mutating func take(_ results: [FileResult]) throws(CopyError) {
        for result in results {
            let job = result.job
            switch result.end {
            case .written(let file):
                noteRefused(file.refusedAttribute, job.folder, job.name)
                batch.append(file)
                if batch.isFull { try commit() }
            case .unchanged(let metadata):
                try recordChecked(job, metadata)
            case .linked(let first):
                try didLink(job, to: first)
            case .notLinked:
                notLinked.append(job)
            case .changed:
                outcome.skipped.append(job.path, .changedWhileRead)
                // It may be the new name of something: that stays.
                unreadable.insert(job.folder)
                if job.size >= PartialFile.minimumSize { outcome.leavesDoubt = true }
            case .sourceFailed(let error):
                if job.size >= PartialFile.minimumSize { outcome.leavesDoubt = true }
                try note(sourceFailure: error, job)
                // It may have lost any of its names elsewhere.
                if job.group != nil && error.errno != .noSuchFileOrDirectory { withholdsAll = true }
            case .refused(let error):
                unreadable.insert(job.folder)
                try note(destinationFailure: error, job.folder, job.name)
            case .fatal(let error):
                throw error
            }
            didStep(job.folder, job.name)
        }
    }

    // MARK: - Links, devices, FIFOs, sockets

    private mutating func copySpecial(_ job: FileJob, _ kind: EntryKind) throws(CopyError) {
        guard let wanted = try sourceMetadata(job.folder, job.name, kind, job.source) else { return }
        var target = FileName()
        if kind == .symbolicLink {
            do {
                target = try job.source.descriptor.symbolicLinkTarget(job.name)
            } catch {
                try note(sourceFailure: error, job)
                return
            }
        }
        let temporary = TemporaryName.random()
        do {
            if kind == .symbolicLink {
                try job.mirror.descriptor.createSymbolicLink(temporary, target: target)
            } else {
                let number = wanted.status.deviceNumber
                try job.mirror.descriptor.createNode(temporary, kind: kind, deviceNumber: number)
            }
            let refused = try MetadataTarget.named(temporary, in: job.mirror).apply(wanted, ability)
            noteRefused(refused, job.folder, job.name)
            try placer.place(temporary, as: job)
        } catch {
            WrittenFile.Place.hidden(temporary).discard(in: job.mirror)
            try note(destinationFailure: error, job.folder, job.name)
            return
        }
        didWrite(job, bytes: 0)
        try record(job.name, in: job.number, wanted)
    }
}
