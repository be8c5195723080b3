/// Finds what the parser must not get, for it would end the process and not tell a mistake: it builds and takes down its
/// tree by recursion, so that a key of half a million parts uses up the stack, and it takes for granted that a header
/// begins with a key.
///
/// It knows as much of TOML as tells brackets and dots from those in texts and comments. In what is not TOML it may see
/// more depth than there is, which is refused one way or the other.
struct TOMLPrecheck {
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
    private var isLineBlank = true
    private var fault: (message: String, offset: Int)?

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The first thing that the parser must not get, and the byte at which it stands; nil when there is none.
    static func fault(in bytes: [UInt8]) -> (message: String, offset: Int)? {
        var check = TOMLPrecheck(bytes)
        var index = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        while index < bytes.count, check.fault == nil {
            let next = check.step(at: index)
            if check.brackets > limit || check.dots > limit {
                check.fault = ("tables and keys are nested deeper than \(limit) levels", index)
            }
            index = next
        }
        return check.fault
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
            isLineBlank = false
            if isTriple(byte, at: index) {
                state = .longText(quote: byte)
                return index + 3
            }
            state = .text(quote: byte)
        case UInt8(ascii: "#"): state = .comment
        case UInt8(ascii: "\n"): endLine()
        case UInt8(ascii: "."): dots += 1
        case UInt8(ascii: "["):
            if brackets == 0, isLineBlank { checkHeader(at: index) }
            open()
        case UInt8(ascii: "{"): open()
        case UInt8(ascii: "]"), UInt8(ascii: "}"): close()
        case UInt8(ascii: "="), UInt8(ascii: ","): dots = 0
        case UInt8(ascii: " "), UInt8(ascii: "\t"): return index + 1
        default: break
        }
        isLineBlank = byte == UInt8(ascii: "\n")
        return index + 1
    }

    /// Behind one bracket or two, and blanks, there must be a key; of a closing bracket there the parser tells itself.
    private mutating func checkHeader(at index: Int) {
        var next = index + 1
        if next < bytes.count, bytes[next] == UInt8(ascii: "[") { next += 1 }
        while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") {
            next += 1
        }
        guard next < bytes.count else { return }
        let scalar = Unicode.Scalar(bytes[next])
        if scalar.isASCII,
            scalar.properties.isAlphabetic || "0123456789_-\"']".unicodeScalars.contains(scalar)
        {
            return
        }
        fault = ("a header needs a key, which is in quotes unless it is of A-Z, a-z, 0-9, '_' and '-'", next)
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
        isLineBlank = true
    }

    /// A backslash in a text between double quotes takes the next byte with it.
    private func width(of byte: UInt8, in quote: UInt8) -> Int {
        byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") ? 2 : 1
    }

    private func isTriple(_ quote: UInt8, at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index...(index + 2)].allSatisfy { $0 == quote }
    }
}
