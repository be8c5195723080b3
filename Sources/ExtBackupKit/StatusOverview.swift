import Drives
import LinuxSystem
public import Reporting

/// How all drives stand: what their last runs came to, when they are due, which one to bring next.
public struct StatusOverview {
    private let version: Int
    private let names: [String]
    private let situations: [String: DriveSituation]
    private let localTime: @Sendable (Timestamp) -> LocalTime
    private let now: Timestamp
    private let dueAfter: Duration
    /// What kept something from being told.
    public let warnings: [String]

    /// Reads the status file, the drives' files, and from the configuration when drives are due.
    public init(_ context: RunContext) throws(Failure) {
        do {
            names = try DriveFile.prepared(in: context.layout.driveFolder)
        } catch {
            throw Failure(error)
        }
        now = context.now()
        localTime = context.localTime
        // Whatever is wrong with it, 'config check' tells; how the drives stand does not depend on it, ignoring.
        let configuration = try? Configuration(readingFrom: context.layout.configurationFile)
        dueAfter = configuration?.drive.dueAfter ?? DriveConfiguration.standard.dueAfter
        // Before the first drive there need not be a state folder.
        guard !names.isEmpty else {
            version = Reporting.Status.currentVersion
            situations = [:]
            warnings = []
            return
        }
        let status: Reporting.Status
        (status, warnings) = try context.statusOfDrives()
        version = status.version
        situations = Dictionary(
            uniqueKeysWithValues: names.map { ($0, context.situation(of: $0, status[drive: $0])) }
        )
    }

    /// The status file's content and what follows from it, for programs.
    public func json() throws(Failure) -> String {
        let drives = situations.map { name, situation in
            (
                name,
                StatusDocument.Drive(
                    situation: situation,
                    due: due(situation),
                    isOverdue: isOverdue(situation)
                )
            )
        }
        let document = StatusDocument(
            version: version,
            drives: Dictionary(uniqueKeysWithValues: drives),
            nextDrive: nextDrive
        )
        return try PrettyJSON.text(of: document)
    }

    /// Some lines for each drive, for people.
    public var lines: [String] {
        if names.isEmpty { return ["no drive was prepared yet: 'extbackup prepare-disk' makes one"] }
        var lines = names.flatMap { name in
            [name] + (situations[name].map { self.lines(for: $0).map { "  \($0)" } } ?? [])
        }
        if let nextDrive, names.count > 1 { lines.append("next drive to bring: \(nextDrive)") }
        return lines
    }

    /// The drive whose last good backup is the oldest; of those that never had one, the first.
    private var nextDrive: String? {
        names.min { left, right in
            switch (situations[left]?.status.lastGood, situations[right]?.status.lastGood) {
            case (nil, nil): left < right
            case (nil, _?): true
            case (_?, nil): false
            case (let left?, let right?): left < right
            }
        }
    }

    private func due(_ situation: DriveSituation) -> Timestamp? {
        situation.status.lastGood?.advanced(by: dueAfter)
    }

    private func isOverdue(_ situation: DriveSituation) -> Bool {
        due(situation).map { $0 < now } ?? true
    }

    private func lines(for situation: DriveSituation) -> [String] {
        let status = situation.status
        var lines: [String] = []
        if let running = status.running {
            lines.append("now: \(running.phase.activity), since \(running.started.duration(to: now).text)")
            if let progress = running.progress { lines.append("  \(progress.text)") }
        }
        if let run = situation.cutOffRun {
            lines.append("the run that began \(age(of: run.started)) was cut off: plug the drive in again")
        }
        lines.append("last good backup: " + (status.lastGood.map { age(of: $0) } ?? "never"))
        if let due = due(situation) {
            lines.append((due < now ? "OVERDUE since " : "due ") + age(of: due))
        }
        if let report = status.lastReport { lines += ending(of: report, isOver: situation.isInUse == false) }
        if let safety = situation.safety { lines.append(safety.sentence) }
        return lines + (status.lastReport.map(amounts) ?? [])
    }

    /// How a run ended, and what is to be done about it.
    private func ending(of report: RunReport, isOver: Bool) -> [String] {
        var lines = ["last run: \(report.verdict.exitStatus.name), \(age(of: report.ended))"]
        if let failure = report.failure { lines.append("  \(failure.message)") }
        if let hint = report.failure?.hint { lines.append("  hint: \(hint)") }
        if isOver, let replug = report.replugApproval, now < replug.until {
            lines.append("  or: pull it and plug it in again \(replug.window(localTime))")
        }
        return lines
    }

    private func amounts(of report: RunReport) -> [String] {
        var lines: [String] = []
        if let space = report.space { lines.append("free on it: \(space.after ?? space.before)") }
        for source in report.sources {
            lines.append(
                "\(source.name): \(ByteCount.grouped(source.filesCopied)) "
                    + "\(source.filesCopied == 1 ? "file" : "files") copied, \(source.bytesCopied), "
                    + "\(ByteCount.grouped(source.deleted)) deleted"
            )
            if let note = source.note { lines.append("  \(note)") }
        }
        return lines
    }

    private func age(of time: Timestamp) -> String {
        "\(time.text) (\(time.age(asOf: now)))"
    }
}

/// What `status --json` prints: the status file, and for each drive when it is due and how it stands now.
private struct StatusDocument: Encodable {
    struct Drive: Encodable {
        let situation: DriveSituation
        let due: Timestamp?
        let isOverdue: Bool

        private enum Key: String, CodingKey { case due, isOverdue, isInUse, cutOffRun, safety }

        func encode(to encoder: any Encoder) throws {
            try situation.status.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encodeIfPresent(situation.isInUse, forKey: .isInUse)
            try values.encodeIfPresent(situation.cutOffRun, forKey: .cutOffRun)
            try values.encodeIfPresent(situation.safety, forKey: .safety)
            try values.encodeIfPresent(due, forKey: .due)
            try values.encode(isOverdue, forKey: .isOverdue)
        }
    }

    let version: Int
    let drives: [String: Drive]
    let nextDrive: String?
}

extension RunReport {
    /// One line for the person who ran it by hand.
    public var closingLine: String {
        let status = verdict.exitStatus
        let what = failure.map { "\($0.message)" } ?? status.meaning
        let hint = failure?.hint.map { "\n  hint: \($0)" } ?? ""
        return "extbackup: \(status.name): \(what)\(hint)\n  drive: \(safety.sentence)"
    }

    /// The same, for one who only wanted to know.
    public var closingLineOfPreview: String {
        "extbackup: ok: this was a preview, nothing was changed\n  drive: \(safety.sentence)"
    }

    /// The same for programs, in the form that `status.json` has it.
    public func json() throws(Failure) -> String { try PrettyJSON.text(of: self) }
}
