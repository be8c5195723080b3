public import LinuxSystem

/// What a mail says beyond its run's report.
public struct MailContext: Sendable {
    /// Who gets the mail.
    public var to: [MailAddress]
    /// The time at which ages are told.
    public var now: Timestamp
    /// All drives that are in use, the run's own among them.
    public var drives: [DriveStanding]
    /// The last lines of this invocation's journal; empty when there are none.
    public var journal: [JournalLine]
    /// A moment as the clocks of this machine show it.
    public var localTime: @Sendable (Timestamp) -> LocalTime

    /// Describes a mail's surroundings.
    public init(
        to: [MailAddress],
        now: Timestamp,
        drives: [DriveStanding] = [],
        journal: [JournalLine] = [],
        localTime: @escaping @Sendable (Timestamp) -> LocalTime = { LocalTime($0) }
    ) {
        self.to = to
        self.now = now
        self.drives = drives
        self.journal = journal
        self.localTime = localTime
    }
}

/// How a drive stands.
public struct DriveStanding: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// When it last took everything; nil when it never did.
    public var lastGood: Timestamp?
    /// When its next backup is due; nil when that is not known.
    public var due: Timestamp?

    /// Describes how a drive stands.
    public init(name: String, lastGood: Timestamp?, due: Timestamp? = nil) {
        self.name = name
        self.lastGood = lastGood
        self.due = due
    }
}

/// The mail about a run: the verdict in one sentence, what to do now, whether the drive may be pulled, then the
/// facts. It is written for the person who owns the drive, who may read it on a telephone, away from the NAS.
///
/// The order is part of the promise: what matters stands first. Names of files come escaped in the report, all
/// other text is escaped here.
public struct RunMail {
    let report: RunReport
    let occasion: MailPolicy.Occasion
    let context: MailContext

    /// Composes the mail that a run leads to on this occasion.
    public static func compose(
        _ report: RunReport,
        occasion: MailPolicy.Occasion,
        context: MailContext
    ) -> MailMessage {
        let mail = RunMail(report: report, occasion: occasion, context: context)
        return MailMessage(
            to: context.to,
            subject: mail.subject,
            body: mail.body,
            thread: MailMessage.Thread(
                topic: report.drive.luksUUID,
                mail: "\(report.runNumber)-\(report.ended.seconds)",
                host: report.host
            )
        )
    }

    /// The drive's name in quotes, escaped.
    var drive: String { "'\(SingleLine.escape(report.drive.name))'" }

    /// A command that takes the drive's name.
    func command(_ verb: String) -> String { "extbackup \(verb) \(SingleLine.escape(report.drive.name))" }

    private var body: String {
        let sections = [
            TextLayout.wrap(verdict),
            adviceLines,
            TextLayout.wrap("Is the drive safe to pull?  \(safety)"),
            facts,
            sources,
            skipped,
            warnings,
            lastGood,
            due,
            journal,
        ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }
            .joined(separator: "\n")
    }
}

// Subject and verdict.
extension RunMail {
    private var subject: String {
        "[\(report.host)] \(headline) - \(pull)"
    }

    private var headline: String {
        let backup = "Backup to drive '\(report.drive.name)'"
        return switch report.verdict {
        case .succeeded: occasion == .recovered ? "\(backup) works again" : "\(backup) is done"
        case .partial: "\(backup) is INCOMPLETE"
        case .held: "\(backup) is done, deletions are HELD"
        case .failed(let kind): "\(backup) FAILED\(circumstance(of: kind))"
        case .interrupted: "\(backup) was STOPPED while \(report.phase.activity)"
        case .skipped: "\(backup) was skipped"
        }
    }

    /// What the subject says of a failure: its kind where that says it all, else the step. Where the run goes on
    /// to its end, as after a missing source, the step would mislead.
    private func circumstance(of kind: FailureKind) -> String {
        switch kind {
        case .other, .agentKilled: " while \(report.phase.activity)"
        case .noDrive: ": drive not found"
        case .locked: ": locked by other work"
        case .unlockFailed: ": key does not open it"
        case .noSpace: ": it does not fit"
        case .driveGone: ": drive gone"
        case .verifyFailed: ": contents differ"
        case .sourceMissing: ": source missing"
        case .notClosed: ": drive not closed"
        case .config: ": configuration invalid"
        }
    }

    private var pull: String {
        switch report.safety {
        case .safe: "safe to pull"
        case .unsafe: "DO NOT PULL"
        case .gone: "not plugged in"
        }
    }

    private var verdict: String {
        let backup = "The backup of '\(SingleLine.escape(report.host))' to drive \(drive)"
        let activity = report.phase.activity
        return switch report.verdict {
        case .succeeded:
            occasion == .recovered
                ? "\(backup) works again: everything was copied."
                : "\(backup) is done: everything was copied."
        case .partial where report.total.skipped.total == 0:
            "\(backup) is done but not complete: \(reason)."
        case .partial:
            "\(backup) is done but not complete: "
                + "\(Self.counted(report.total.skipped.total, "entry", "entries")) could not be copied."
        case .held:
            "\(backup) is done, but "
                + Self.counted(report.total.heldDeletions, "deletion waits", "deletions wait")
                + " for your approval, because so many may be a mistake."
        case .failed(.driveGone):
            "\(backup) failed: the drive was unplugged, or lost its connection, while \(activity). What "
                + "earlier runs completed on it is intact."
        case .failed(.other), .failed(.agentKilled):
            "\(backup) failed while \(activity): \(reason)."
        case .failed:
            "\(backup) failed: \(reason)."
        case .interrupted:
            "\(backup) was stopped while \(activity), before it was complete."
        case .skipped:
            "\(backup) was skipped" + (report.failure == nil ? "." : ": \(reason).")
        }
    }

    private var reason: String {
        SingleLine.escape(report.failure?.message ?? report.verdict.exitStatus.meaning)
    }

    static func counted(_ count: Int64, _ one: String, _ many: String) -> String {
        "\(ByteCount.grouped(count)) \(count == 1 ? one : many)"
    }
}

// What is known of the run.
extension RunMail {
    private var facts: [String] { ["Facts"] + report.factLines }

    private var sources: [String] {
        guard !report.sources.isEmpty else { return [] }
        return report.sources.reduce(into: ["Sources"]) { lines, source in
            var parts = ["\(Self.counted(source.filesCopied, "file", "files")) copied"]
            if source.deleted > 0 { parts.append("\(ByteCount.grouped(source.deleted)) deleted") }
            if source.heldDeletions > 0 {
                parts.append("\(Self.counted(source.heldDeletions, "deletion", "deletions")) held")
            }
            if source.skipped.total > 0 {
                parts.append("\(ByteCount.grouped(source.skipped.total)) not copied")
            }
            let note = source.note.map { "; " + SingleLine.escape($0) } ?? ""
            lines += TextLayout.fact(SingleLine.escape(source.name), parts.joined(separator: ", ") + note)
        }
    }

    private var skipped: [String] {
        let all = report.total.skipped
        guard all.total > 0 else { return [] }
        let isPart = all.total > all.first.count
        var lines = [isPart ? "Not copied (the first \(all.first.count) of \(all.total))" : "Not copied"]
        for source in report.sources {
            for entry in source.skipped.first where lines.count <= SkippedEntries.limit {
                lines += TextLayout.wrap(
                    SingleLine.escape("\(source.name): \(entry.path): \(entry.reason)"),
                    first: "  ",
                    hanging: "      "
                )
            }
        }
        return lines
    }

    private var warnings: [String] {
        report.warnings.isEmpty ? [] : ["Warnings"] + report.warningLines
    }

    private var lastGood: [String] {
        guard !context.drives.isEmpty else { return [] }
        return context.drives.reduce(into: ["Last good backup"]) { lines, drive in
            let time = drive.lastGood.map { "\($0.text), \($0.age(asOf: context.now))" } ?? "never"
            lines += TextLayout.fact(SingleLine.escape(drive.name), time)
        }
    }

    private var due: [String] {
        let lines = context.drives.flatMap { drive in
            drive.due.map { due in
                TextLayout.fact(SingleLine.escape(drive.name), "\(due.text), \(due.age(asOf: context.now))")
            } ?? []
        }
        return lines.isEmpty ? [] : ["Next backup due"] + lines
    }

    private var journal: [String] {
        var lines: [String] = []
        if !context.journal.isEmpty {
            lines.append("The last lines of this run's log (times in UTC)")
            for line in context.journal {
                lines += TextLayout.wrap(line.text, first: "  ", hanging: "           ")
            }
        }
        if let command = report.journalCommand {
            if !lines.isEmpty { lines.append("") }
            lines.append("The whole log of this run:")
            lines.append("  \(command)")
        }
        return lines
    }
}
