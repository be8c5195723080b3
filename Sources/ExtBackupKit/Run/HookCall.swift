import Drives
import LinuxSystem
import Logging
import Reporting

/// One call of a hook: what is run, for what, and what it is told.
struct HookCall {
    /// When it is run.
    enum Moment: String {
        case before, after
    }

    let moment: Moment
    /// The program and its arguments.
    let command: [FileName]
    let timeout: Duration
    let drive: DriveName
    /// nil for the hooks of a whole run.
    let source: SourceConfiguration?
    /// How it went, for a hook that is run after.
    let status: HookStatus?

    /// `'before' of source 'photos'`.
    var subject: String {
        "'\(moment.rawValue)' of " + (source.map { "source '\($0.name)'" } ?? "the run")
    }

    /// The whole environment, `NAME=value`.
    var environment: [FileName] {
        var variables: [FileName] = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
            "HOME=/root",
            FileName("EXTBACKUP_HOOK=" + moment.rawValue), FileName("EXTBACKUP_DRIVE=" + drive.text),
        ]
        if let source {
            variables.append(FileName("EXTBACKUP_SOURCE=" + source.name))
            variables.append(FileName(bytes: Array("EXTBACKUP_PATH=".utf8) + source.path.bytes))
        }
        if let status { variables.append(FileName("EXTBACKUP_STATUS=" + status.rawValue)) }
        return variables
    }

    /// For the journal, with everything that the hook says.
    var fields: Logger.Metadata {
        var fields: Logger.Metadata = ["drive": "\(drive)", "hook": "\(moment.rawValue)"]
        if let source { fields["source"] = "\(source.name)" }
        return fields
    }

    /// The command as it can be typed.
    private var typed: String { command.map(\.description).joined(separator: " ") }

    /// Why it could not be started.
    func failure(_ error: SystemError) -> Failure {
        Failure(
            .failed,
            "\(subject) cannot be started: \(error)",
            hint: "correct it in the configuration: \(typed)"
        )
    }

    /// How it ended is not known.
    var lost: Failure {
        Failure(
            .failed,
            "how \(subject) ended is not known: systemd itself was started anew while it ran",
            hint: "run the backup again"
        )
    }

    /// What a person is told when it did not end well.
    ///
    /// - Parameter lastLine: what it said last; may be empty.
    func failure(_ ending: ChildProcess.Ending, lastLine: String) -> Failure {
        let reason =
            switch ending {
            case .exited, .signaled: "failed (\(ending))"
            case .timedOut: "was stopped, because it was not done after \(timeout.text)"
            }
        return Failure(
            .failed,
            "\(subject) \(reason)" + (lastLine.isEmpty ? "" : ": \(lastLine)"),
            hint: "the journal has all that it said; run it by hand to see what is wrong: \(typed)"
        )
    }
}

/// How it went, as a hook is told that is run after.
enum HookStatus: String {
    /// All was copied.
    case ok
    /// Some entries, or some sources, were not copied.
    case partial
    /// All was copied; deletions wait for a person.
    case held
    /// It failed.
    case failed
    /// The run was stopped.
    case interrupted
    /// Nothing was tried.
    case skipped

    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .succeeded: .ok
            case .partial: .partial
            case .held: .held
            case .failed: .failed
            case .interrupted: .interrupted
            case .skipped: .skipped
            }
    }

    /// For a source that was copied.
    init(_ result: SourceResult) {
        self = result.heldDeletions > 0 ? .held : result.skipped.total > 0 ? .partial : .ok
    }
}

/// Passes on what a hook says, as much as somebody may want to read, and remembers its last line.
struct HookOutput {
    /// So many lines go to the journal; from then on only the last one is told.
    static let lineLimit = 1000

    private let logger: Logger
    private let fields: Logger.Metadata
    private var count = 0
    private(set) var lastLine = ""

    init(of call: HookCall, to logger: Logger) {
        self.logger = logger
        fields = call.fields
    }

    mutating func take(_ line: [UInt8]) {
        count += 1
        lastLine = String(decoding: line, as: UTF8.self)
        if count <= Self.lineLimit { logger.notice("\(lastLine)", metadata: fields) }
    }

    /// Tells how much was not passed on, and the last of it.
    func finish() {
        guard count > Self.lineLimit else { return }
        logger.notice("\(count - Self.lineLimit) more lines, the last one: \(lastLine)", metadata: fields)
    }
}
