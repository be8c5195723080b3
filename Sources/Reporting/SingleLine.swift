/// Text from elsewhere, made fit for one line of a mail or a log.
public enum SingleLine {
    /// Escapes what moves the cursor, breaks the line, or reorders or hides text (Trojan Source). Unlike
    /// a `FileName`'s description it sets no quotes and leaves backslashes alone: names in messages are escaped
    /// already.
    public static func escape(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if isPlain(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += escape(scalar: scalar)
            }
        }
        return result
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            false
        case .spaceSeparator:
            scalar == " "
        default:
            !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func escape(scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        default:
            let digits = String(scalar.value, radix: 16)
            if !scalar.isASCII { return "\\u{\(digits)}" }
            return digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
        }
    }
}
