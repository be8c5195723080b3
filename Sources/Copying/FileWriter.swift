internal import LinuxSystem
internal import SystemPackage

/// Copies one file after the other to a place without a name, or brings an earlier version to the new contents. Each
/// thread has its own.
struct FileWriter: ~Copyable {
    /// A file that changes while it is read is read this often.
    private static let attempts = 3

    let ability: Ability
    let copier: ContentCopier
    let manifest: Manifest?
    let update: CopyRequest.Update
    /// False when the destination may not have what the manifest says: it is read.
    let believesHashes: Bool
    let progress: ByteProgress
    var canMakeUnnamed = true
    var canClone = true
    /// The last new file.
    private var fresh: FreshFile?

    init(_ request: CopyRequest, ability: Ability, interruption: Interruption, progress: ByteProgress) {
        self.ability = ability
        self.progress = progress
        manifest = request.manifest?.manifest
        update = request.update
        believesHashes =
            switch request.comparison {
            case .sizeAndTime: true
            case .contents: request.manifest?.trust == .sealed
            }
        copier = ContentCopier(key: manifest?.hashKey, interruption: interruption)
    }

    enum Attempt {
        case end(FileResult.End)
        case again
    }

    /// A file of the source, open.
    struct SourceFile {
        let file: SharedDescriptor
        let metadata: EntryMetadata

        var status: EntryStatus { metadata.status }
    }

    mutating func write(_ job: FileJob) -> FileResult {
        if let first = job.first { return FileResult(job: job, end: link(job, to: first)) }
        for _ in 1...Self.attempts {
            do throws(TransferEnd) {
                if case .end(let end) = try attempt(job) { return FileResult(job: job, end: end) }
            } catch {
                return FileResult(job: job, end: error.fileEnd)
            }
        }
        return FileResult(job: job, end: .changed)
    }

    private mutating func attempt(_ job: FileJob) throws(TransferEnd) -> Attempt {
        let source = try open(job)
        guard let source else { return .end(.changed) }
        if let expected = job.expected, try digest(source) == expected {
            progress.add(source.status.size)
            return .end(.unchanged(source.metadata))
        }
        guard let earlier = try openEarlier(job, source) else {
            return try copy(source, to: try newTarget(job, source), job)
        }
        if let target = try cloneTarget(job, source, earlier) { return try copy(source, to: target, job) }
        if try canPatchInPlace(earlier, job) { return try patchInPlace(source, earlier, job) }
        return try copy(source, to: try newTarget(job, source), job)
    }

    private func link(_ job: FileJob, to first: FirstName) -> FileResult.End {
        do {
            try first.folder.descriptor.link(first.place.name, to: job.mirror.descriptor, as: job.name)
            return .linked(first)
        } catch {
            return .notLinked
        }
    }

    private func open(_ job: FileJob) throws(TransferEnd) -> SourceFile? {
        try TransferEnd.reading { () throws(SystemError) in
            // A single name without links stays in the folder; a file may be a mount point of its own.
            let file = SharedDescriptor(
                try job.source.descriptor.open(
                    job.name,
                    [.nonBlocking, .noAccessTime],
                    orWithout: .noAccessTime,
                    resolve: .beneathAcrossMounts
                )
            )
            let status = try file.descriptor.status()
            if status.kind != .file { return nil }
            let place = AttributePlace(of: file.descriptor)
            return SourceFile(file: file, metadata: try EntryMetadata(status, at: place, ability))
        }
    }

    private func digest(_ source: SourceFile) throws(TransferEnd) -> ContentHash? {
        try copier.digest(of: source.file.descriptor, source.status)
    }

    /// Fills the target and gives it its metadata.
    private mutating func copy(
        _ source: SourceFile,
        to target: FileTarget,
        _ job: FileJob
    ) throws(TransferEnd) -> Attempt {
        do throws(TransferEnd) {
            let list = blockList(for: source)
            guard let contents = try fill(target, from: source, list) else {
                target.place.remove(from: job.mirror)
                dropBlocks(list)
                return .again
            }
            let refused = try TransferEnd.writing { () throws(SystemError) in
                try apply(source.metadata, to: target, in: job.mirror)
            }
            return .end(
                .written(
                    WrittenFile(
                        job: job,
                        place: target.place,
                        contents: contents,
                        metadata: source.metadata,
                        blockList: list,
                        refusedAttribute: refused
                    )
                )
            )
        } catch {
            target.place.discard(in: job.mirror)
            throw error
        }
    }

    /// A new file has what the one before it had, in the same folder and made with the same mode.
    private mutating func apply(
        _ metadata: EntryMetadata,
        to target: FileTarget,
        in folder: SharedDescriptor
    ) throws(SystemError) -> SystemError? {
        let file = MetadataTarget.open(target.file)
        guard let mode = target.mode else { return try file.apply(metadata, ability) }
        if let fresh, fresh.folder === folder, fresh.present.permissions == mode {
            return try file.apply(metadata, over: fresh.present, ability)
        }
        let present = try file.present(ability)
        let isPlain = present.permissions == mode && present.attributes.isEmpty
        fresh = isPlain ? FreshFile(folder: folder, present: present) : nil
        return try file.apply(metadata, over: present, ability)
    }

    /// Hashes of an attempt that came to nothing.
    func dropBlocks(_ list: BlockListNumber?) {
        guard let list, let manifest else { return }
        // They would only take room, ignoring.
        try? manifest.write { (transaction) throws(ManifestError) in
            try transaction.removeBlocks(list, from: 0)
        }
    }

    /// Nil when the source changed meanwhile.
    func fill(
        _ target: FileTarget,
        from source: SourceFile,
        _ list: BlockListNumber?
    ) throws(TransferEnd) -> CopiedContents? {
        var done: Int64 = 0
        let attempt: ContentCopier.Attempt
        let progress = progress
        let count = { (bytes: Int64) in
            done += bytes
            progress.add(bytes)
        }
        do throws(CopyError) {
            let sink = blockSink(list)
            let (from, to) = (source.file, target.file)
            if let holding = target.holding {
                attempt = try copier.patch(
                    to.descriptor,
                    holding: holding,
                    from: from.descriptor,
                    source.status,
                    blocks: sink,
                    progress: count
                )
            } else {
                attempt = try copier.copy(
                    from: from.descriptor,
                    source.status,
                    to: to.descriptor,
                    blocks: sink,
                    progress: count
                )
            }
        } catch {
            throw .run(error)
        }
        switch attempt {
        case .complete(let contents): return contents
        case .changed:
            progress.add(-done)
            return nil
        case .sourceFailed(let error): throw .source(error)
        case .refused(let error): throw .destination(error)
        }
    }

    func blockList(for source: SourceFile) -> BlockListNumber? {
        source.status.size >= ContentBlock.minimumFileSize ? manifest?.newBlockListNumber() : nil
    }

    private func blockSink(_ list: BlockListNumber?) -> ContentCopier.BlockSink {
        guard let manifest, let list else { return { _ in } }
        return { (part) throws(CopyError) in
            do throws(ManifestError) {
                try manifest.write { (transaction) throws(ManifestError) in
                    try transaction.putBlocks(part.hashes, list, part: part.index)
                }
            } catch {
                throw .manifestFailed(error)
            }
        }
    }
}

extension TransferEnd {
    /// What it means for the file, or for the run.
    fileprivate var fileEnd: FileResult.End {
        switch self {
        case .changed: .changed
        case .run(let error): .fatal(error)
        case .source(let error): CopyError(onSource: error).map { .fatal($0) } ?? .sourceFailed(error)
        case .destination(let error): CopyError(onDestination: error).map { .fatal($0) } ?? .refused(error)
        }
    }
}
