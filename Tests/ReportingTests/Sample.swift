import Reporting

/// Testing has a type of this name, too.
typealias ExitStatus = Reporting.ExitStatus

/// A run to vary in tests.
enum Sample {
    static let invocation = "0123456789abcdef0123456789abcdef"
    static let started = Timestamp(seconds: 1_772_345_345)  // 2026-03-01T06:09:05Z
    static let ended = Timestamp(seconds: 1_772_347_245)  // 2026-03-01T06:40:45Z
    static let drive = ReportedDrive(
        name: "red",
        serial: "WD-WX12A3456789",
        luksUUID: "6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11"
    )

    static func report(
        _ verdict: Verdict,
        phase: Phase = .copying,
        safety: PullSafety = .safe(.poweredOff),
        failure: Explanation? = nil
    ) -> RunReport {
        RunReport(
            host: "nas",
            drive: drive,
            runNumber: 17,
            invocation: invocation,
            started: started,
            ended: ended,
            verdict: verdict,
            phase: phase,
            failure: failure,
            safety: safety
        )
    }
}
