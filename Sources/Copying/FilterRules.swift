public import LinuxSystem

/// Which entries are carried: include and exclude rules with rsync's meaning, the first that matches wins.
///
/// What is excluded is hidden in the source and protected on the destination: it is neither copied nor deleted.
/// An excluded folder is not entered.
public struct FilterRules: Sendable {
    private var rules: [FilterRule] = []

    /// Rules that carry everything.
    public init() {}

    /// Takes patterns as rsync's `--exclude` does, in their order.
    ///
    /// A pattern with `+ ` in front includes, one with `- ` excludes; a lone `!` drops all rules before it.
    ///
    /// - Throws: `FilterRuleError` for a rule without a pattern.
    public init(excluding patterns: [FileName]) throws(FilterRuleError) {
        for pattern in patterns { try append(excluding: pattern) }
    }

    /// Adds one pattern behind the others, as rsync's `--exclude`.
    public mutating func append(excluding pattern: FileName) throws(FilterRuleError) {
        try append(pattern, effect: .exclude)
    }

    /// Adds one pattern behind the others, as rsync's `--include`.
    public mutating func append(including pattern: FileName) throws(FilterRuleError) {
        try append(pattern, effect: .include)
    }

    private mutating func append(_ text: FileName, effect: FilterRule.Effect) throws(FilterRuleError) {
        if text == "!" {
            rules = []
            return
        }
        var pattern = text.bytes[...]
        var effect = effect
        if pattern.starts(with: "+ ".utf8) {
            effect = .include
            pattern = pattern.dropFirst(2)
        } else if pattern.starts(with: "- ".utf8) {
            effect = .exclude
            pattern = pattern.dropFirst(2)
        }
        if pattern.isEmpty { throw FilterRuleError(rule: text) }
        rules.append(FilterRule(pattern, effect: effect))
    }

    /// Adds other rules behind these.
    public mutating func append(_ others: FilterRules) {
        rules += others.rules
    }

    /// True when there is no rule.
    var isEmpty: Bool { rules.isEmpty }

    /// True when the entry at `path`, relative to the root and without a slash in front, is excluded.
    func excludes(_ path: [UInt8], isDirectory: Bool) -> Bool {
        let entry = path.span
        return effect(on: entry, nameAt: FilterRule.nameStart(in: entry), isDirectory: isDirectory)
            == .exclude
    }

    /// What the first rule that matches says; nil when none does. Nothing is allocated.
    ///
    /// - Parameters:
    ///   - nameStart: where the last component of `path` begins.
    ///   - base: where the path below the folder begins at which the rules are anchored.
    func effect(
        on path: Span<UInt8>,
        nameAt nameStart: Int,
        anchoredAt base: Int = 0,
        isDirectory: Bool
    ) -> FilterRule.Effect? {
        if path.isEmpty { return nil }
        for index in rules.indices
        where rules[index].matches(path, nameAt: nameStart, anchoredAt: base, isDirectory: isDirectory) {
            return rules[index].effect
        }
        return nil
    }
}

/// A filter rule that says nothing.
public struct FilterRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule as it was given.
    public let rule: FileName
    /// One line for people.
    public var description: String { "the filter rule \(rule) has no pattern" }
}
