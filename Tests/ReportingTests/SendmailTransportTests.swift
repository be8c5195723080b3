import LinuxSystem
import Reporting
import Testing

@Suite("The mail system")
struct SendmailTransportTests {
    let directory: TemporaryDirectory
    let message: MailMessage

    init() throws {
        directory = try TemporaryDirectory()
        message = MailMessage.test(to: [try MailAddress("root")], host: "nas", now: Sample.ended)
    }

    private func transport(_ script: String, timeout: Duration = .seconds(20)) throws -> SendmailTransport {
        // Written by another process: were it open for writing here, a child started by another test at that
        // moment would hold it open, and it could not be run (ETXTBSY).
        let install = ChildProcess(
            ["/usr/bin/install", "-m", "700", "/dev/stdin", sendmail],
            input: Array("#!/bin/sh\n\(script)\n".utf8)
        )
        try #require(install.run().isSuccess)
        return SendmailTransport(path: sendmail, timeout: timeout)
    }

    private var sendmail: FileName { directory.path.appending("sendmail") }

    @Test("is given the whole mail, and reads the recipients in it")
    func delivery() throws {
        try transport("cd \"${0%/*}\"; echo \"$*\" > arguments; cat > mail").send(message)
        #expect(try directory.read("arguments") == "-t -oi\n")
        #expect(try directory.read("mail") == String(decoding: message.bytes, as: UTF8.self))
    }

    @Test("that refuses is quoted with its last line, escaped")
    func refusal() throws {
        let transport = try self.transport(
            "cat > /dev/null; echo first; printf 'no such \\033user\\n' >&2; exit 67"
        )
        let error = #expect(throws: ReportingError.self) { try transport.send(message) }
        #expect(
            error
                == ReportingError(
                    .mail,
                    "no mail was sent: \(sendmail) ended with status 67: no such \\x1buser",
                    hint: "see the mail system's log, then try: extbackup mail test"
                )
        )
    }

    @Test("that hangs is given up")
    func hang() throws {
        let transport = try self.transport("exec sleep 60", timeout: .milliseconds(200))
        let error = #expect(throws: ReportingError.self) { try transport.send(message) }
        #expect(error?.message == "no mail was sent: \(sendmail) took longer than 0.2 s")
    }

    @Test("that is killed is reported with the signal")
    func killed() throws {
        let transport = try self.transport("kill -9 $$")
        let error = #expect(throws: ReportingError.self) { try transport.send(message) }
        #expect(error?.message == "no mail was sent: \(sendmail) was ended by signal 9")
    }

    @Test("that is missing is named, with what to install")
    func missing() {
        let error = #expect(throws: ReportingError.self) {
            try SendmailTransport(path: "/no/such/sendmail").send(message)
        }
        #expect(error?.message == "no mail was sent: there is no '/no/such/sendmail'")
        #expect(error?.hint == "install a mail system, for example: apt install msmtp-mta")
    }

    @Test("is not started for a mail to nobody")
    func nobody() throws {
        let transport = try self.transport("touch \"$0.ran\"")
        let mail = MailMessage.test(to: [], host: "nas", now: Sample.ended)
        let error = #expect(throws: ReportingError.self) { try transport.send(mail) }
        #expect(error?.message == "no mail was sent: nobody to send it to")
        #expect(try directory.names() == ["sendmail"])
    }
}
