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

    /// True when there is no rule.
    var isEmpty: Bool { rules.isEmpty }

    /// True when the entry at `path`, relative to the root and without a slash in front, is excluded.
    func excludes(_ path: [UInt8], isDirectory: Bool) -> Bool {
        for rule in rules where rule.matches(path, isDirectory: isDirectory) {
            return rule.effect == .exclude
        }
        return false
    }
}

/// A filter rule that says nothing.
public struct FilterRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule as it was given.
    public let rule: FileName
    /// One line for people.
    public var description: String { "the filter rule \(rule) has no pattern" }
}

/// One pattern and what it does.
struct FilterRule: Sendable {
    enum Effect: Sendable {
        case include
        case exclude
    }

    /// Where in the path the pattern must match.
    private enum Anchor: Sendable {
        /// The last component alone: a pattern without a slash inside.
        case name
        /// The last components, as many as the pattern has.
        case lastComponents(Int)
        /// The whole path.
        case wholePath
        /// From the start or behind any slash to the end.
        case anyComponent
    }

    private enum Text: Sendable {
        case literal([UInt8])
        case wildcard(WildcardPattern)
    }

    let effect: Effect
    private let text: Text
    private let anchor: Anchor
    private let matchesOnlyDirectories: Bool
    /// `**` in front also matches at the very start, as if the path began with a slash.
    private let addsSlashInFront: Bool
    /// `/***` at the end also matches the directory itself, as if its path ended with a slash.
    private let addsSlashBehind: Bool

    init(_ pattern: ArraySlice<UInt8>, effect: Effect) {
        self.effect = effect
        var pattern = pattern
        matchesOnlyDirectories = pattern.count > 1 && pattern.last == slash
        if matchesOnlyDirectories { pattern = pattern.dropLast() }
        let slashes = pattern.count { $0 == slash }
        let isAnchored = pattern.first == slash
        let isWild = pattern.contains { "*?[".utf8.contains($0) }
        let crosses = zip(pattern, pattern.dropFirst()).contains { $0 == asterisk && $1 == asterisk }
        let startsCrossing = pattern.starts(with: "**".utf8)
        addsSlashInFront = startsCrossing
        addsSlashBehind = pattern.suffix(3).elementsEqual("***".utf8)
        if isAnchored { pattern = pattern.dropFirst() }
        text = isWild ? .wildcard(WildcardPattern(pattern)) : .literal(Array(pattern))
        anchor =
            if slashes == 0 && !crosses {
                .name
            } else if isAnchored || startsCrossing {
                .wholePath
            } else if crosses {
                .anyComponent
            } else {
                .lastComponents(slashes + 1)
            }
    }

    func matches(_ path: [UInt8], isDirectory: Bool) -> Bool {
        if path.isEmpty || (matchesOnlyDirectories && !isDirectory) { return false }
        var subject = path[...]
        if addsSlashInFront { subject = [slash] + subject }
        if addsSlashBehind && isDirectory { subject += [slash] }
        switch anchor {
        case .name:
            return matches(subject[Self.start(ofLast: 1, in: subject)...])
        case .lastComponents(let count):
            let start = Self.start(ofLast: count, in: subject)
            let isLongEnough = start > subject.startIndex || subject.count { $0 == slash } == count - 1
            return isLongEnough && matches(subject[start...])
        case .wholePath:
            return matches(subject)
        case .anyComponent:
            if matches(subject) { return true }
            return subject.indices.contains { subject[$0] == slash && matches(subject[($0 + 1)...]) }
        }
    }

    private func matches(_ subject: ArraySlice<UInt8>) -> Bool {
        switch text {
        case .literal(let bytes): subject.elementsEqual(bytes)
        case .wildcard(let pattern): pattern.matches(subject)
        }
    }

    /// The index behind the `count`th slash from the end, or the start of a shorter path.
    private static func start(ofLast count: Int, in subject: ArraySlice<UInt8>) -> Int {
        var slashes = 0
        for index in subject.indices.reversed() where subject[index] == slash {
            slashes += 1
            if slashes == count { return index + 1 }
        }
        return subject.startIndex
    }
}

private let asterisk = UInt8(ascii: "*")
