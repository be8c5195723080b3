/// How deep a TOML text goes, found out before it is parsed: the parser builds its tree by recursion, and a key of half a
/// million parts would use up the stack.
///
/// It knows as much of TOML as tells brackets and dots from those in texts and comments. In what is not TOML it may see
/// more depth than there is, which is refused one way or the other.
struct TOMLNesting {
    /// No configuration of ours needs a quarter of it, neither in brackets nor in parts of a key.
    static let limit = 16

    private enum State {
        case plain, comment
        case text(quote: UInt8)
        case longText(quote: UInt8)
    }

    private let bytes: [UInt8]
    private var state = State.plain
    private var brackets = 0
    private var dots = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The offset of the first byte that goes deeper than the limit; nil when none does.
    static func excess(in bytes: [UInt8]) -> Int? {
        var nesting = TOMLNesting(bytes)
        var index = 0
        while index < bytes.count {
            index = nesting.step(at: index)
            if nesting.brackets > limit || nesting.dots > limit { return index - 1 }
        }
        return nil
    }

    /// Takes one byte, or those that belong together, and tells where the next ones begin.
    private mutating func step(at index: Int) -> Int {
        let byte = bytes[index]
        switch state {
        case .plain: return plainStep(byte, at: index)
        case .comment:
            if byte == UInt8(ascii: "\n") { endLine() }
            return index + 1
        case .text(let quote):
            if byte == UInt8(ascii: "\n") { endLine() }
            if byte == quote { state = .plain }
            return index + width(of: byte, in: quote)
        case .longText(let quote):
            guard isTriple(quote, at: index) else { return index + width(of: byte, in: quote) }
            state = .plain
            // Up to two quotes before the end belong to the text.
            var end = index + 3
            while end < bytes.count, end < index + 5, bytes[end] == quote { end += 1 }
            return end
        }
    }

    private mutating func plainStep(_ byte: UInt8, at index: Int) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            if isTriple(byte, at: index) {
                state = .longText(quote: byte)
                return index + 3
            }
            state = .text(quote: byte)
        case UInt8(ascii: "#"): state = .comment
        case UInt8(ascii: "\n"): endLine()
        case UInt8(ascii: "."): dots += 1
        case UInt8(ascii: "["), UInt8(ascii: "{"): open()
        case UInt8(ascii: "]"), UInt8(ascii: "}"): close()
        case UInt8(ascii: "="), UInt8(ascii: ","): dots = 0
        default: break
        }
        return index + 1
    }

    private mutating func open() {
        brackets += 1
        dots = 0
    }

    private mutating func close() {
        brackets = max(0, brackets - 1)
        dots = 0
    }

    private mutating func endLine() {
        state = .plain
        dots = 0
    }

    /// A backslash in a text between double quotes takes the next byte with it.
    private func width(of byte: UInt8, in quote: UInt8) -> Int {
        byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1
    }

    private func isTriple(_ quote: UInt8, at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index...(index + 2)].allSatisfy { $0 == quote }
    }
}
