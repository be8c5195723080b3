import Reporting
import Testing

@Suite("The failure hook")
struct FailureHookTests {
    private func monitor(_ result: String, _ status: String) -> MonitorEnvironment {
        MonitorEnvironment([
            "MONITOR_SERVICE_RESULT": result, "MONITOR_EXIT_CODE": "killed", "MONITOR_EXIT_STATUS": status,
            "MONITOR_INVOCATION_ID": Sample.invocation, "MONITOR_UNIT": "extbackup@red.service",
        ])
    }

    private func answer(_ monitor: MonitorEnvironment, _ status: DriveStatus) -> RunReport? {
        FailureHook.report(
            monitor,
            host: "nas",
            drive: Sample.drive,
            status: status,
            safety: .safe(.closed),
            now: Sample.ended
        )
    }

    private func running(invocation: String) -> RunningState {
        RunningState(
            invocation: invocation,
            pid: 5,
            started: Sample.started,
            phase: .syncing,
            progress: Progress(
                changesDone: 12,
                changesTotal: 1_340,
                bytesDone: 1_500_000,
                bytesTotal: 20_000_000
            )
        )
    }

    @Test("is silent when the agent's mail about this invocation went out")
    func mailed() {
        var status = DriveStatus()
        status.finish(Sample.report(.failed(.noSpace)))
        status.noteMailed(invocation: Sample.invocation)
        #expect(answer(monitor("exit-code", "16"), status) == nil)
    }

    @Test("passes on the agent's report when only its mail failed")
    func unsent() {
        var status = DriveStatus()
        status.finish(Sample.report(.failed(.noSpace)))
        status.noteMailed(invocation: "another")
        #expect(answer(monitor("exit-code", "16"), status) == Sample.report(.failed(.noSpace)))
    }

    @Test("tells of a killed agent what it was seen doing last")
    func killed() throws {
        var status = DriveStatus()
        status.finish(Sample.report(.succeeded))
        status.begin(running(invocation: Sample.invocation))
        status.lastReport?.invocation = "an earlier one"
        let report = try #require(answer(monitor("signal", "KILL"), status))
        #expect(report.verdict == .failed(.agentKilled))
        #expect(report.phase == .syncing)
        #expect(report.started == Sample.started)
        #expect(report.failure?.message == "the agent was killed by signal KILL")
        #expect(report.safety == .safe(.closed))
        #expect(report.warnings == ["when it was last seen it had done 12 of 1 340 changes, 1.5 MB of 20 MB"])
        #expect(MailPolicy().occasion(for: report, previous: nil) == .failure)
    }

    @Test("tells of which source a killed agent had done so much")
    func source() throws {
        var status = DriveStatus()
        var state = running(invocation: Sample.invocation)
        state.progress?.source = Progress.Source(name: "photos", number: 1, count: 3)
        state.progress?.secondsLeft = 5
        status.begin(state)
        let report = try #require(answer(monitor("signal", "KILL"), status))
        let warning = "when it was last seen it had done 12 of 1 340 changes, 1.5 MB of 20 MB of 'photos'"
        #expect(report.warnings == [warning])
    }

    @Test("does not take the state of a newer run for the failed one's")
    func newerRun() throws {
        var status = DriveStatus()
        status.begin(running(invocation: "newer"))
        let report = try #require(answer(monitor("signal", "KILL"), status))
        #expect(report.phase == .starting)
        #expect(report.warnings.isEmpty)
        #expect(report.invocation == Sample.invocation)
    }

    @Test("falls back on the status file when systemd says nothing")
    func withoutMonitor() throws {
        var status = DriveStatus()
        status.begin(running(invocation: Sample.invocation))
        let report = try #require(answer(MonitorEnvironment(["MONITOR_UNIT": ""]), status))
        #expect(report.invocation == Sample.invocation)
        #expect(report.phase == .syncing)
        #expect(report.failure?.message == "the agent's service failed, and systemd does not say how")
        status.noteMailed(invocation: Sample.invocation)
        #expect(answer(MonitorEnvironment([:]), status) == nil)
    }

    @Test(
        "says how the agent ended",
        arguments: [
            ("core-dump", "SEGV", "the agent crashed with signal SEGV"),
            ("oom-kill", "KILL", "the agent was killed because memory ran out"),
            ("watchdog", "ABRT", "the agent made no progress for too long and was killed"),
            ("timeout", "TERM", "the agent took too long to start or to stop and was killed"),
            ("exit-code", "203", "the agent ended with exit status 203 and could not say why"),
            ("start-limit-hit", "0", "the agent was started too often in a short time"),
            ("resources", "0", "systemd could not start the agent for lack of resources"),
            ("odd\n", "0", "the agent's service failed with result 'odd\\n'"),
        ]
    )
    func messages(result: String, status: String, expected: String) {
        #expect(monitor(result, status).message == expected)
    }
}
