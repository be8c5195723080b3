/// Whether a person may pull the drive: the question behind every mail and every light.
public enum PullSafety: Hashable, Sendable {
    /// Nothing holds the drive.
    case safe(RestState)
    /// Something may still be written or open.
    case unsafe(reason: String)
    /// It is not there any more.
    case gone
}

/// How far the drive was brought to rest before it was called safe.
public enum RestState: String, Codable, CaseIterable, Sendable {
    /// Its port has no power.
    case poweredOff
    /// It was flushed and does not spin.
    case stopped
    /// It was flushed, and nothing on it is open.
    case closed
}

extension PullSafety {
    /// The answer in a sentence's part.
    public var sentence: String {
        switch self {
        case .safe(.poweredOff): "safe to pull: closed and powered off"
        case .safe(.stopped): "safe to pull: closed and stopped"
        case .safe(.closed): "safe to pull: closed"
        case .unsafe(let reason): "NOT safe to pull: \(reason)"
        case .gone: "it is not plugged in"
        }
    }
}

extension PullSafety: Codable {
    private enum Key: String, CodingKey { case pull, rest, reason }
    private enum Answer: String, Codable { case safe, unsafe, gone }

    /// Reads `{"pull": "safe", "rest": "stopped"}` and its like.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self =
            switch try values.decode(Answer.self, forKey: .pull) {
            case .safe: .safe(try values.decode(RestState.self, forKey: .rest))
            case .unsafe: .unsafe(reason: try values.decode(String.self, forKey: .reason))
            case .gone: .gone
            }
    }

    /// Writes `{"pull": "safe", "rest": "stopped"}` and its like.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .safe(let rest):
            try values.encode(Answer.safe, forKey: .pull)
            try values.encode(rest, forKey: .rest)
        case .unsafe(let reason):
            try values.encode(Answer.unsafe, forKey: .pull)
            try values.encode(reason, forKey: .reason)
        case .gone:
            try values.encode(Answer.gone, forKey: .pull)
        }
    }
}
