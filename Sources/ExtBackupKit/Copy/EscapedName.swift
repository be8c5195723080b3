import LinuxSystem
import Reporting

/// A name on one line of output that can be read back: as rsync prints it where text is UTF-8.
///
/// Bytes that are no UTF-8 and characters that move the cursor, reorder or hide text become `\#ooo` (three octal
/// digits for each byte), and so does the backslash of a name that holds such a sequence itself. All else, a tab
/// too, is printed as it is.
struct EscapedName {
    /// Pieces that must not be cut.
    private var pieces: [[UInt8]] = []

    init(_ name: FileName) {
        var rest = name.bytes[...]
        while let first = rest.first {
            let length = Self.plainLength(rest)
            pieces.append(length > 0 ? Array(rest.prefix(length)) : Self.escape(first))
            rest = rest.dropFirst(max(1, length))
        }
    }

    var bytes: [UInt8] { Array(pieces.joined()) }

    /// The name as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Its end, as much as goes into that many columns of a terminal; with dots in front where something is missing.
    func end(columns: Int) -> String {
        let dots = "..."
        var texts = pieces.map { $0 == [UInt8(ascii: "\t")] ? " " : String(decoding: $0, as: UTF8.self) }[...]
        var width = texts.reduce(0) { $0 + TextLayout.columns($1) }
        if width <= columns { return texts.joined() }
        if columns <= dots.count { return "" }
        while width > columns - dots.count, let first = texts.popFirst() {
            width -= TextLayout.columns(first)
        }
        // Marks without the character that they stand on would move to the dots.
        while let first = texts.first, TextLayout.columns(first) == 0 { texts.removeFirst() }
        return dots + texts.joined()
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "\\"), UInt8(ascii: "#")]
            + [byte >> 6, byte >> 3, byte].map { UInt8(ascii: "0") + $0 & 7 }
    }

    /// How many bytes in front are printed as they are: 0 when the first must be escaped.
    private static func plainLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        if first < 0x80 {
            if first == UInt8(ascii: "\\") { return looksEscaped(bytes) ? 0 : 1 }
            return first == UInt8(ascii: "\t") || (first >= 0x20 && first != 0x7f) ? 1 : 0
        }
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return 0 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            return 0
        default: return UTF8.width(scalar)
        }
    }

    private static func looksEscaped(_ bytes: ArraySlice<UInt8>) -> Bool {
        let next = Array(bytes.dropFirst().prefix(4))
        return next.count == 4 && next[0] == UInt8(ascii: "#")
            && next[1...].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
