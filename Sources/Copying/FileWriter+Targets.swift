internal import LinuxSystem
internal import SystemPackage

/// Where a file is written.
struct FileTarget {
    let file: SharedDescriptor
    let place: WrittenFile.Place
    /// What it was made with; nil for a file that need not be as it was made.
    var mode: UInt32?
    /// What it holds already; nil for an empty one.
    var holding: EarlierContents?
}

/// A file as it is when it has just been made, without attributes.
struct FreshFile {
    let folder: SharedDescriptor
    let present: PresentMetadata
}

/// The version of a file that the destination has.
struct EarlierFile {
    let file: SharedDescriptor
    let status: EntryStatus
    /// What the manifest knows of it.
    let row: ManifestEntry?
}

extension FileWriter {
    // MARK: - New files

    mutating func newTarget(_ job: FileJob, _ source: SourceFile) throws(TransferEnd) -> FileTarget {
        if source.status.size >= PartialFile.minimumSize {
            return try partialTarget(PartialFile.name(for: source.status), job)
        }
        return try emptyTarget(job, source)
    }

    private mutating func emptyTarget(_ job: FileJob, _ source: SourceFile) throws(TransferEnd) -> FileTarget
    {
        let folder = job.mirror
        if canMakeUnnamed {
            // Nobody gets at it before it has its owner too.
            let mode = source.status.permissions & 0o777
            do throws(SystemError) {
                let file = try folder.descriptor.open(".", [.readWrite, .temporary], mode: mode)
                let shared = SharedDescriptor(file)
                return FileTarget(file: shared, place: .unnamed(shared), mode: mode)
            } catch {
                // A file system without O_TMPFILE says EOPNOTSUPP, a kernel without it EISDIR.
                if error.errno != .notSupported && error.errno != .isDirectory { throw .destination(error) }
                canMakeUnnamed = false
            }
        }
        return try TransferEnd.writing { () throws(SystemError) in
            let name = TemporaryName.random()
            let file = try folder.descriptor.open(name, [.readWrite, .create, .exclusive])
            return FileTarget(file: SharedDescriptor(file), place: .hidden(name))
        }
    }

    /// A large file keeps its hidden name when the run is cut off, and is taken up again by the next.
    private func partialTarget(_ name: FileName, _ job: FileJob) throws(TransferEnd) -> FileTarget {
        try TransferEnd.writing { () throws(SystemError) in
            do throws(SystemError) {
                let file = SharedDescriptor(try job.mirror.descriptor.open(name, [.readWrite, .nonBlocking]))
                let status = try file.descriptor.status()
                if status.kind == .file && status.linkCount == 1 {
                    return FileTarget(file: file, place: .partial(name), holding: .compared)
                }
                try job.mirror.descriptor.unlink(name)
            } catch {
                if error.errno == .permissionDenied {
                    // It has its source's mode already, and we are not root.
                    try job.mirror.descriptor.unlink(name)
                } else if error.errno != .noSuchFileOrDirectory {
                    throw error
                }
            }
            let file = try job.mirror.descriptor.open(name, [.readWrite, .create, .exclusive])
            return FileTarget(file: SharedDescriptor(file), place: .partial(name))
        }
    }

    // MARK: - Earlier versions

    /// The version that the destination has, where it is worth keeping parts of it.
    func openEarlier(_ job: FileJob, _ source: SourceFile) throws(TransferEnd) -> EarlierFile? {
        guard case .entry = job.replacing, source.status.size >= ContentBlock.minimumFileSize,
            canClone || update == .inPlace
        else { return nil }
        let file: SharedDescriptor
        let status: EntryStatus
        do throws(SystemError) {
            file = SharedDescriptor(try job.mirror.descriptor.open(job.name, [.readWrite, .nonBlocking]))
            status = try file.descriptor.status()
        } catch {
            // A link or a socket, or gone: there is no earlier version.
            if CopyError(onDestination: error) == nil { return nil }
            throw .destination(error)
        }
        if status.kind != .file || status.size < ContentBlock.minimumFileSize { return nil }
        do throws(ManifestError) {
            let row = try manifest?.entry(job.name, in: job.number)
            return EarlierFile(file: file, status: status, row: row)
        } catch {
            throw .run(.manifestFailed(error))
        }
    }

    /// A file that shares all blocks of the earlier version; nil where blocks cannot be shared.
    mutating func cloneTarget(
        _ job: FileJob,
        _ source: SourceFile,
        _ earlier: EarlierFile
    ) throws(TransferEnd) -> FileTarget? {
        if !canClone { return nil }
        var target = try emptyTarget(job, source)
        let isCloned: Bool
        do throws(SystemError) {
            isCloned = try ContentCopier.clone(earlier.file.descriptor, to: target.file.descriptor)
        } catch {
            target.place.discard(in: job.mirror)
            throw .destination(error)
        }
        if !isCloned {
            target.place.discard(in: job.mirror)
            canClone = false
            return nil
        }
        target.holding = contents(of: earlier)
        return target
    }

    /// The hashes of the manifest are believed when they were made of the file that is there.
    private func contents(of earlier: EarlierFile) -> EarlierContents {
        guard believesHashes, let manifest, let row = earlier.row, let list = row.blockList,
            !row.flags.contains(.unfinished),
            (row.size, row.modified) == (earlier.status.size, earlier.status.modified)
        else { return .compared }
        return .listed { (part) throws(CopyError) in
            do throws(ManifestError) {
                return try manifest.blocks(list, part: part) ?? []
            } catch {
                throw .manifestFailed(error)
            }
        }
    }

    /// Changes the file under its name, because somebody asked for that.
    ///
    /// Before the first block it is durable that the file is torn: the manifest says so, and its time is one that no
    /// source has, so that every later run writes it again.
    func patchInPlace(
        _ source: SourceFile,
        _ earlier: EarlierFile,
        _ job: FileJob
    ) throws(TransferEnd) -> Attempt {
        let target = FileTarget(file: earlier.file, place: .final, holding: contents(of: earlier))
        try markTorn(earlier, job)
        let list = blockList(for: source)
        guard let contents = try fill(target, from: source, list) else {
            dropBlocks(list)
            return .again
        }
        let refused = try TransferEnd.writing { () throws(SystemError) in
            try earlier.file.descriptor.sync()
            return try MetadataTarget.open(earlier.file).apply(source.metadata, ability)
        }
        return .end(
            .written(
                WrittenFile(
                    job: job,
                    place: .final,
                    contents: contents,
                    metadata: source.metadata,
                    blockList: list,
                    refusedAttribute: refused
                )
            )
        )
    }

    private func markTorn(_ earlier: EarlierFile, _ job: FileJob) throws(TransferEnd) {
        if let manifest, var row = earlier.row {
            row.flags.insert(.unfinished)
            do throws(ManifestError) {
                try manifest.write(.now) { (transaction) throws(ManifestError) in
                    try transaction.put(job.name, in: job.number, row)
                }
            } catch {
                throw .run(.manifestFailed(error))
            }
        }
        try TransferEnd.writing { () throws(SystemError) in
            try earlier.file.descriptor.setModified(Self.tornTime)
            try earlier.file.descriptor.sync()
        }
    }

    /// 1970-01-01 23:59:59.123456787.
    private static var tornTime: FileTime { FileTime(seconds: 86_399, nanoseconds: 123_456_787) }
}
