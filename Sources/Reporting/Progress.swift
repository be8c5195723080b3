/// How much of a source's plan is done.
public struct Progress: Codable, Hashable, Sendable {
    /// Changes made: files copied, entries removed, and the like.
    public var changesDone: Int64
    /// Changes in the plan.
    public var changesTotal: Int64
    /// Bytes written.
    public var bytesDone: ByteCount
    /// Bytes in the plan.
    public var bytesTotal: ByteCount
    /// Which source it is; nil in what older versions wrote.
    public var source: Source?
    /// How fast contents are copied; nil while that is not known.
    public var bytesPerSecond: ByteCount?
    /// How long the rest of this source takes at that rate; nil while that is not known.
    public var secondsLeft: Int64?

    /// A source among those that a run copies.
    public struct Source: Codable, Hashable, Sendable {
        /// Its name in the configuration.
        public var name: String
        /// Which one it is, from 1.
        public var number: Int64
        /// How many there are.
        public var count: Int64

        /// Names a source.
        public init(name: String, number: Int64, count: Int64) {
            self.name = name
            self.number = number
            self.count = count
        }
    }

    /// Describes how far a run is.
    public init(changesDone: Int64, changesTotal: Int64, bytesDone: ByteCount, bytesTotal: ByteCount) {
        self.changesDone = changesDone
        self.changesTotal = changesTotal
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
    }

    /// `'photos', 1 of 3 sources: 12 of 340 changes, 1.5 GB of 20 GB, 25 MB/s, 12 min 20 s left`, as far as it is known.
    public var text: String {
        var parts = [amounts]
        if let bytesPerSecond { parts.append("\(bytesPerSecond)/s") }
        if let secondsLeft { parts.append("\(Duration.seconds(secondsLeft).text) left") }
        let text = parts.joined(separator: ", ")
        guard let source else { return text }
        let sources = "\(source.number) of \(source.count) \(source.count == 1 ? "source" : "sources")"
        return "'\(SingleLine.escape(source.name))', \(sources): \(text)"
    }

    /// `12 of 340 changes, 1.5 GB of 20 GB`.
    var amounts: String {
        let changes = "\(ByteCount.grouped(changesDone)) of \(ByteCount.grouped(changesTotal)) changes"
        return "\(changes), \(bytesDone) of \(bytesTotal)"
    }

    /// The same, for a sentence: `… of 'photos'`.
    var amountsOfSource: String {
        amounts + (source.map { " of '\(SingleLine.escape($0.name))'" } ?? "")
    }
}
