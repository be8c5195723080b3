/// Texts as TOML 1.0 writes them.
public enum TOMLText {
    /// A basic string. Escaped is what TOML forbids in one, and what would move the cursor, reorder or hide text where a
    /// person reads it: serial numbers come from disks and may hold anything.
    public static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default:
                if isPlain(scalar) { quoted.unicodeScalars.append(scalar) } else { quoted += escape(scalar) }
            }
        }
        return quoted + "\""
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            false
        default:
            !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (letter, length) = scalar.value > 0xffff ? ("U", 8) : ("u", 4)
        return "\\\(letter)" + String(repeating: "0", count: length - digits.count) + digits
    }
}
