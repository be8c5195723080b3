/// A run that the history kept, and the number under which a person finds it again.
public struct RecordedRun: Hashable, Sendable {
    /// Counts the runs of all drives, from 1, for as long as the history lives.
    public let id: Int64
    /// What became of the run.
    public let report: RunReport
}

extension RecordedRun: Encodable {
    private enum Key: String, CodingKey { case id, exitName, durationSeconds }

    /// Writes the report, with the number, the word for its exit status, and how long it took.
    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(id, forKey: .id)
        try values.encode(report.verdict.exitStatus.name, forKey: .exitName)
        try values.encode(report.duration.components.seconds, forKey: .durationSeconds)
    }
}
