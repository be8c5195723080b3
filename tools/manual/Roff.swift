/// Text as troff's man macros take it (groff_char(7), groff_man(7)).
enum Roff {
    /// Letters that stand for themselves wherever the text is put, also as a macro's argument in quotes. A dash is
    /// one that can be copied into a shell.
    static func text(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\(rs"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"": escaped += "\\(dq"
            case "." where escaped.isEmpty: escaped += "\\&."
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: escaped += " "
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default: escaped += "\\[u\(hexadecimal(scalar.value))]"
            }
        }
        return escaped
    }

    /// In bold letters.
    static func bold(_ text: String) -> String { "\\fB\(Self.text(text))\\fR" }

    /// In italics: what stands for something else.
    static func italic(_ text: String) -> String { "\\fI\(Self.text(text))\\fR" }

    /// Groff wants capitals, and no fewer than four digits.
    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
