internal import LinuxSystem

/// Files whose contents are written and not yet durable, and so not yet under their names.
///
/// One syncfs(2) makes a whole batch durable; an fsync per file would cost 4 to 75 times as much.
struct CommitBatch {
    /// More bytes than this are not kept waiting.
    static let byteLimit: Int64 = 256 << 20
    private static let ageLimit = Duration.seconds(5)
    /// Left for everything else in the process.
    private static let reservedDescriptors = 256

    /// How many files may wait. Each has itself and perhaps its folder open; as many may wait on their way here.
    static let fileLimit = max(16, min(8192, (ProcessLimits.openFiles - reservedDescriptors) / 6))
    private let clock = ContinuousClock()
    private var start: ContinuousClock.Instant?
    private var bytes: Int64 = 0
    private(set) var files: [WrittenFile] = []

    mutating func append(_ file: WrittenFile) {
        if start == nil { start = clock.now }
        files.append(file)
        bytes += file.contents.bytesWritten
    }

    /// True when it is time to commit.
    var isFull: Bool {
        guard let start else { return false }
        return files.count >= Self.fileLimit || bytes >= Self.byteLimit || clock.now - start >= Self.ageLimit
    }

    mutating func removeAll() {
        files.removeAll(keepingCapacity: true)
        bytes = 0
        start = nil
    }
}

/// A file whose contents and metadata are written, before it has its name.
struct WrittenFile: Sendable {
    /// Where a file is until it gets its name.
    enum Place: Sendable {
        /// It has no name at all (`O_TMPFILE`), and vanishes with the descriptor.
        case unnamed(SharedDescriptor)
        /// It has a hidden name, where the file system knows no files without one.
        case hidden(FileName)
        /// It has a hidden name under which the next run goes on with it.
        case partial(FileName)
        /// It was changed under its own name.
        case final

        /// Lets the file go, when the run does not come to its end.
        func discard(in folder: SharedDescriptor) {
            switch self {
            case .unnamed, .partial, .final: break
            case .hidden: remove(from: folder)
            }
        }

        /// Lets the file go for good.
        func remove(from folder: SharedDescriptor) {
            switch self {
            case .unnamed, .final: break
            case .hidden(let name), .partial(let name):
                // The next run removes what is left under a hidden name, ignoring.
                try? folder.descriptor.unlink(name)
            }
        }
    }

    let job: FileJob
    let place: Place
    let contents: CopiedContents
    let metadata: EntryMetadata
    /// Where the manifest keeps the hashes of its blocks.
    let blockList: BlockListNumber?
    /// The first attribute that the destination does not take.
    let refusedAttribute: SystemError?
}
