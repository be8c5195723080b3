public import LinuxSystem
import SystemPackage

/// Hands a mail to whoever delivers it.
public protocol MailTransport: Sendable {
    /// Takes a whole mail, headers and body. Returns when it was taken over. Blocks.
    func send(_ mail: [UInt8]) throws(ReportingError)
}

extension MailTransport {
    /// Sends a message.
    ///
    /// - Throws: code `mail`, also when there is nobody to send it to.
    public func send(_ message: MailMessage) throws(ReportingError) {
        if message.to.isEmpty {
            throw ReportingError(
                .mail,
                "no mail was sent: nobody to send it to",
                hint: "set 'to' in [mail] of /etc/extbackup/config.toml"
            )
        }
        try send(message.bytes)
    }
}

/// The machine's own mail system, whichever it is: exim, postfix, msmtp and nullmailer all answer to this name.
public struct SendmailTransport: MailTransport {
    private let path: FileName
    private let timeout: Duration

    /// Sends through the program at `path`, which is killed after `timeout`.
    public init(path: FileName = "/usr/sbin/sendmail", timeout: Duration = .seconds(60)) {
        self.path = path
        self.timeout = timeout
    }

    /// Runs `sendmail -t -oi`: recipients from the headers, a line with a single dot does not end the mail.
    ///
    /// - Throws: code `mail`: no such program, or what it said last when it did not take the mail.
    public func send(_ mail: [UInt8]) throws(ReportingError) {
        let outcome = try run(mail)
        switch outcome.ending {
        case .exited(status: 0):
            return
        case .exited(let status):
            let said = SingleLine.escape(outcome.lastLine)
            throw refused("\(path) ended with status \(status)" + (said.isEmpty ? "" : ": \(said)"))
        case .signaled(let number):
            throw refused("\(path) was ended by signal \(number)")
        case .timedOut:
            throw refused("\(path) took longer than \(timeout.text)")
        }
    }

    private func run(_ mail: [UInt8]) throws(ReportingError) -> ChildProcess.Outcome {
        do {
            return try ChildProcess([path, "-t", "-oi"], input: mail, timeout: timeout).run()
        } catch {
            if error.errno == .noSuchFileOrDirectory {
                throw ReportingError(
                    .mail,
                    "no mail was sent: there is no \(path)",
                    hint: "install a mail system, for example: apt install msmtp-mta"
                )
            }
            throw refused("\(error)")
        }
    }

    private func refused(_ reason: String) -> ReportingError {
        ReportingError(
            .mail,
            "no mail was sent: \(reason)",
            hint: "see the mail system's log, then try: extbackup mail test"
        )
    }
}
