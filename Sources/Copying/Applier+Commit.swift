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
}
