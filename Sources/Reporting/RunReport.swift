public import LinuxSystem

/// Everything there is to say about one run: written once by the run, read by status, mail and history.
///
/// It is plain data: whoever reads it needs neither the drive nor the modules that worked on it. It holds no
/// key material, and names of files only in their escaped form.
public struct RunReport: Codable, Hashable, Sendable {
    /// The NAS's host name.
    public var host: String
    /// The drive that was worked on.
    public var drive: ReportedDrive
    /// The drive's run counter; 0 when the drive was never opened.
    public var runNumber: Int64
    /// systemd's `INVOCATION_ID`; nil when a person ran it by hand.
    public var invocation: String?
    /// When it started.
    public var started: Timestamp
    /// When it ended.
    public var ended: Timestamp
    /// How it ended.
    public var verdict: Verdict
    /// The step in which it ended.
    public var phase: Phase
    /// What failed, and what to do about it; nil when nothing failed.
    public var failure: Explanation?
    /// What became of each source, in the order of the configuration.
    public var sources: [SourceResult]
    /// Free space on the drive; nil when it was never mounted.
    public var space: FreeSpace?
    /// Whether the drive may be pulled.
    public var safety: PullSafety
    /// What a person should know although the run went on.
    public var warnings: [String]
    /// How held deletions can be approved by plugging the drive in again; nil when they cannot.
    public var replugApproval: ReplugApproval?

    /// Describes a run.
    public init(
        host: String,
        drive: ReportedDrive,
        runNumber: Int64 = 0,
        invocation: String? = nil,
        started: Timestamp,
        ended: Timestamp,
        verdict: Verdict,
        phase: Phase,
        failure: Explanation? = nil,
        sources: [SourceResult] = [],
        space: FreeSpace? = nil,
        safety: PullSafety,
        warnings: [String] = []
    ) {
        self.host = host
        self.drive = drive
        self.runNumber = runNumber
        self.invocation = invocation
        self.started = started
        self.ended = ended
        self.verdict = verdict
        self.phase = phase
        self.failure = failure
        self.sources = sources
        self.space = space
        self.safety = safety
        self.warnings = warnings
    }

    /// How long it took; never negative, also when the clock was set back in between.
    public var duration: Duration { .seconds(max(0, ended.seconds - started.seconds)) }

    /// All sources together.
    public var total: SourceResult {
        sources.reduce(into: SourceResult(name: "total")) { $0.add($1) }
    }
}

/// Which drive: its name is for people, its LUKS UUID is what history goes by.
public struct ReportedDrive: Codable, Hashable, Sendable {
    /// The name that `prepare-disk` gave it, for example `red`.
    public var name: String
    /// The maker's serial number; nil when the drive was never found.
    public var serial: String?
    /// The UUID in its LUKS header.
    public var luksUUID: String

    /// Names a drive.
    public init(name: String, serial: String? = nil, luksUUID: String) {
        self.name = name
        self.serial = serial
        self.luksUUID = luksUUID
    }
}

/// Held deletions that a person approves by pulling the drive and plugging it in again.
public struct ReplugApproval: Codable, Hashable, Sendable {
    /// The sources whose deletions that approves.
    public var sources: [String]
    /// Not sooner.
    public var from: Timestamp
    /// Not later.
    public var until: Timestamp

    /// Describes an offer.
    public init(sources: [String], from: Timestamp, until: Timestamp) {
        self.sources = sources
        self.from = from
        self.until = until
    }
}

/// What went wrong, and what to do: a message (lower case, no full stop) and a hint, ideally a command.
public struct Explanation: Codable, Hashable, Sendable {
    /// What happened.
    public var message: String
    /// What to do about it.
    public var hint: String?

    /// Explains a failure.
    public init(message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

/// Free space on the drive around a run.
public struct FreeSpace: Codable, Hashable, Sendable {
    /// After mounting.
    public var before: ByteCount
    /// Before unmounting; nil when the run did not come so far.
    public var after: ByteCount?
    /// What the planned copy needs; nil when no plan was made.
    public var needed: ByteCount?

    /// Describes free space.
    public init(before: ByteCount, after: ByteCount? = nil, needed: ByteCount? = nil) {
        self.before = before
        self.after = after
        self.needed = needed
    }
}

/// What became of one source.
public struct SourceResult: Codable, Hashable, Sendable {
    /// Its name in the configuration, which is its folder on the drive.
    public var name: String
    /// Files whose contents were copied.
    public var filesCopied: Int64
    /// Bytes written for them.
    public var bytesCopied: ByteCount
    /// Entries removed from the copy.
    public var deleted: Int64
    /// Entries whose removal waits for approval.
    public var heldDeletions: Int64
    /// What could not be copied.
    public var skipped: SkippedEntries
    /// What a person should know about this source, for example why its deletions are held.
    public var note: String?

    /// Describes a source's part of a run.
    public init(
        name: String,
        filesCopied: Int64 = 0,
        bytesCopied: ByteCount = 0,
        deleted: Int64 = 0,
        heldDeletions: Int64 = 0,
        skipped: SkippedEntries = SkippedEntries(),
        note: String? = nil
    ) {
        self.name = name
        self.filesCopied = filesCopied
        self.bytesCopied = bytesCopied
        self.deleted = deleted
        self.heldDeletions = heldDeletions
        self.skipped = skipped
        self.note = note
    }

    mutating func add(_ other: SourceResult) {
        filesCopied = filesCopied.addingUpToLimits(other.filesCopied)
        bytesCopied = bytesCopied + other.bytesCopied
        deleted = deleted.addingUpToLimits(other.deleted)
        heldDeletions = heldDeletions.addingUpToLimits(other.heldDeletions)
        skipped.add(other.skipped)
    }
}

/// Entries that could not be copied: all are counted, the first ones are named.
public struct SkippedEntries: Codable, Hashable, Sendable {
    /// So many are named.
    public static let limit = 10

    /// One entry, and why it was skipped.
    public struct Entry: Codable, Hashable, Sendable {
        /// The path in single quotes, escaped.
        public var path: String
        /// Why, for example `permission denied`.
        public var reason: String

        /// Names an entry; its path is escaped.
        public init(path: FileName, reason: String) {
            self.path = path.description
            self.reason = reason
        }
    }

    /// The first ones, at most `limit`.
    public private(set) var first: [Entry] = []
    /// How many there were.
    public var total: Int64 = 0

    /// None.
    public init() {}

    /// Counts one more, and names it while there is room.
    public mutating func add(_ path: FileName, reason: String) {
        add(Entry(path: path, reason: reason))
    }

    /// Counts all of those, and names them while there is room.
    mutating func add(_ other: SkippedEntries) {
        total = total.addingUpToLimits(other.total)
        first += other.first.prefix(max(0, Self.limit - first.count))
    }

    private mutating func add(_ entry: Entry) {
        total = total.addingUpToLimits(1)
        if first.count < Self.limit { first.append(entry) }
    }
}
