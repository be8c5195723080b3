/// An address that may stand in a header: `root` or `anna@example.org`, ASCII, without a display name.
public struct MailAddress: Hashable, Sendable {
    /// The address.
    public let text: String

    /// Takes an address as it stands.
    ///
    /// - Throws: code `address` when it is empty or longer than 254 characters (RFC 5321, 4.5.3.1), or holds
    ///   a character that could end it or the header.
    public init(_ text: String) throws(ReportingError) {
        let marks = Set("!#$%&'*+-/=?^_`{|}~.@".utf8)
        func isAllowed(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: marks.contains(byte)
            }
        }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let isWhole = parts.count <= 2 && parts.allSatisfy { !$0.isEmpty }
        guard isWhole, text.utf8.count <= 254, text.utf8.allSatisfy(isAllowed), text.first != "-" else {
            throw ReportingError(
                .address,
                "'\(SingleLine.escape(text))' is no mail address",
                hint: "write addresses as 'root' or 'name@example.org', one for each entry"
            )
        }
        self.text = text
    }
}

extension MailAddress: CustomStringConvertible {
    /// The address.
    public var description: String { text }
}
