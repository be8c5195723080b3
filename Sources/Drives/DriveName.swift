/// The name a person gives a drive: `red`.
///
/// It becomes part of unit names, file names, mapping names and labels. The rule sees to it that none of them
/// needs an escape: 1 to 32 of `a`–`z`, `0`–`9`, `_` and `-`, beginning with a letter or a digit.
public struct DriveName: Hashable, Sendable {
    /// The name. ASCII.
    public let text: String

    /// Takes a name that follows the rule; nil for all others.
    public init?(_ text: String) {
        guard let first = text.utf8.first, text.utf8.count <= Self.maximumLength else { return nil }
        guard Self.isAlphanumeric(first), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        self.text = text
    }

    /// The longest name's number of bytes.
    public static let maximumLength = 32

    /// The rule as a sentence's part, for messages.
    public static let rule = "1 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or a digit"

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

extension DriveName: CustomStringConvertible {
    /// The name.
    public var description: String { text }
}
