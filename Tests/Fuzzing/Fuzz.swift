import Glibc

/// Feeds a parser with good texts that something happened to.
public struct Fuzz: Sendable {
    private let corpus: [[UInt8]]
    private let fragments: [[UInt8]]
    private let rounds: Int

    /// - Parameters:
    ///   - corpus: texts to begin with; at least one.
    ///   - fragments: what else may stand in such a text.
    ///   - rounds: how many texts are made, unless `EXTBACKUP_ROUNDS` says otherwise.
    public init(_ corpus: Corpus, fragments: [String] = [], rounds: Int) {
        self.init(corpus.entries.map(\.bytes), fragments: fragments, rounds: rounds)
    }

    /// The same for texts that are kept nowhere.
    public init(_ corpus: [[UInt8]], fragments: [String] = [], rounds: Int) {
        self.corpus = corpus
        self.fragments = fragments.map { Array($0.utf8) } + [[]]
        self.rounds = Self.setting("EXTBACKUP_ROUNDS").map { Int($0) } ?? rounds
    }

    /// Calls `body` with a text, and with what to say of it when it is handled wrongly: the seed that makes it again.
    /// The first seed is printed, for a parser that crashes says nothing more; `EXTBACKUP_SEED` sets it.
    public func run(_ subject: String, _ body: ([UInt8], String) throws -> Void) rethrows {
        let first = Self.setting("EXTBACKUP_SEED") ?? UInt64.random(in: 0..<1_000_000)
        print("fuzzing \(subject): EXTBACKUP_SEED=\(first)")
        for number in 0..<UInt64(max(0, rounds)) {
            let text = text(of: first &+ number)
            try body(
                text,
                "EXTBACKUP_SEED=\(first &+ number) \(String(decoding: text.prefix(2000), as: UTF8.self))"
            )
        }
    }

    private func text(of seed: UInt64) -> [UInt8] {
        var dice = Dice(seed: seed)
        var text = dice.pick(corpus)
        for _ in 0..<dice.number(1...5) {
            dice.pick(Mutation.allCases).apply(to: &text, &dice, corpus: corpus, fragments: fragments)
        }
        return text
    }

    private static func setting(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
