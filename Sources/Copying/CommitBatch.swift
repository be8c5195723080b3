internal import LinuxSystem

/// Files whose contents are written and not yet durable, and so not yet under their names.
///
/// One syncfs(2) makes a whole batch durable; an fsync per file would cost 4 to 75 times as much.
struct CommitBatch {
    /// Where a file is until it gets its name.
    enum Place {
        /// It has no name at all (`O_TMPFILE`), and vanishes with the descriptor.
        case unnamed(SharedDescriptor)
        /// It has a hidden name, where the file system knows no files without one.
        case hidden(FileName)
    }

    struct File {
        let folder: Int
        let name: FileName
        let place: Place
        let replacing: PlannedStep.Replaced
        let group: Int?
        let dataBytes: Int64
    }

    /// More bytes than this are not kept waiting.
    static let byteLimit: Int64 = 256 << 20
    private static let ageLimit = Duration.seconds(5)
    /// Left for everything else in the process.
    private static let reservedDescriptors = 256

    private let fileLimit = max(16, min(512, ProcessLimits.openFiles - reservedDescriptors))
    private let clock = ContinuousClock()
    private var start: ContinuousClock.Instant?
    private var bytes: Int64 = 0
    private(set) var files: [File] = []

    mutating func append(_ file: File) {
        if start == nil { start = clock.now }
        files.append(file)
        bytes += file.dataBytes
    }

    /// True when it is time to commit.
    var isFull: Bool {
        guard let start else { return false }
        return files.count >= fileLimit || bytes >= Self.byteLimit || clock.now - start >= Self.ageLimit
    }

    mutating func removeAll() {
        files.removeAll(keepingCapacity: true)
        bytes = 0
        start = nil
    }
}
