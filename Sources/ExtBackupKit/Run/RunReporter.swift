import Drives
import LinuxSystem
import Logging
import Reporting

/// Makes a run's report known: status file, history, journal, mail.
struct RunReporter {
    let context: RunContext
    let configuration: Configuration?

    /// Publishes a report.
    ///
    /// - Returns: what went wrong with it, for the journal.
    func publish(_ report: RunReport) -> [String] {
        let previous = previousVerdict(of: report)
        var warnings = record(report)
        collect(&warnings) { () throws(ReportingError) in try mail(report, previous: previous) }
        return warnings
    }

    /// Writes a report to journal, status file and history; somebody else mails.
    func record(_ report: RunReport) -> [String] {
        var warnings: [String] = []
        log(report)
        collect(&warnings) { () throws(ReportingError) in
            try StatusFile(directory: context.layout.stateFolder).update {
                $0[drive: report.drive.name].finish(report)
            }
        }
        collect(&warnings) { () throws(ReportingError) in
            try History.open(in: context.layout.stateFolder, now: context.now()).record(report)
        }
        return warnings
    }

    /// The mail that the report leads to, if any, is put into the outbox; then nobody else mails about it.
    func mail(_ report: RunReport, previous: Verdict?) throws(ReportingError) {
        let mail = configuration?.mail ?? MailConfiguration.standard
        guard let occasion = mail.policy.occasion(for: report, previous: previous) else { return }
        var recipients: [MailAddress] = []
        for recipient in mail.recipients { recipients.append(try MailAddress(recipient)) }
        guard !recipients.isEmpty else { return }
        let message = RunMail.compose(
            report,
            occasion: occasion,
            context: MailContext(
                to: recipients,
                now: context.now(),
                drives: standings(),
                journal: report.invocation.map { context.journal($0) } ?? [],
                localTime: context.localTime
            )
        )
        do {
            try Outbox(folder: context.layout.outboxFolder).put(
                message,
                named: "\(report.ended.seconds)-\(report.drive.name)"
            )
        } catch {
            throw ReportingError(.mail, "the mail cannot be put into the outbox: \(error)")
        }
        guard let invocation = report.invocation else { return }
        try StatusFile(directory: context.layout.stateFolder).update {
            $0[drive: report.drive.name].noteMailed(invocation: invocation)
        }
    }

    private func previousVerdict(of report: RunReport) -> Verdict? {
        // Without a history the mail is one too many or one too few; its own step reports the trouble, ignoring.
        try? History.open(in: context.layout.stateFolder, now: context.now()).lastVerdict(
            drive: report.drive.luksUUID
        )
    }

    /// Every prepared drive with its last good backup, and when the next one is due.
    private func standings() -> [DriveStanding] {
        // An unreadable folder or status leaves the list shorter; the mail matters more, ignoring.
        let names = (try? DriveFile.names(in: context.layout.driveFolder)) ?? []
        let status = (try? StatusFile(directory: context.layout.stateFolder).read().status) ?? Status()
        let dueAfter = (configuration?.drive ?? .standard).dueAfter
        return names.map { name in
            let lastGood = status[drive: name].lastGood
            return DriveStanding(name: name, lastGood: lastGood, due: lastGood?.advanced(by: dueAfter))
        }
    }

    private func log(_ report: RunReport) {
        let status = report.verdict.exitStatus
        var metadata: [String: String] = [
            "drive": report.drive.name, "status": status.name, "duration": report.duration.text,
        ]
        if let failure = report.failure { metadata["reason"] = failure.message }
        let fields = metadata.mapValues { Logger.MetadataValue.string($0) }
        switch report.verdict {
        case .succeeded: context.logger.notice("backup done", metadata: fields)
        case .skipped: context.logger.notice("backup skipped", metadata: fields)
        case .held, .partial: context.logger.warning("backup done, but it needs you", metadata: fields)
        case .failed, .interrupted: context.logger.error("backup failed", metadata: fields)
        }
    }

    private func collect(_ warnings: inout [String], _ body: () throws(ReportingError) -> Void) {
        do { try body() } catch { warnings.append(error.message) }
    }
}
