/// What is known of every drive at this moment: the contents of the status file.
public struct Status: Codable, Hashable, Sendable {
    /// The format's number; another one is not read.
    public static let currentVersion = 1

    /// The format's number.
    public private(set) var version = Status.currentVersion
    /// By the drive's name.
    public var drives: [String: DriveStatus] = [:]

    /// Knows of no drive.
    public init() {}

    /// The named drive's part; one that says nothing when the drive is not known.
    public subscript(drive name: String) -> DriveStatus {
        get { drives[name] ?? DriveStatus() }
        set { drives[name] = newValue }
    }
}

/// What is known of one drive.
public struct DriveStatus: Codable, Hashable, Sendable {
    /// So many invocations are remembered as mailed. More than one, because a drive that is plugged again
    /// at once starts a run while the last one's failure hook is still on its way.
    static let mailedLimit = 8

    /// The run at work; nil when none is, or when the last one ended without a word (it was killed).
    public var running: RunningState?
    /// The last run's report.
    public var lastReport: RunReport?
    /// When the last run ended in which everything was copied.
    public var lastGood: Timestamp?
    /// systemd's ids of the last invocations about which a mail went out.
    public private(set) var mailedInvocations: [String] = []

    /// Knows nothing.
    public init() {}

    /// True when a mail about this invocation went out.
    public func hasMailed(invocation: String) -> Bool {
        mailedInvocations.contains(invocation)
    }

    /// Remembers that a mail about this invocation went out.
    public mutating func noteMailed(invocation: String) {
        mailedInvocations.removeAll { $0 == invocation }
        mailedInvocations.append(invocation)
        mailedInvocations = mailedInvocations.suffix(Self.mailedLimit)
    }

    /// A run begins.
    public mutating func begin(_ run: RunningState) {
        running = run
    }

    /// A run ended: its report takes the place of the running state.
    public mutating func finish(_ report: RunReport) {
        // A report that comes late must not hide a run that began since.
        if running?.invocation == report.invocation { running = nil }
        lastReport = report
        if report.verdict == .succeeded { lastGood = report.ended }
    }
}

/// A run at work.
public struct RunningState: Codable, Hashable, Sendable {
    /// systemd's `INVOCATION_ID`; nil when a person ran it by hand.
    public var invocation: String?
    /// The agent's process id.
    public var pid: Int32
    /// When it started.
    public var started: Timestamp
    /// What it is doing.
    public var phase: Phase
    /// How far it is; nil before the plan is made.
    public var progress: Progress?

    /// Describes a run that begins.
    public init(
        invocation: String?,
        pid: Int32,
        started: Timestamp,
        phase: Phase = .starting,
        progress: Progress? = nil
    ) {
        self.invocation = invocation
        self.pid = pid
        self.started = started
        self.phase = phase
        self.progress = progress
    }
}
