public import Drives
import LinuxSystem
public import Reporting

/// The runs that the history has: a list of them, or one.
public struct RunLog: Sendable {
    private let runs: [RecordedRun]
    private let drive: DriveName?

    /// Reads the latest runs, of one drive or of all.
    ///
    /// - Throws: `noDrive` for a name under which neither a drive was prepared nor a run was kept.
    public init(of drive: DriveName?, last limit: Int, in context: RunContext) throws(Failure) {
        self.drive = drive
        let history = try Self.history(in: context)
        guard let drive else {
            runs = try Self.reading(in: context) { () throws(ReportingError) in
                try history?.recordedRuns(limit: limit) ?? []
            }
            return
        }
        let luksUUID = Self.luksUUID(of: drive, in: context)
        runs = try Self.reading(in: context) { () throws(ReportingError) in
            try history?.recordedRuns(named: drive.text, luksUUID: luksUUID, limit: limit) ?? []
        }
        if runs.isEmpty, luksUUID == nil { _ = try DriveFile.prepared(drive, in: context.layout) }
    }

    /// One run, by the number that the list has for it.
    public static func run(_ id: Int64, in context: RunContext) throws(Failure) -> RecordedRun {
        let history = try Self.history(in: context)
        let run = try reading(in: context) { () throws(ReportingError) in try history?.recordedRun(id: id) }
        if let run { return run }
        throw Failure(
            .failed,
            "the history has no run of the number \(id)",
            hint: "'extbackup log' lists the runs, the number of each in the first column"
        )
    }

    private static func history(in context: RunContext) throws(Failure) -> History? {
        try reading(in: context) { () throws(ReportingError) in
            try History.existing(in: context.layout.stateFolder)
        }
    }

    private static func reading<Value>(
        in context: RunContext,
        _ body: () throws(ReportingError) -> Value
    ) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw Failure(
                .failed,
                error.message,
                hint: error.hint ?? Failure.hint(toUse: context.layout.stateFolder)
            )
        }
    }

    /// Nil when there is no file of the drive, or one that is wrong: its runs are found by the name.
    private static func luksUUID(of drive: DriveName, in context: RunContext) -> String? {
        // What is wrong with the file, 'config check' tells, ignoring.
        (try? DriveFile(named: drive.text, in: context.layout.driveFolder))?.luksUUID
    }
}

extension RunLog {
    /// A line for each run, the latest first, below headings.
    ///
    /// - Parameter width: how many columns the terminal has; nil when there is none, and all is told.
    public func lines(width: Int?) -> [String] {
        if runs.isEmpty { return [drive.map { "drive '\($0)' had no run yet" } ?? "no drive had a run yet"] }
        var table = TextTable([
            .init("RUN", .trailing), .init("STARTED (UTC)"), .init("DRIVE", .leading, .isCut),
            .init("RESULT"),
            .init("TOOK", .leading, .isLeftOut), .init("COPIED", .trailing, .isLeftOut),
            .init("FILES", .trailing, .isLeftOut), .init("DELETED", .trailing, .isLeftOut),
            .init("NO. ON DRIVE", .trailing, .isLeftOut),
        ])
        for run in runs { table.append(run.cells) }
        return table.lines(width: width)
    }

    /// All of it, for programs: an array, the latest first.
    public func json() throws(Failure) -> String { try PrettyJSON.text(of: runs) }
}

extension RecordedRun {
    /// Everything about it, for people.
    public var lines: [String] {
        ["Run \(id): \(report.verdict.exitStatus.name)"] + report.detailLines
    }

    /// All of it, for programs.
    public func json() throws(Failure) -> String { try PrettyJSON.text(of: self) }

    fileprivate var cells: [String] {
        let total = report.total
        // A run that came to no source copied nothing that could be counted.
        let hasAmounts = !report.sources.isEmpty
        return [
            "\(id)", report.started.minute, report.drive.name, report.verdict.exitStatus.name,
            report.duration.text,
            hasAmounts ? total.bytesCopied.description : "",
            hasAmounts ? ByteCount.grouped(total.filesCopied) : "",
            hasAmounts ? ByteCount.grouped(total.deleted) : "",
            report.runNumber > 0 ? "\(report.runNumber)" : "",
        ]
    }
}

extension Timestamp {
    /// `2026-03-01 06:09`, below a heading that says that it is UTC.
    var minute: String { "\(description.prefix(10)) \(timeOfDay.prefix(5))" }
}
