/// What systemd tells a service that it starts through `OnFailure=` (systemd.exec(5), since version 251).
///
/// All of it is missing when more than one unit triggered the same instance of the service.
public struct MonitorEnvironment: Hashable, Sendable {
    /// `MONITOR_SERVICE_RESULT`: `exit-code`, `signal`, `oom-kill`, `watchdog`, …
    public var serviceResult: String?
    /// `MONITOR_EXIT_CODE`: `exited`, `killed` or `dumped`.
    public var exitCode: String?
    /// `MONITOR_EXIT_STATUS`: a number, or a signal's name without `SIG`.
    public var exitStatus: String?
    /// `MONITOR_INVOCATION_ID`: the failed service's.
    public var invocation: String?
    /// `MONITOR_UNIT`: the failed service.
    public var unit: String?

    /// Takes the variables from the hook's environment.
    public init(_ environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        serviceResult = value("MONITOR_SERVICE_RESULT")
        exitCode = value("MONITOR_EXIT_CODE")
        exitStatus = value("MONITOR_EXIT_STATUS")
        invocation = value("MONITOR_INVOCATION_ID")
        unit = value("MONITOR_UNIT")
    }

    /// How the agent ended, lower case, no full stop.
    public var message: String {
        let status = SingleLine.escape(exitStatus ?? "unknown")
        return switch serviceResult {
        case "signal": "the agent was killed by signal \(status)"
        case "core-dump": "the agent crashed with signal \(status)"
        case "oom-kill": "the agent was killed because memory ran out"
        case "watchdog": "the agent made no progress for too long and was killed"
        case "timeout": "the agent took too long to start or to stop and was killed"
        case "exit-code": "the agent ended with exit status \(status) and could not say why"
        case "start-limit-hit": "the agent was started too often in a short time"
        case "resources": "systemd could not start the agent for lack of resources"
        case .some(let result): "the agent's service failed with result '\(SingleLine.escape(result))'"
        case nil: "the agent's service failed, and systemd does not say how"
        }
    }
}

/// What the `OnFailure=` unit reports when the agent could not do so itself.
public enum FailureHook {
    /// The report that the hook mails; nil when a mail about this invocation went out already.
    ///
    /// When the agent left a report but could not send it, that report is the answer. Else the agent died, and
    /// the answer says in which phase it was seen last.
    ///
    /// - Parameters:
    ///   - monitor: what systemd says about the failed service.
    ///   - drive: the drive that the unit is for.
    ///   - status: what the status file says about it.
    ///   - safety: whether the drive may be pulled, as the clean-up left it.
    public static func report(
        _ monitor: MonitorEnvironment,
        host: String,
        drive: ReportedDrive,
        status: DriveStatus,
        safety: PullSafety,
        now: Timestamp
    ) -> RunReport? {
        let invocation = monitor.invocation ?? status.running?.invocation
        if let invocation {
            if status.hasMailed(invocation: invocation) { return nil }
            if let report = status.lastReport, report.invocation == invocation { return report }
        }
        // A running state of another invocation belongs to a run that began since.
        let running = status.running.flatMap { $0.invocation == invocation ? $0 : nil }
        return RunReport(
            host: host,
            drive: drive,
            invocation: invocation,
            started: running?.started ?? now,
            ended: now,
            verdict: .failed(.agentKilled),
            phase: running?.phase ?? .starting,
            failure: Explanation(message: monitor.message),
            safety: safety,
            warnings: running?.progress.map { ["when it was last seen it had done \($0.amountsOfSource)"] }
                ?? []
        )
    }
}
