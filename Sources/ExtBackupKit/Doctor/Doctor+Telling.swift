import Indicators
import LinuxSystem
import Reporting
import SystemPackage

/// Light and mail: how a person gets to know.
extension Doctor {
    func checkLight(_ configuration: Configuration?) -> [Finding] {
        guard let configuration else { return [] }
        guard let light = configuration.light else {
            return [.note(.light, nil, "it is switched off in the configuration")]
        }
        do {
            let output = context.lightOutput(try LightSettings(light))
            defer { output.rest() }
            try output.reach()
            return [.fine(.light, nil, "the stick answers")]
        } catch let warning as LightWarning {
            return [.warning(.light, nil, "\(warning)", hint: warning.hint)]
        } catch {
            return [
                .failure(.light, nil, "\(error)", hint: "correct [led] in the configuration", status: .config)
            ]
        }
    }

    func checkMail(_ configuration: Configuration?) -> [Finding] {
        guard let mail = configuration?.mail else { return [] }
        if mail.recipients.isEmpty {
            return [
                .warning(
                    .mail,
                    nil,
                    "nobody gets any: a failure shows only on the light and in 'extbackup status'",
                    hint: "set 'to' in [mail]"
                )
            ]
        }
        var findings = [checkProgram(mail), checkMailUnit()]
        if let waiting = checkOutbox() { findings.append(waiting) }
        return findings
    }

    private func checkProgram(_ mail: MailConfiguration) -> Finding {
        do {
            let program = try Descriptor.open(mail.sendmail, [.read, .followLink, .nonBlocking]).nodeStatus()
            if program.kind == .regular, program.permissions & 0o111 != 0 {
                let recipients = mail.recipients.joined(separator: ", ")
                return .fine(
                    .mail,
                    nil,
                    "\(mail.sendmail) takes mail to \(recipients); 'extbackup mail test' sends one"
                )
            }
            return .failure(
                .mail,
                nil,
                "\(mail.sendmail) is no program",
                hint: "correct 'sendmail' in [mail]"
            )
        } catch {
            return .failure(
                .mail,
                nil,
                "\(mail.sendmail) cannot be started: \(error.reason)",
                hint: "install a mail system, for example: apt install msmtp-mta"
            )
        }
    }

    /// Mails are sent within seconds; what waits could not be sent.
    private func checkOutbox() -> Finding? {
        do {
            let waiting = try Outbox(folder: context.layout.outboxFolder).waitingCount()
            if waiting == 0 { return nil }
            return .failure(
                .mail,
                nil,
                waiting == 1
                    ? "a mail waits, it could not be sent" : "\(waiting) mails wait, they could not be sent",
                hint: "'extbackup mail deliver' tries again and says why not"
            )
        } catch {
            return .failure(.mail, nil, "the outbox cannot be read: \(error)", hint: "run it as root")
        }
    }
}
