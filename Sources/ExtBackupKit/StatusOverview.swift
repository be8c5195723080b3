import Drives
import FoundationEssentials
import LinuxSystem
public import Reporting

/// How all drives stand.
public struct StatusOverview {
    private let status: Reporting.Status
    private let names: [String]
    private let now: Timestamp
    private let warning: String?

    /// Reads the status file and the drives' files.
    public init(_ context: RunContext) throws(Failure) {
        do {
            names = try DriveFile.namesIfAny(in: context.layout.driveFolder)
        } catch {
            throw Failure(.failed, "the drives' files cannot be read: \(error)", hint: "run it as root")
        }
        now = context.now()
        // Before the first drive there need not be a state folder.
        guard !names.isEmpty else {
            status = Reporting.Status()
            warning = nil
            return
        }
        do {
            let reading = try StatusFile(directory: context.layout.stateFolder).read()
            status = reading.status
            warning = reading.warning
        } catch {
            throw Failure(.failed, error.message, hint: error.hint ?? "run it as root")
        }
    }

    /// The status file's content, for programs.
    public func json() throws(Failure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(status), as: UTF8.self)
        } catch {
            throw Failure(.failed, "the status cannot be written as JSON: \(error)")
        }
    }

    /// Some lines for each drive, for people.
    public var lines: [String] {
        if names.isEmpty { return ["no drive was prepared yet: 'extbackup prepare-disk' makes one"] }
        return (warning.map { ["warning: \($0)"] } ?? []) + names.flatMap { lines(for: $0) }
    }

    private func lines(for name: String) -> [String] {
        let drive = status[drive: name]
        var lines = [name]
        if let running = drive.running {
            lines.append("  now: \(running.phase.activity), since \(running.started.duration(to: now).text)")
        }
        lines.append("  last good backup: " + (drive.lastGood.map { age(of: $0) } ?? "never"))
        guard let report = drive.lastReport else { return lines }
        lines.append("  last run: \(report.verdict.exitStatus.name), \(age(of: report.ended))")
        if let failure = report.failure { lines.append("    \(failure.message)") }
        if let hint = report.failure?.hint { lines.append("    hint: \(hint)") }
        lines.append("  " + report.safety.sentence)
        for source in report.sources {
            lines.append(
                "  \(source.name): \(ByteCount.grouped(source.filesCopied)) "
                    + "\(source.filesCopied == 1 ? "file" : "files") copied, \(source.bytesCopied), "
                    + "\(ByteCount.grouped(source.deleted)) deleted"
            )
            if let note = source.note { lines.append("    \(note)") }
        }
        return lines
    }

    private func age(of time: Timestamp) -> String {
        "\(time.text) (\(time.age(asOf: now)))"
    }
}

extension PullSafety {
    /// The answer in a sentence's part.
    public var sentence: String {
        switch self {
        case .safe(.poweredOff): "safe to pull: closed and powered off"
        case .safe(.stopped): "safe to pull: closed and stopped"
        case .safe(.closed): "safe to pull: closed"
        case .unsafe(let reason): "NOT safe to pull: \(reason)"
        case .gone: "it is not plugged in"
        }
    }
}

extension RunReport {
    /// One line for the person who ran it by hand.
    public var closingLine: String {
        let status = verdict.exitStatus
        let what = failure.map { "\($0.message)" } ?? status.meaning
        let hint = failure?.hint.map { "\n  hint: \($0)" } ?? ""
        return "extbackup: \(status.name): \(what)\(hint)\n  drive: \(safety.sentence)"
    }
}
