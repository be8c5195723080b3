import LinuxSystem
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

    /// One hour ahead of UTC, and from 06:45 UTC on two, as if the clocks were set in the morning of that day.
    @Sendable
    static func centralEurope(_ moment: Timestamp) -> LocalTime {
        let isSummer = moment.seconds >= ended.seconds + 255
        let seconds = Int((moment.seconds + (isSummer ? 7_200 : 3_600)) % 86_400)
        return LocalTime(
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            zone: isSummer ? "CEST" : "CET"
        )
    }

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
