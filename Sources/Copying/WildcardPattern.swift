/// A compiled pattern with `*`, `**`, `?`, classes and backslashes, over bytes.
///
/// `*` and `?` and classes never match a slash, `**` does. What cannot match (an open bracket without its end, an
/// unknown class name, a lone backslash at the end) matches nothing, as in rsync.
struct WildcardPattern: Sendable {
    private enum Part: Sendable {
        case byte(UInt8)
        case anyByte
        case oneOf(ByteSet)
        case anyBytesInName
        case anyBytes
        case never
    }

    private var parts: [Part] = []

    init(_ pattern: some Collection<UInt8>) {
        var reader = PatternReader(pattern)
        while let byte = reader.next() {
            switch byte {
            case UInt8(ascii: "\\"):
                parts.append(reader.next().map(Part.byte) ?? .never)
            case UInt8(ascii: "?"):
                parts.append(.anyByte)
            case UInt8(ascii: "*"):
                parts.append(reader.skip(UInt8(ascii: "*")) > 0 ? .anyBytes : .anyBytesInName)
            case UInt8(ascii: "["):
                parts.append(ByteSet(&reader).map(Part.oneOf) ?? .never)
            default:
                parts.append(.byte(byte))
            }
        }
    }

    /// The literal of a pattern that is a literal behind one star.
    var literalBehindStar: [UInt8]? {
        if case .anyBytesInName? = parts.first { Self.literal(parts.dropFirst()) } else { nil }
    }

    /// The literal of a pattern that is a literal before one star.
    var literalBeforeStar: [UInt8]? {
        if case .anyBytesInName? = parts.last { Self.literal(parts.dropLast()) } else { nil }
    }

    private static func literal(_ parts: ArraySlice<Part>) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .byte(let byte) = part else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// True when the whole text from `start` to `end` matches. Places outside the text hold an imagined slash.
    ///
    /// On a mismatch the last `*` takes one byte more; where it may not (a slash), the last `**` does. An earlier
    /// star need not be tried again: a later one reaches every end that it could.
    func matches(_ text: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        var at = start
        var part = 0
        var retryInName: (part: Int, at: Int)?
        var retryAnywhere: (part: Int, at: Int)?
        while true {
            switch part < parts.count ? parts[part] : nil {
            case .anyBytesInName:
                retryInName = (part + 1, at)
                part += 1
                continue
            case .anyBytes:
                retryAnywhere = (part + 1, at)
                retryInName = nil
                part += 1
                continue
            case .none:
                if at == end { return true }
            case .some(let single):
                if at < end, Self.matches(single, Self.byte(of: text, at)) {
                    at += 1
                    part += 1
                    continue
                }
            }
            if let retry = retryInName, retry.at < end, Self.byte(of: text, retry.at) != slash {
                retryInName = (retry.part, retry.at + 1)
                (part, at) = (retry.part, retry.at + 1)
            } else if let retry = retryAnywhere, retry.at < end {
                retryAnywhere = (retry.part, retry.at + 1)
                retryInName = nil
                (part, at) = (retry.part, retry.at + 1)
            } else {
                return false
            }
        }
    }

    private static func byte(of text: Span<UInt8>, _ index: Int) -> UInt8 {
        text.indices.contains(index) ? text[index] : slash
    }

    private static func matches(_ part: Part, _ byte: UInt8) -> Bool {
        switch part {
        case .byte(let wanted): byte == wanted
        case .anyByte: byte != slash
        case .oneOf(let set): byte != slash && set.contains(byte)
        case .anyBytesInName, .anyBytes, .never: false
        }
    }
}

let slash = UInt8(ascii: "/")

/// Reads a pattern byte by byte.
struct PatternReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Collection<UInt8>) {
        self.bytes = Array(bytes)
    }

    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    mutating func skip(_ byte: UInt8) -> Int {
        let start = position
        while peek() == byte { position += 1 }
        return position - start
    }

    mutating func advance(by count: Int) {
        position += count
    }

    /// The bytes before the next `]`, which is not taken; nil when there is none.
    func untilBracket() -> ArraySlice<UInt8>? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        return bytes[position..<end]
    }
}

/// A set of bytes: what a class in brackets matches.
struct ByteSet: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        return switch byte >> 6 {
        case 0: words.0 & bit != 0
        case 1: words.1 & bit != 0
        case 2: words.2 & bit != 0
        default: words.3 & bit != 0
        }
    }

    private mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    private mutating func invert() {
        words = (~words.0, ~words.1, ~words.2, ~words.3)
    }

    /// Reads a class behind its opening bracket; nil when it is malformed.
    ///
    /// A `]` in the first place and a `-` in the first or last place stand for themselves.
    init?(_ reader: inout PatternReader) {
        let isInverted = reader.peek() == UInt8(ascii: "^") || reader.peek() == UInt8(ascii: "!")
        if isInverted { reader.advance(by: 1) }
        var rangeStart: UInt8?
        var isFirst = true
        while let byte = reader.next() {
            if byte == UInt8(ascii: "]") && !isFirst {
                if isInverted { invert() }
                return
            }
            isFirst = false
            if byte == UInt8(ascii: "["), reader.peek() == UInt8(ascii: ":") {
                guard let isNamed = insertNamedClass(&reader) else { return nil }
                rangeStart = isNamed ? nil : byte
            } else if byte == UInt8(ascii: "-"), let start = rangeStart, let next = reader.peek(),
                next != UInt8(ascii: "]")
            {
                guard let end = Self.literal(reader.next(), &reader) else { return nil }
                if start <= end { for member in start...end { insert(member) } }
                rangeStart = nil
            } else {
                guard let member = Self.literal(byte, &reader) else { return nil }
                insert(member)
                rangeStart = member
            }
        }
        return nil
    }

    private static func literal(_ byte: UInt8?, _ reader: inout PatternReader) -> UInt8? {
        byte == UInt8(ascii: "\\") ? reader.next() : byte
    }

    /// Reads `:alpha:]` behind a bracket. False when it is no named class, so that the bracket stands for itself;
    /// nil when the name is unknown.
    private mutating func insertNamedClass(_ reader: inout PatternReader) -> Bool? {
        guard let text = reader.untilBracket() else { return nil }
        guard text.count > 1, text.last == UInt8(ascii: ":") else {
            insert(UInt8(ascii: "["))
            return false
        }
        let name = text.dropFirst().dropLast()
        guard let isMember = Self.classes[String(decoding: name, as: UTF8.self)] else { return nil }
        for byte in UInt8(0)..<128 where isMember(byte) { insert(byte) }
        reader.advance(by: text.count + 1)
        return true
    }

    /// The classes of POSIX in the C locale.
    private static let classes: [String: @Sendable (UInt8) -> Bool] = [
        "alnum": { isAlphabetic($0) || isDigit($0) },
        "alpha": { isAlphabetic($0) },
        "blank": { $0 == 0x20 || $0 == 0x09 },
        "cntrl": { $0 < 0x20 || $0 == 0x7f },
        "digit": { isDigit($0) },
        "graph": { $0 > 0x20 && $0 < 0x7f },
        "lower": { (0x61...0x7a).contains($0) },
        "print": { $0 >= 0x20 && $0 < 0x7f },
        "punct": { $0 > 0x20 && $0 < 0x7f && !isAlphabetic($0) && !isDigit($0) },
        "space": { $0 == 0x20 || (0x09...0x0d).contains($0) },
        "upper": { (0x41...0x5a).contains($0) },
        "xdigit": { isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) },
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isAlphabetic(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
