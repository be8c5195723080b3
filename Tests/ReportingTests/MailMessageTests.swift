import LinuxSystem
import Reporting
import Testing

@Suite("A mail's headers")
struct MailMessageTests {
    private func message(subject: String, thread: MailMessage.Thread? = nil) throws -> MailMessage {
        MailMessage(
            to: [try MailAddress("root"), try MailAddress("anna@example.org")],
            subject: subject,
            body: "Text.\n",
            thread: thread ?? MailMessage.Thread(topic: "6f1c", mail: "17-5", host: "nas.local")
        )
    }

    private func text(_ message: MailMessage) -> String { String(decoding: message.bytes, as: UTF8.self) }

    @Test("are these")
    func whole() throws {
        #expect(
            text(try message(subject: "[nas] A subject")) == """
                To: root,
                 anna@example.org
                Subject: [nas] A subject
                Message-ID: <extbackup.6f1c.17-5@nas-local>
                In-Reply-To: <extbackup.6f1c@nas-local>
                References: <extbackup.6f1c@nas-local>
                Auto-Submitted: auto-generated
                MIME-Version: 1.0
                Content-Type: text/plain; charset=UTF-8
                Content-Transfer-Encoding: 8bit

                Text.

                """
        )
    }

    @Test(
        "hold a subject on one line, encoded where it is not ASCII",
        arguments: [
            ("plain", "plain"),
            ("größe", "=?UTF-8?B?Z3LDtsOfZQ==?="),
            ("=?UTF-8?Q?x?=", "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?="),  // could be taken for encoded
            ("a\r\nBcc: eve@example.org", "a\\r\\nBcc: eve@example.org"),
            ("a\u{2028}b", "a\\u{2028}b"),
            (
                "Sicherung auf Laufwerk 'grün' FEHLGESCHLAGEN",
                "=?UTF-8?B?U2ljaGVydW5nIGF1ZiBMYXVmd2VyayAnZ3LDvG4nIEZFSExHRVND?=\n"
                    + " =?UTF-8?B?SExBR0VO?="
            ),
            (
                "one two three four five six seven eight nine ten eleven twelve thirteen fourteen",
                "one two three four five six seven eight nine ten eleven twelve\n thirteen fourteen"
            ),
        ]
    )
    func subject(subject: String, expected: String) throws {
        let head = text(try message(subject: subject))
        #expect(head.contains("\nSubject: \(expected)\nMessage-ID: "))
    }

    @Test("stay within 78 columns, whatever the subject")
    func width() throws {
        for subject in [String(repeating: "ü", count: 300), String(repeating: "ab ", count: 100)] {
            for line in text(try message(subject: subject)).split(separator: "\n") {
                #expect(line.utf8.count <= 78)
            }
        }
    }

    @Test("let no name end a message id")
    func thread() throws {
        let thread = MailMessage.Thread(topic: "a>\nBcc: x", mail: "", host: "..")
        let head = text(try message(subject: "s", thread: thread))
        #expect(head.contains("\nMessage-ID: <extbackup.a--Bcc--x.none@-->\n"))
        #expect(!head.contains("\nBcc"))
    }

    @Test(
        "take plain addresses only",
        arguments: [
            "", "@", "a@", "@b", "a@b@c", "-oQ/tmp", "a b", "a@b\nBcc: c@d", "a,b@c", "<a@b>", "Anna <a@b>",
            "a@b;", "a\"b@c", "a(b)@c", "jörg@example.org", "a@b\u{0}",
        ]
    )
    func refusedAddress(text: String) {
        let error = #expect(throws: ReportingError.self) { try MailAddress(text) }
        #expect(error?.code == .address)
        #expect(error?.message.contains("\n") == false)
    }

    @Test("take these addresses", arguments: ["root", "anna.b+nas@mail.example.org", "o'neil@example.org"])
    func address(text: String) throws {
        #expect(try MailAddress(text).text == text)
    }

    @Test("stand before a test mail's text")
    func testMail() throws {
        let mail = MailMessage.test(to: [try MailAddress("root")], host: "nas", now: Sample.ended)
        #expect(mail.subject == "[nas] Test mail of extbackup")
        #expect(mail.body.contains("Sent at 2026-03-01 06:40 UTC.\n"))
    }
}
