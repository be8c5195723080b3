/// How a run ended, in one word that light, mail, status and exit status share.
public enum Verdict: Hashable, Sendable {
    /// All copied, closed, safe.
    case succeeded
    /// Done, but some source files could not be read, or a source was skipped.
    case partial
    /// The additive part is done; deletions wait for approval.
    case held
    /// It failed.
    case failed(FailureKind)
    /// SIGINT or SIGTERM asked it to stop.
    case interrupted
    /// Not due, disabled, or skipped by a hook: nothing was tried.
    case skipped

    /// The exit status of a run with this verdict.
    public var exitStatus: ExitStatus {
        switch self {
        case .succeeded: .ok
        case .partial: .partial
        case .held: .held
        case .failed(let kind): kind.exitStatus
        case .interrupted: .interrupted
        case .skipped: .skipped
        }
    }
}

/// What kind of failure ended a run.
public enum FailureKind: String, Codable, CaseIterable, Sendable {
    /// Anything without a kind of its own.
    case other = "other"
    /// The agent was killed or crashed; somebody else reports for it.
    case agentKilled = "agent-killed"
    /// The drive is absent or not prepared.
    case noDrive = "no-drive"
    /// Another run, or the source's owner, holds the lock.
    case locked = "locked"
    /// The key does not open LUKS.
    case unlockFailed = "unlock-failed"
    /// It does not fit.
    case noSpace = "no-space"
    /// The drive vanished in mid-run.
    case driveGone = "drive-gone"
    /// Contents differ from the manifest.
    case verifyFailed = "verify-failed"
    /// A source is absent, not mounted, or its marker is missing.
    case sourceMissing = "source-missing"
    /// Could not unmount or close.
    case notClosed = "not-closed"
    /// The configuration is invalid.
    case config = "config"

    /// The exit status that tells this failure.
    public var exitStatus: ExitStatus {
        switch self {
        case .other, .agentKilled: .failed
        case .noDrive: .noDrive
        case .locked: .locked
        case .unlockFailed: .unlockFailed
        case .noSpace: .noSpace
        case .driveGone: .driveGone
        case .verifyFailed: .verifyFailed
        case .sourceMissing: .sourceMissing
        case .notClosed: .notClosed
        case .config: .config
        }
    }
}

extension Verdict: Codable {
    private enum Key: String, CodingKey { case result, kind, exitStatus }
    private enum Result: String, Codable { case succeeded, partial, held, failed, interrupted, skipped }

    /// Reads `{"result": "failed", "kind": "no-space", …}`; the exit status follows from both and is not read.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self =
            switch try values.decode(Result.self, forKey: .result) {
            case .succeeded: .succeeded
            case .partial: .partial
            case .held: .held
            case .failed: .failed(try values.decode(FailureKind.self, forKey: .kind))
            case .interrupted: .interrupted
            case .skipped: .skipped
            }
    }

    /// Writes `{"result": "failed", "kind": "no-space", "exitStatus": 16}`; `kind` only after a failure.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(exitStatus.rawValue, forKey: .exitStatus)
        switch self {
        case .succeeded: try values.encode(Result.succeeded, forKey: .result)
        case .partial: try values.encode(Result.partial, forKey: .result)
        case .held: try values.encode(Result.held, forKey: .result)
        case .failed(let kind):
            try values.encode(Result.failed, forKey: .result)
            try values.encode(kind, forKey: .kind)
        case .interrupted: try values.encode(Result.interrupted, forKey: .result)
        case .skipped: try values.encode(Result.skipped, forKey: .result)
        }
    }
}
