internal import LinuxSystem
internal import SystemPackage

/// Copies one file after the other to a place without a name. Each thread has its own.
struct FileWriter: ~Copyable {
    /// A file that changes while it is read is read this often.
    private static let attempts = 3

    private let ability: Ability
    private let copier: ContentCopier
    private let progress: ByteProgress
    private var canMakeUnnamed = true

    init(ability: Ability, interruption: Interruption, progress: ByteProgress) {
        self.ability = ability
        self.progress = progress
        copier = ContentCopier(interruption: interruption)
    }

    private enum Attempt {
        case end(FileResult.End)
        case again
    }

    mutating func write(_ job: FileJob) -> FileResult {
        for _ in 1...Self.attempts {
            do {
                if case .end(let end) = try attempt(job) { return FileResult(job: job, end: end) }
            } catch {
                return FileResult(job: job, end: .fatal(error))
            }
        }
        return FileResult(job: job, end: .changed)
    }

    private mutating func attempt(_ job: FileJob) throws(CopyError) -> Attempt {
        let file: SharedDescriptor
        let metadata: EntryMetadata
        do {
            file = try open(job)
            let status = try file.descriptor.status()
            if status.kind != .file { return .end(.changed) }
            metadata = try EntryMetadata(status, at: AttributePlace(of: file.descriptor), ability)
        } catch {
            if let fatal = CopyError(onSource: error) { throw fatal }
            return .end(.sourceFailed(error))
        }
        let target: SharedDescriptor
        let place: WrittenFile.Place
        do {
            (target, place) = try makeTarget(in: job.mirror)
        } catch {
            return .end(try Self.refusal(error))
        }
        do {
            let result = try write(file, metadata, to: target, place, job)
            if case .end(.written) = result { return result }
            place.discard(in: job.mirror)
            return result
        } catch {
            place.discard(in: job.mirror)
            throw error
        }
    }

    private func write(
        _ file: SharedDescriptor,
        _ metadata: EntryMetadata,
        to target: SharedDescriptor,
        _ place: WrittenFile.Place,
        _ job: FileJob
    ) throws(CopyError) -> Attempt {
        var written: Int64 = 0
        let result = try copier.copy(from: file.descriptor, metadata.status, to: target.descriptor) {
            progress.add($0)
            written += $0
        }
        switch result {
        case .complete(let bytes):
            // Holes are done as well.
            progress.add(metadata.status.size - written)
            do {
                let refused = try MetadataTarget.open(target).apply(metadata, ability)
                return .end(
                    .written(
                        WrittenFile(
                            job: job,
                            place: place,
                            dataBytes: bytes,
                            metadata: metadata,
                            hash: nil,
                            refusedAttribute: refused
                        )
                    )
                )
            } catch {
                return .end(try Self.refusal(error))
            }
        case .changed:
            progress.add(-written)
            return .again
        case .sourceFailed(let error): return .end(.sourceFailed(error))
        case .refused(let error): return .end(.refused(error))
        }
    }

    private static func refusal(_ error: SystemError) throws(CopyError) -> FileResult.End {
        if let fatal = CopyError(onDestination: error) { throw fatal }
        return .refused(error)
    }

    private func open(_ job: FileJob) throws(SystemError) -> SharedDescriptor {
        // A single name without links stays in the folder; a file may be a mount point of its own.
        SharedDescriptor(
            try job.source.descriptor.open(
                job.name,
                [.nonBlocking, .noAccessTime],
                orWithout: .noAccessTime,
                resolve: .beneathAcrossMounts
            )
        )
    }

    private mutating func makeTarget(
        in folder: SharedDescriptor
    ) throws(SystemError) -> (SharedDescriptor, WrittenFile.Place) {
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
    }
}
