internal import LinuxSystem
internal import SystemPackage

/// One entry to be made or written anew.
struct EntryJob {
    let folder: Int
    let step: PlannedStep
    let replacing: PlannedStep.Replaced
    let group: Int?

    var name: FileName { step.name }
}

/// Contents: files through a batch, everything else at once.
extension Applier {
    /// A file that changes while it is read is read this often.
    private static var attempts: Int { 3 }

    mutating func copy(
        _ job: EntryJob,
        from sourceFolder: SharedDescriptor,
        to mirrorFolder: SharedDescriptor
    ) throws(CopyError) {
        switch job.step.kind {
        case .file:
            try copyFile(job, from: sourceFolder, to: mirrorFolder)
        case .symbolicLink, .fifo, .socket, .characterDevice, .blockDevice:
            try copySpecial(job, from: sourceFolder, to: mirrorFolder)
        case .directory:
            fatalError("folders are made when they are visited")
        }
    }

    // MARK: - Files

    private mutating func copyFile(
        _ job: EntryJob,
        from sourceFolder: SharedDescriptor,
        to mirrorFolder: SharedDescriptor
    ) throws(CopyError) {
        let before = meter.state.bytesDone
        for attempt in 1...Self.attempts {
            meter.state.bytesDone = before
            guard let file = try openSource(job, sourceFolder) else { return }
            guard let (target, place) = try makeTarget(job, mirrorFolder) else { return }
            let result: ContentCopier.Attempt
            do {
                result = try copyContents(job, file, to: target)
            } catch {
                discard(place, mirrorFolder)
                throw error
            }
            switch result {
            case .complete(let contents):
                // Holes are done as well.
                meter.state.bytesDone = before + file.metadata.status.size
                try complete(job, file, target, place, mirrorFolder, contents.bytesWritten)
                return
            case .changed:
                if attempt == Self.attempts {
                    outcome.skipped.append(folders.path(of: job.folder, job.name), .changedWhileRead)
                }
            case .sourceFailed(let error):
                discard(place, mirrorFolder)
                try note(sourceFailure: error, job.folder, job.name)
                return
            case .refused(let error):
                discard(place, mirrorFolder)
                try note(destinationFailure: error, job.folder, job.name)
                return
            }
            discard(place, mirrorFolder)
        }
    }

    private struct SourceFile {
        let file: SharedDescriptor
        let metadata: EntryMetadata
    }

    private mutating func openSource(
        _ job: EntryJob,
        _ folder: SharedDescriptor
    ) throws(CopyError) -> SourceFile? {
        do {
            // A single name without links stays in the folder; a file may be a mount point of its own.
            let file = SharedDescriptor(
                try folder.descriptor.open(
                    job.name,
                    [.nonBlocking, .noAccessTime],
                    orWithout: .noAccessTime,
                    resolve: .beneathAcrossMounts
                )
            )
            let status = try file.descriptor.status()
            if status.kind == .file {
                let place = AttributePlace(of: file.descriptor)
                return SourceFile(file: file, metadata: try EntryMetadata(status, at: place, ability))
            }
        } catch {
            try note(sourceFailure: error, job.folder, job.name)
            return nil
        }
        outcome.skipped.append(folders.path(of: job.folder, job.name), .changedWhileRead)
        return nil
    }

    private mutating func makeTarget(
        _ job: EntryJob,
        _ folder: SharedDescriptor
    ) throws(CopyError) -> (SharedDescriptor, CommitBatch.Place)? {
        do throws(SystemError) {
            if canMakeUnnamed {
                do throws(SystemError) {
                    let file = SharedDescriptor(try folder.descriptor.open(".", [.write, .temporary]))
                    return (file, .unnamed(file))
                } catch {
                    // A file system without O_TMPFILE says EOPNOTSUPP, a kernel without it EISDIR.
                    if error.errno != .notSupported && error.errno != .isDirectory { throw error }
                    canMakeUnnamed = false
                }
            }
            let name = TemporaryName.random()
            let file = SharedDescriptor(try folder.descriptor.open(name, [.write, .create, .exclusive]))
            return (file, .hidden(name))
        } catch {
            try note(destinationFailure: error, job.folder, job.name)
            return nil
        }
    }

    private mutating func copyContents(
        _ job: EntryJob,
        _ source: SourceFile,
        to target: SharedDescriptor
    ) throws(CopyError) -> ContentCopier.Attempt {
        // The meter is a copy for the closure: the applier itself is in use.
        var meter = self.meter
        let folders = self.folders
        defer { self.meter = meter }
        return try copier.copy(
            from: source.file.descriptor,
            source.metadata.status,
            to: target.descriptor
        ) {
            meter.state.bytesDone += $0
            meter.tick(path: folders.path(of: job.folder, job.name))
        }
    }

    private mutating func complete(
        _ job: EntryJob,
        _ source: SourceFile,
        _ target: SharedDescriptor,
        _ place: CommitBatch.Place,
        _ mirrorFolder: SharedDescriptor,
        _ bytes: Int64
    ) throws(CopyError) {
        do {
            noteRefused(
                try MetadataTarget.open(target).apply(source.metadata, ability),
                job.folder,
                job.name
            )
        } catch {
            discard(place, mirrorFolder)
            try note(destinationFailure: error, job.folder, job.name)
            return
        }
        batch.append(
            CommitBatch.File(
                folder: job.folder,
                name: job.name,
                place: place,
                replacing: job.replacing,
                group: job.group,
                dataBytes: bytes
            )
        )
    }

    private func discard(_ place: CommitBatch.Place, _ folder: SharedDescriptor) {
        switch place {
        case .unnamed: break
        case .hidden(let name):
            // The next run removes what is left under a hidden name, ignoring.
            try? folder.descriptor.unlink(name)
        }
    }

    // MARK: - Links, devices, FIFOs, sockets

    private mutating func copySpecial(
        _ job: EntryJob,
        from sourceFolder: SharedDescriptor,
        to mirrorFolder: SharedDescriptor
    ) throws(CopyError) {
        let kind = job.step.kind
        guard let wanted = try sourceMetadata(job.folder, job.name, kind, sourceFolder) else { return }
        var target = FileName()
        if kind == .symbolicLink {
            do {
                target = try sourceFolder.descriptor.symbolicLinkTarget(job.name)
            } catch {
                try note(sourceFailure: error, job.folder, job.name)
                return
            }
        }
        let temporary = TemporaryName.random()
        do {
            if kind == .symbolicLink {
                try mirrorFolder.descriptor.createSymbolicLink(temporary, target: target)
            } else {
                let number = wanted.status.deviceNumber
                try mirrorFolder.descriptor.createNode(temporary, kind: kind, deviceNumber: number)
            }
            let refused = try MetadataTarget.named(temporary, in: mirrorFolder).apply(wanted, ability)
            noteRefused(refused, job.folder, job.name)
            try place(temporary, as: job.name, job.replacing, in: mirrorFolder)
            didWrite(job.folder, job.name, group: job.group, bytes: 0)
        } catch {
            discard(.hidden(temporary), mirrorFolder)
            try note(destinationFailure: error, job.folder, job.name)
        }
    }
}
