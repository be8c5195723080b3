public import LinuxSystem

/// The rules of a file with one pattern a line, as rsync's `--exclude-from` reads it.
///
/// Lines end with a line feed, a carriage return or both. Empty lines and lines that begin with `#` or `;` say
/// nothing. `+ ` and `- ` in front include and exclude; a line of a lone `!` drops all rules before it. Blanks
/// belong to the pattern.
struct ExcludeFile: Sendable {
    /// The rules behind the last `!`.
    private(set) var rules = FilterRules()
    /// The patterns behind the last `!`, as they were written.
    private(set) var patterns: [FileName] = []
    /// True when there was a `!`.
    private(set) var dropsEarlierRules = false

    init(parsing bytes: [UInt8]) throws(ExcludeFileError) {
        var number = 1
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == lineFeed || byte == carriageReturn {
            try take(bytes[start..<index], number)
            start = index + 1
            // Of a pair the line feed counts.
            let isPair = byte == carriageReturn && start < bytes.count && bytes[start] == lineFeed
            if !isPair { number += 1 }
        }
        try take(bytes[start...], number)
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ number: Int) throws(ExcludeFileError) {
        guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { return }
        if line.contains(0) { throw ExcludeFileError(line: number, problem: .noText) }
        let pattern = FileName(bytes: line)
        do {
            try rules.append(excluding: pattern)
        } catch {
            throw ExcludeFileError(line: number, problem: .noPattern(error))
        }
        if rules.isEmpty {
            dropsEarlierRules = true
            patterns = []
        } else {
            patterns.append(pattern)
        }
    }
}

/// What is wrong with a file of patterns, and in which line.
public struct ExcludeFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with a line.
    public enum Problem: Hashable, Sendable {
        /// It is a rule without a pattern.
        case noPattern(FilterRuleError)
        /// It holds a NUL, as UTF-16 does.
        case noText
    }

    /// The line, from 1.
    public let line: Int
    /// What is wrong.
    public let problem: Problem

    /// One line for people, without the line's number.
    public var message: String {
        switch problem {
        case .noPattern(let error): "\(error)"
        case .noText: "the line holds a NUL character: save the file as UTF-8"
        }
    }

    /// One line for people.
    public var description: String { "line \(line): \(message)" }
}

extension FilterRules {
    /// Adds the rules of a file behind the others, as rsync's `--exclude-from`. Nothing is added when it throws.
    ///
    /// - Throws: `ExcludeFileError` for a rule without a pattern and for a NUL.
    public mutating func append(contentsOfExcludeFile bytes: [UInt8]) throws(ExcludeFileError) {
        let file = try ExcludeFile(parsing: bytes)
        if file.dropsEarlierRules { self = FilterRules() }
        append(file.rules)
    }

    /// The patterns that hold in a file as `--exclude-from` takes it: comments, empty lines, and all before a `!`
    /// are left out.
    ///
    /// - Throws: `ExcludeFileError` for a rule without a pattern and for a NUL.
    public static func patterns(ofExcludeFile bytes: [UInt8]) throws(ExcludeFileError) -> [FileName] {
        try ExcludeFile(parsing: bytes).patterns
    }
}

private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
