import Drives
import LinuxSystem
import Reporting

/// What a run has found out so far; in the end its report.
struct RunRecord {
    let started: Timestamp
    let driveName: String
    var luksUUID = ""
    var serial: String?
    var runNumber: Int64 = 0
    /// The step in which the worst thing happened, else the last one.
    private(set) var phase = Phase.starting
    private var phaseIsFixed = false
    private(set) var failures: [Failure] = []
    var sources: [SourceResult] = []
    var space: FreeSpace?
    var safety = PullSafety.safe(.closed)
    private(set) var warnings: [String] = []

    init(started: Timestamp, driveName: String) {
        self.started = started
        self.driveName = driveName
    }

    mutating func enter(_ phase: Phase) {
        if !phaseIsFixed { self.phase = phase }
    }

    mutating func fail(_ failure: Failure) {
        phaseIsFixed = true
        failures.append(failure)
    }

    mutating func warn(_ text: String) {
        warnings.append(text)
    }

    /// The status of the whole run.
    var status: ExitStatus { ExitStatus.worst(of: failures.map(\.status)) }

    /// The failure that stands for all.
    var worstFailure: Failure? {
        let status = status
        return failures.first { $0.status == status }
    }

    func report(host: String, invocation: String?, ended: Timestamp) -> RunReport {
        let worst = worstFailure
        let others = failures.filter { $0 != worst }.map(\.message)
        return RunReport(
            host: host,
            drive: ReportedDrive(name: driveName, serial: serial, luksUUID: luksUUID),
            runNumber: runNumber,
            invocation: invocation,
            started: started,
            ended: ended,
            verdict: Verdict(status),
            phase: phase,
            failure: worst.map { Explanation(message: $0.message, hint: $0.hint) },
            sources: sources,
            space: space,
            safety: safety,
            warnings: others + warnings
        )
    }
}

extension Verdict {
    /// What a run that ends with this status came to.
    init(_ status: ExitStatus) {
        self =
            switch status {
            case .ok: .succeeded
            case .partial: .partial
            case .held: .held
            case .interrupted: .interrupted
            case .skipped: .skipped
            case .failed, .usage: .failed(.other)
            case .noDrive: .failed(.noDrive)
            case .locked: .failed(.locked)
            case .unlockFailed: .failed(.unlockFailed)
            case .noSpace: .failed(.noSpace)
            case .driveGone: .failed(.driveGone)
            case .verifyFailed: .failed(.verifyFailed)
            case .sourceMissing: .failed(.sourceMissing)
            case .notClosed: .failed(.notClosed)
            case .config: .failed(.config)
            }
    }
}
