/// The program's exit status: one table for people, scripts and units.
public enum ExitStatus: Int32, CaseIterable, Sendable {
    /// All copied, closed, safe.
    case ok = 0
    /// Anything without a code of its own.
    case failed = 1
    /// Done, but some source files could not be read, or a source was skipped.
    case partial = 3
    /// The drive is absent or not prepared.
    case noDrive = 10
    /// Another run, or the source's owner, holds the lock.
    case locked = 11
    /// The key does not open LUKS.
    case unlockFailed = 12
    /// It does not fit.
    case noSpace = 16
    /// The drive vanished in mid-run.
    case driveGone = 21
    /// Contents differ from the manifest.
    case verifyFailed = 22
    /// Deletions wait for approval.
    case held = 25
    /// A source is absent, not mounted, or its marker is missing.
    case sourceMissing = 26
    /// Wrong arguments.
    case usage = 64
    /// Could not unmount or close: not safe to pull.
    case notClosed = 72
    /// Not due, disabled, or skipped by a hook; units list it in `SuccessExitStatus=`.
    case skipped = 75
    /// The configuration is invalid.
    case config = 78
    /// SIGINT or SIGTERM.
    case interrupted = 130
}

extension ExitStatus {
    /// The word that stands for the code in tables and in `--json`.
    public var name: String {
        switch self {
        case .ok: "ok"
        case .failed: "failed"
        case .partial: "partial"
        case .noDrive: "no-drive"
        case .locked: "locked"
        case .unlockFailed: "unlock-failed"
        case .noSpace: "no-space"
        case .driveGone: "drive-gone"
        case .verifyFailed: "verify-failed"
        case .held: "held"
        case .sourceMissing: "source-missing"
        case .usage: "usage"
        case .notClosed: "not-closed"
        case .skipped: "skipped"
        case .config: "config"
        case .interrupted: "interrupted"
        }
    }

    /// What the code means, in one line.
    public var meaning: String {
        switch self {
        case .ok: "all copied, closed, safe"
        case .failed: "anything without a code of its own"
        case .partial: "done, but some files or sources were not copied (named)"
        case .noDrive: "drive absent or not prepared"
        case .locked: "another run, or the source's owner, holds the lock"
        case .unlockFailed: "the key does not open LUKS"
        case .noSpace: "it does not fit (both numbers are given)"
        case .driveGone: "the drive vanished in mid-run"
        case .verifyFailed: "contents differ from the manifest"
        case .held: "deletions wait for approval"
        case .sourceMissing: "a source is absent, not mounted or unreadable"
        case .usage: "wrong arguments"
        case .notClosed: "could not unmount or close: not safe to pull"
        case .skipped: "not due, disabled, or skipped by a hook"
        case .config: "configuration invalid (file:line:column)"
        case .interrupted: "SIGINT, SIGTERM"
        }
    }

    /// The status of a whole of which these are the parts: 72 > 21 > 22 > 25 > every other failure > 3 > 75 > 0.
    ///
    /// Among equals the first one stands for all. Without parts all is well.
    public static func worst(of parts: some Sequence<ExitStatus>) -> ExitStatus {
        parts.reduce(.ok) { $1.severity > $0.severity ? $1 : $0 }
    }

    private var severity: Int {
        switch self {
        case .notClosed: 7
        case .driveGone: 6
        case .verifyFailed: 5
        case .held: 4
        case .failed, .noDrive, .locked, .unlockFailed, .noSpace, .sourceMissing, .usage, .config,
            .interrupted:
            3
        case .partial: 2
        case .skipped: 1
        case .ok: 0
        }
    }
}
