public import LinuxSystem

/// Commands of a person's own around a source or a whole run: a dump of a database, a snapshot.
public struct Hooks: Hashable, Sendable {
    /// The program that is run before, and its arguments; nil for none.
    public var before: [FileName]?
    /// The program that is run after, and its arguments; nil for none.
    public var after: [FileName]?
    /// How long each of them may take.
    public var timeout: Duration

    /// No hooks.
    public static let none = Hooks(before: nil, after: nil, timeout: .seconds(30 * 60))

    /// True when there is neither.
    public var isEmpty: Bool { before == nil && after == nil }
}

extension Hooks {
    /// Reads `before`, `after` and their time limit, which has the key `timeoutKey`.
    init(reading table: inout TableReader, timeoutKey: String) throws(ConfigurationError) {
        before = try Self.command("before", in: &table)
        after = try Self.command("after", in: &table)
        timeout = Self.none.timeout
        guard let (text, node) = try table.string(timeoutKey) else { return }
        guard let limit = Duration(configured: text), limit > .zero else {
            throw table.mistake(
                at: node,
                "'\(timeoutKey)' must be a number above 0 with a unit s, m or h, not \(FileName(text))",
                hint: "for example \"30m\""
            )
        }
        if isEmpty {
            throw table.mistake(
                at: node,
                "'\(timeoutKey)' is a limit for 'before' and 'after', but there is neither"
            )
        }
        timeout = limit
    }

    private static func command(
        _ key: String,
        in table: inout TableReader
    ) throws(ConfigurationError) -> [FileName]? {
        guard let words = try table.strings(key) else { return nil }
        guard let program = words.first else {
            throw table.mistake(
                at: table.node(key),
                "'\(key)' names no program",
                hint: "write it as [\"/usr/local/bin/program\", \"argument\"], or leave it out"
            )
        }
        _ = try Configuration.absolutePath(program.text, key: key, at: program.node, in: table)
        return words.map { FileName($0.text) }
    }
}
