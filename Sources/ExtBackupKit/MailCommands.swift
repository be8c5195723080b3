import Drives
import LinuxSystem
import Logging
import Reporting

/// Mail, for people and for the unit that sends it.
public struct MailCommands {
    private let context: RunContext

    /// Works with the outbox of `context`.
    public init(_ context: RunContext) {
        self.context = context
    }

    /// Sends a test mail now, past the outbox, so that what goes wrong is seen. Blocks.
    ///
    /// - Returns: a line that says to whom it went.
    public func test() throws(Failure) -> String {
        let mail = try configured()
        guard !mail.recipients.isEmpty else {
            throw Failure(.config, "no mail address is configured", hint: "set 'to' in [mail]")
        }
        do {
            let message = MailMessage.test(
                to: try mail.addresses(),
                host: context.hostName,
                now: context.now()
            )
            try SendmailTransport(path: mail.sendmail).send(message.bytes)
        } catch {
            throw Failure(.failed, error.message, hint: error.hint)
        }
        return "\(mail.sendmail) took a test mail to \(mail.recipients.joined(separator: ", "))"
    }

    /// Sends what waits in the outbox. Blocks.
    ///
    /// - Throws: when something could not be sent; it stays in the outbox.
    public func deliver() throws(Failure) {
        // A broken configuration must not keep back the mail that tells about it.
        let sendmail = (try? configured())?.sendmail ?? MailConfiguration.standard.sendmail
        let delivery: (sent: Int, errors: [ReportingError])
        do {
            delivery = try Outbox(folder: context.layout.outboxFolder).deliver(
                through: SendmailTransport(path: sendmail)
            )
        } catch {
            throw Failure(
                .failed,
                "the outbox cannot be read: \(error)",
                hint: Failure.hint(toUse: context.layout.outboxFolder)
            )
        }
        if delivery.sent > 0 { context.logger.notice("mail sent", metadata: ["mails": "\(delivery.sent)"]) }
        guard let error = delivery.errors.first else { return }
        throw Failure(
            .failed,
            delivery.errors.count == 1
                ? "a mail waits, it could not be sent: \(error.message)"
                : "\(delivery.errors.count) mails wait, they could not be sent: \(error.message)",
            hint: error.hint ?? Failure.hint(toUse: context.layout.outboxFolder)
        )
    }

    private func configured() throws(Failure) -> MailConfiguration {
        do {
            return try Configuration(readingFrom: context.layout.configurationFile).mail
        } catch {
            throw Failure(error)
        }
    }
}

extension MailConfiguration {
    /// What holds without a configuration: mail to root.
    static let standard = MailConfiguration(
        recipients: ["root"],
        policy: MailPolicy(),
        sendmail: "/usr/sbin/sendmail"
    )

    /// The recipients, checked.
    func addresses() throws(ReportingError) -> [MailAddress] {
        var addresses: [MailAddress] = []
        for recipient in recipients { addresses.append(try MailAddress(recipient)) }
        return addresses
    }
}
