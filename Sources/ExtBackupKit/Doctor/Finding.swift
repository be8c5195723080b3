public import Reporting

/// What one check of `extbackup doctor` found.
public struct Finding: Hashable, Sendable {
    /// How bad it is.
    public enum Grade: String, Codable, CaseIterable, Sendable {
        /// All is well.
        case fine
        /// Worth knowing; nothing is wrong.
        case note
        /// Backups work, but something will hurt one day.
        case warning
        /// A backup would fail, or could not be restored.
        case failure
    }

    /// What was looked at: `configuration`, `key`, `header`.
    public let check: Check
    /// Which drive or source, if it is about one.
    public let subject: String?
    /// How bad it is.
    public let grade: Grade
    /// What was found; begins in lower case, without a full stop.
    public let message: String
    /// What to do; nil when nothing is to be done.
    public let hint: String?
    /// The exit status that stands for it.
    public let status: ExitStatus

    /// What the doctor looks at, in this order.
    public enum Check: String, Codable, CaseIterable, Sendable {
        /// `config.toml` and the drives' files.
        case configuration
        /// Folders that are to be copied.
        case source
        /// Key files, their owner and mode, and whether they open their slots.
        case key
        /// Backups of LUKS headers.
        case header
        /// Links that start the agent.
        case unit
        /// How old the last good backup is.
        case age
        /// What the kernel and udev have to bring.
        case machine
        /// Programs that open drives before the agent can.
        case automounter
        /// The machine's clock.
        case clock
        /// Room for the program's own files, and on the drives.
        case space
        /// The BlinkStick.
        case light
        /// The mail program, and mails that wait.
        case mail
    }

    static func fine(_ check: Check, _ subject: String?, _ message: String) -> Finding {
        Finding(check: check, subject: subject, grade: .fine, message: message, hint: nil, status: .ok)
    }

    static func note(_ check: Check, _ subject: String?, _ message: String, hint: String? = nil)
        -> Finding
    {
        Finding(check: check, subject: subject, grade: .note, message: message, hint: hint, status: .ok)
    }

    static func warning(
        _ check: Check,
        _ subject: String?,
        _ message: String,
        hint: String? = nil
    ) -> Finding {
        Finding(check: check, subject: subject, grade: .warning, message: message, hint: hint, status: .ok)
    }

    static func failure(
        _ check: Check,
        _ subject: String?,
        _ message: String,
        hint: String? = nil,
        status: ExitStatus = .failed
    ) -> Finding {
        Finding(check: check, subject: subject, grade: .failure, message: message, hint: hint, status: status)
    }

    static func failure(_ check: Check, _ subject: String?, _ failure: Failure) -> Finding {
        .failure(check, subject, failure.message, hint: failure.hint, status: failure.status)
    }
}

extension [Finding] {
    /// The exit status of the whole: the worst of all failures.
    public var status: ExitStatus { ExitStatus.worst(of: map(\.status)) }

    /// One line for each finding, a hint below it.
    public var lines: [String] {
        flatMap { finding in
            let about = finding.subject.map { " '\($0)'" } ?? ""
            let line = "\(finding.grade.mark) \(finding.check.rawValue)\(about): \(finding.message)"
            return [line] + (finding.hint.map { ["          hint: \($0)"] } ?? [])
        }
    }

    /// The sentence at the end.
    public var verdict: String {
        let failures = filter { $0.grade == .failure }.count
        let warnings = filter { $0.grade == .warning }.count
        if failures == 0, warnings == 0 { return "all is well" }
        let parts = [Self.counted(failures, "failure"), Self.counted(warnings, "warning")]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private static func counted(_ count: Int, _ what: String) -> String? {
        count == 0 ? nil : "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    /// The same for programs: an object with the findings and the exit status.
    public func json() throws(Failure) -> String {
        try PrettyJSON.text(of: FindingsDocument(self))
    }
}

extension Finding.Grade {
    /// Stands in front of a line, always as wide.
    fileprivate var mark: String {
        switch self {
        case .fine: "ok       "
        case .note: "note     "
        case .warning: "WARNING  "
        case .failure: "FAILURE  "
        }
    }
}

/// What `doctor --json` prints.
private struct FindingsDocument: Encodable {
    struct Item: Encodable {
        let check: String
        let subject: String?
        let grade: String
        let message: String
        let hint: String?
    }

    let status: String
    let exitStatus: Int32
    let findings: [Item]

    init(_ findings: [Finding]) {
        status = findings.status.name
        exitStatus = findings.status.rawValue
        self.findings = findings.map {
            Item(
                check: $0.check.rawValue,
                subject: $0.subject,
                grade: $0.grade.rawValue,
                message: $0.message,
                hint: $0.hint
            )
        }
    }
}
