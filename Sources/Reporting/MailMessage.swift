import FoundationEssentials

/// A mail as sendmail takes it: headers and plain text. `From:` and `Date:` are the mail system's to add.
///
/// No text can add a header or end them: every value is a validated address, fixed, or escaped to one line.
public struct MailMessage: Hashable, Sendable {
    /// Who gets it.
    public let to: [MailAddress]
    /// One line, not yet encoded.
    public let subject: String
    /// Lines of text, each ended by a line feed.
    public let body: String
    private let thread: Thread

    /// What puts a drive's mails together in a reader.
    public struct Thread: Hashable, Sendable {
        /// The same for all mails of a thread.
        public var topic: String
        /// Different for each mail of the thread.
        public var mail: String
        /// The sending machine.
        public var host: String

        /// Names a thread; characters that a message id may not hold are replaced.
        public init(topic: String, mail: String, host: String) {
            self.topic = topic
            self.mail = mail
            self.host = host
        }

        fileprivate var parent: String { "<extbackup.\(Self.atom(topic))@\(Self.atom(host))>" }
        fileprivate var own: String {
            "<extbackup.\(Self.atom(topic)).\(Self.atom(mail))@\(Self.atom(host))>"
        }

        /// RFC 5322, 3.2.3: a dot stands only between other characters, so none is let through.
        private static func atom(_ text: String) -> String {
            let characters = text.unicodeScalars.prefix(64).map { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    ? Character(scalar) : "-"
            }
            return characters.isEmpty ? "none" : String(characters)
        }
    }

    /// Composes a mail. Control characters in the subject are escaped; the body is taken as it is.
    public init(to: [MailAddress], subject: String, body: String, thread: Thread) {
        self.to = to
        self.subject = SingleLine.escape(subject)
        self.body = body
        self.thread = thread
    }

    /// The whole mail, lines ended by line feeds as sendmail wants them.
    public var bytes: [UInt8] {
        var lines = ["To: " + to.map(\.text).joined(separator: ",\n ")]
        lines.append(contentsOf: Self.unstructured("Subject", subject))
        lines.append("Message-ID: \(thread.own)")
        lines.append("In-Reply-To: \(thread.parent)")
        lines.append("References: \(thread.parent)")
        // RFC 3834: no vacation replies to this.
        lines.append("Auto-Submitted: auto-generated")
        lines.append("MIME-Version: 1.0")
        lines.append("Content-Type: text/plain; charset=UTF-8")
        lines.append("Content-Transfer-Encoding: 8bit")
        return Array((lines.joined(separator: "\n") + "\n\n" + body).utf8)
    }

    /// A header of free text, folded; what is not ASCII, or could be taken for an encoded word, is encoded (RFC
    /// 2047).
    private static func unstructured(_ name: String, _ text: String) -> [String] {
        if text.utf8.allSatisfy({ $0 < 0x80 }), !text.contains("=?") {
            return TextLayout.wrap(text, first: "\(name): ", hanging: " ")
        }
        // 39 bytes are 52 characters in base64: with the frame and the longest name within 76 (RFC 2047, 2).
        var chunks: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let encoded = Array(String(scalar).utf8)
            if chunks[chunks.count - 1].count + encoded.count > 39 { chunks.append([]) }
            chunks[chunks.count - 1] += encoded
        }
        return chunks.enumerated().map { index, chunk in
            (index == 0 ? "\(name): " : " ") + "=?UTF-8?B?\(Data(chunk).base64EncodedString())?="
        }
    }
}

extension MailMessage {
    /// The mail of `extbackup mail test`.
    public static func test(to: [MailAddress], host: String, now: Timestamp) -> MailMessage {
        MailMessage(
            to: to,
            subject: "[\(host)] Test mail of extbackup",
            body: """
                This is a test: mails of extbackup on '\(SingleLine.escape(host))' reach you.

                You will get one when a backup fails, when deletions wait for your
                approval, and when a backup works again after a failure.

                Sent at \(now.text).

                """,
            thread: Thread(topic: "test", mail: "\(now.seconds)", host: host)
        )
    }
}
