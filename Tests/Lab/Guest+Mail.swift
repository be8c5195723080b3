// Mail that arrived in the guest.

/// A mail in root's mailbox.
public struct Mail: Sendable {
    /// Header fields by lower-case name; of a field that occurs twice, the last.
    public let headers: [String: String]
    /// The text below the headers.
    public let body: String

    /// The subject, empty when there is none.
    public var subject: String { headers["subject"] ?? "" }
}

extension Guest {
    /// The mails to root so far, in the order of their arrival. A mail that is sent may take a second to arrive.
    public func mails() throws(LabFailure) -> [Mail] {
        Mail.parse(mailbox: try check("cat /var/mail/root").stdout)
    }
}

extension Mail {
    /// The mails of a mailbox in the form `mbox`: each begins with a line `From SENDER TIME`; a line of a mail that
    /// looks like that has a `>` in front.
    static func parse(mailbox: String) -> [Mail] {
        var mails: [[Substring]] = []
        for line in mailbox.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("From ") {
                mails.append([])
            } else if !mails.isEmpty {
                mails[mails.count - 1].append(line.hasPrefix(">From ") ? line.dropFirst() : line)
            }
        }
        return mails.map { Mail(lines: $0) }
    }

    private init(lines: [Substring]) {
        var headers: [String: String] = [:]
        var lastName: String?
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        for line in lines[..<end] {
            if let lastName, line.first == " " || line.first == "\t" {
                headers[lastName, default: ""] += " " + line.drop { $0 == " " || $0 == "\t" }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].lowercased()
                headers[name] = String(line[line.index(after: colon)...].drop { $0 == " " })
                lastName = name
            }
        }
        // The mailbox ends with an empty line that belongs to no mail, and the split text with an empty rest.
        var body = Array(lines[end...].dropFirst())
        while body.last == "" { body.removeLast() }
        self.headers = headers
        self.body = body.map { $0 + "\n" }.joined()
    }
}
