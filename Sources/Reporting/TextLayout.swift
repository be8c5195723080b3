/// Plain text of at most 78 columns (RFC 5322, 2.1.1: what every reader of mail shows unbroken).
public enum TextLayout {
    static let width = 78

    /// Breaks `text` between words; a word that is longer than a line is broken inside.
    ///
    /// - Parameters:
    ///   - first: what stands before the first line.
    ///   - hanging: what stands before all further lines.
    static func wrap(_ text: String, first: String = "", hanging: String = "") -> [String] {
        var lines: [String] = []
        var line = first
        var room = width - columns(first)
        var isEmpty = true
        func nextLine() {
            lines.append(line)
            line = hanging
            room = width - columns(hanging)
            isEmpty = true
        }
        for word in text.split(separator: " ") {
            let length = columns(word)
            if !isEmpty, length + 1 <= room {
                line += " " + word
                room -= length + 1
                continue
            }
            if !isEmpty { nextLine() }
            for character in word {
                let length = columns(String(character))
                if length > room, !isEmpty { nextLine() }
                line.append(character)
                room -= length
                isEmpty = false
            }
        }
        lines.append(line)
        return lines
    }

    /// A label in its column, the value beside it; below it when the label is too long.
    static func fact(_ label: String, _ value: String) -> [String] {
        let column = 16
        let hanging = String(repeating: " ", count: column)
        let space = column - 2 - columns(label)
        if space < 1 {
            return wrap(label, first: "  ", hanging: "    ") + wrap(value, first: hanging, hanging: hanging)
        }
        return wrap(value, first: "  " + label + String(repeating: " ", count: space), hanging: hanging)
    }

    /// How many columns a terminal gives the text: none for marks that stand on other characters, two for East
    /// Asian wide ones (Unicode Standard Annex 11, its blocks of the classes W and F).
    public static func columns(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            return 2
        default:
            return 1
        }
    }
}
