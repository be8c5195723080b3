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
        /// All behind the folder of the rule.
        case wholePath
        /// The whole path as if it began with a slash: two stars in front match at the very start, too.
        case wholePathBehindSlash
        /// From the start or behind any slash to the end.
        case anyComponent
    }

    private enum Text: Sendable {
        case literal([UInt8])
        /// A literal behind a star: `*.o`, in a name.
        case ending([UInt8])
        /// A literal before a star: `.nfs*`, in a name.
        case beginning([UInt8])
        case wildcard(WildcardPattern)
    }

    let effect: Effect
    private let text: Text
    private let anchor: Anchor
    private let matchesOnlyDirectories: Bool
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
        addsSlashBehind = pattern.suffix(3).elementsEqual("***".utf8)
        if isAnchored { pattern = pattern.dropFirst() }
        anchor =
            if slashes == 0 && !crosses {
                .name
            } else if startsCrossing {
                .wholePathBehindSlash
            } else if isAnchored {
                .wholePath
            } else if crosses {
                .anyComponent
            } else {
                .lastComponents(slashes + 1)
            }
        text =
            if !isWild {
                .literal(Array(pattern))
            } else if case .name = anchor {
                Self.nameText(WildcardPattern(pattern))
            } else {
                .wildcard(WildcardPattern(pattern))
            }
    }

    /// A name holds no slash, so a star at one end of a literal needs no search.
    private static func nameText(_ pattern: WildcardPattern) -> Text {
        if let ending = pattern.literalBehindStar {
            .ending(ending)
        } else if let beginning = pattern.literalBeforeStar {
            .beginning(beginning)
        } else {
            .wildcard(pattern)
        }
    }

    /// True when the entry at `path` matches, which is not empty; see `FilterRules.effect`.
    func matches(
        _ path: Span<UInt8>,
        nameAt nameStart: Int,
        anchoredAt base: Int,
        isDirectory: Bool
    ) -> Bool {
        if matchesOnlyDirectories && !isDirectory { return false }
        let end = addsSlashBehind && isDirectory ? path.count + 1 : path.count
        switch anchor {
        case .name:
            return matches(path, from: nameStart, to: end)
        case .lastComponents(let count):
            guard let start = Self.start(ofLast: count, in: path, nameAt: nameStart) else { return false }
            return matches(path, from: start, to: end)
        case .wholePath:
            return matches(path, from: base, to: end)
        case .wholePathBehindSlash:
            return matches(path, from: -1, to: end)
        case .anyComponent:
            if matches(path, from: 0, to: end) { return true }
            for index in 0..<path.count where path[index] == slash {
                if matches(path, from: index + 1, to: end) { return true }
            }
            return false
        }
    }

    private func matches(_ path: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        switch text {
        case .literal(let bytes): end - start == bytes.count && path.holds(bytes, at: start)
        case .ending(let bytes): end - start >= bytes.count && path.holds(bytes, at: end - bytes.count)
        case .beginning(let bytes): end - start >= bytes.count && path.holds(bytes, at: start)
        case .wildcard(let pattern): pattern.matches(path, from: start, to: end)
        }
    }

    /// Where the last component begins.
    static func nameStart(in path: Span<UInt8>) -> Int {
        var start = path.count
        while start > 0, path[start - 1] != slash { start -= 1 }
        return start
    }

    /// Where the last `count` components begin; nil when the path has fewer.
    private static func start(ofLast count: Int, in path: Span<UInt8>, nameAt nameStart: Int) -> Int? {
        var start = nameStart
        for _ in 1..<count {
            if start == 0 { return nil }
            start -= 1
            while start > 0, path[start - 1] != slash { start -= 1 }
        }
        return start
    }
}

extension Span<UInt8> {
    /// True when `bytes` stand at `start`; the caller has seen that they fit.
    func holds(_ bytes: [UInt8], at start: Int) -> Bool {
        // From the end: names differ there sooner than where they begin.
        var index = bytes.count
        while index > 0 {
            index -= 1
            if self[start + index] != bytes[index] { return false }
        }
        return true
    }
}

private let asterisk = UInt8(ascii: "*")
