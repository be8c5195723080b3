import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

private let invocation = "0123456789abcdef0123456789abcdef"

/// What systemd says of an agent that was killed.
private func killed(_ invocation: String? = invocation) -> MonitorEnvironment {
    MonitorEnvironment(
        [
            "MONITOR_SERVICE_RESULT": "signal", "MONITOR_EXIT_CODE": "killed", "MONITOR_EXIT_STATUS": "KILL",
            "MONITOR_INVOCATION_ID": invocation,
        ].compactMapValues { $0 }
    )
}

/// What systemd says of an agent that ended by itself.
private func exited(_ status: Reporting.ExitStatus) -> MonitorEnvironment {
    MonitorEnvironment([
        "MONITOR_SERVICE_RESULT": status == .ok ? "success" : "exit-code", "MONITOR_EXIT_CODE": "exited",
        "MONITOR_EXIT_STATUS": "\(status.rawValue)", "MONITOR_INVOCATION_ID": invocation,
    ])
}

extension Sandbox {
    /// As a run that was killed while it copied leaves the machine.
    fileprivate func leaveRunning() throws {
        drive.state.withLock {
            $0.mappings = ["extbackup-red-7"]
            $0.mounts = [layout.runFolder.appending("mnt-red")]
        }
        let started = Timestamp(seconds: 1_789_999_000)
        try StatusFile(directory: layout.stateFolder).update {
            $0[drive: "red"].begin(
                RunningState(invocation: invocation, pid: 1, started: started, phase: .copying)
            )
        }
        try LightBoard(folder: layout.lightFolder).post(.working, job: "red")
    }

    fileprivate func hook(_ ending: MonitorEnvironment) throws {
        try FailedRun(name, in: context(invocation: nil)).tell(after: ending)
    }

    @discardableResult
    fileprivate func cleanUp(_ ending: MonitorEnvironment) throws -> PullSafety? {
        try RunCleanup(name, in: context(invocation: nil)).perform(after: ending)
    }
}

@Suite("Cleaning up", Need.root)
struct RunCleanupTests {
    @Test("after a killed run closes everything, shows red, and mails, so that the hook has nothing to say")
    func afterKill() throws {
        let sandbox = try Sandbox()
        try sandbox.leaveRunning()
        #expect(try sandbox.cleanUp(killed()) == .safe(.closed))
        #expect(sandbox.log.calls == ["unmount", "deactivate", "candidates", "pin", "flush"])
        #expect(try sandbox.light() == .failedSafe)
        #expect(!sandbox.log.colors.contains("safe"))
        let report = try #require(try sandbox.status().lastReport)
        #expect(report.verdict == .failed(.agentKilled))
        #expect(report.phase == .copying)
        #expect(report.safety == .safe(.closed))
        #expect(report.failure?.message == "the agent was killed by signal KILL")
        #expect(try sandbox.status().running == nil)
        let subjects = ["[nas] Backup to drive 'red' FAILED while copying - safe to pull"]
        #expect(try sandbox.subjects() == subjects)
        for _ in 0..<2 { try sandbox.hook(killed()) }
        #expect(try sandbox.subjects() == subjects)
    }

    @Test("after a killed run whose drive stays busy says that it must not be pulled")
    func stillBusy() throws {
        let sandbox = try Sandbox()
        try sandbox.leaveRunning()
        sandbox.drive.fail(.init(call: "deactivate", errno: .resourceBusy))
        do {
            try sandbox.cleanUp(killed())
            Issue.record("it says that all is closed")
        } catch {
            let failure = try #require(error as? Failure)
            #expect(failure.status == .notClosed)
            #expect(failure.message.hasPrefix("drive 'red' is not closed: "))
            #expect(failure.hint?.hasPrefix("do not pull it; ") == true)
        }
        #expect(try sandbox.light() == .failedUnsafe)
        try sandbox.hook(killed())
        let mail = try #require(try sandbox.mails().first)
        #expect(mail.contains("DO NOT PULL"))
        #expect(mail.contains("extbackup cleanup red"))
        #expect(try sandbox.light() == .failedUnsafe)
        // Whoever held it has ended.
        sandbox.drive.state.withLock { $0.faults = [] }
        #expect(try sandbox.cleanUp(MonitorEnvironment([:])) == .safe(.closed))
        #expect(try sandbox.light() == .failedSafe)
        #expect(try sandbox.status().lastReport?.safety == .safe(.closed))
    }

    @Test("by hand proves that a drive which a run could not release may be pulled now")
    func notReleased() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "flush", errno: .resourceBusy))
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.notClosed))
        #expect(try sandbox.light() == .failedUnsafe)
        sandbox.drive.state.withLock { $0.faults = [] }
        #expect(try sandbox.cleanUp(MonitorEnvironment([:])) == .safe(.closed))
        #expect(try sandbox.status().lastReport?.safety == .safe(.closed))
        #expect(try sandbox.status().lastReport?.verdict == .failed(.notClosed))
        #expect(try sandbox.light() == .failedSafe)
    }

    @Test("after a run that ended in order changes nothing", arguments: [false, true])
    func inOrder(isFailed: Bool) throws {
        let sandbox = try Sandbox()
        if isFailed { sandbox.drive.fail(.init(call: "activate", errno: .notPermitted)) }
        let report = try sandbox.run()
        let seen = sandbox.log.events
        let light = try sandbox.light()
        #expect(try sandbox.cleanUp(exited(report.verdict.exitStatus)) == nil)
        #expect(Array(sandbox.log.events.dropFirst(seen.count)) == ["candidates"])
        #expect(try sandbox.light() == light)
        #expect(try sandbox.status().lastReport == report)
    }

    @Test("starts the run of a drive that was plugged in again meanwhile")
    func pluggedAgain() throws {
        let sandbox = try Sandbox()
        try sandbox.run()
        sandbox.drive.state.withLock {
            $0.isPresent = true
            $0.devices = [.example(diskSequence: 8)]
        }
        try sandbox.cleanUp(exited(.ok))
        #expect(sandbox.log.startedUnits == ["'extbackup@red.service'"])
    }

    @Test(
        "starts no run of the same plug-in, of another disk, or of none",
        arguments: [[.example(diskSequence: 7)], [.example(diskSequence: 8, serial: "S2")], []]
            as [[BlockDevice]]
    )
    func notPluggedAgain(devices: [BlockDevice]) throws {
        let sandbox = try Sandbox()
        try sandbox.run()
        sandbox.drive.state.withLock {
            $0.isPresent = true
            $0.devices = devices
        }
        try sandbox.cleanUp(exited(.ok))
        #expect(sandbox.log.startedUnits == [])
    }

    @Test("with a broken configuration still shows red, on the standard light")
    func brokenConfiguration() throws {
        let sandbox = try Sandbox()
        try sandbox.leaveRunning()
        try sandbox.home.write("etc/config.toml", "broken")
        #expect(try sandbox.cleanUp(killed()) == .safe(.closed))
        #expect(sandbox.log.colors.last == "failed")
    }
}

@Suite("The hook of a failed unit", Need.root)
struct FailedRunTests {
    @Test("is silent when the agent mailed")
    func mailed() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        let report = try sandbox.run()
        #expect(try sandbox.mails().count == 1)
        try sandbox.hook(exited(.unlockFailed))
        #expect(try sandbox.mails().count == 1)
        #expect(try sandbox.status().lastReport == report)
    }

    @Test("mails and posts to the light when the agent never came up")
    func neverUp() throws {
        let sandbox = try Sandbox()
        for _ in 0..<2 {
            try sandbox.hook(
                MonitorEnvironment([
                    "MONITOR_SERVICE_RESULT": "resources", "MONITOR_INVOCATION_ID": invocation,
                ])
            )
        }
        #expect(
            try sandbox.subjects() == ["[nas] Backup to drive 'red' FAILED while starting - safe to pull"]
        )
        #expect(try sandbox.light() == .failedSafe)
        #expect(try sandbox.status().lastReport?.verdict == .failed(.agentKilled))
        #expect(sandbox.log.colors == [])
    }

    @Test("says nothing of an agent that found another run at work")
    func otherRun() throws {
        let sandbox = try Sandbox()
        try sandbox.leaveRunning()
        try sandbox.hook(
            MonitorEnvironment([
                "MONITOR_SERVICE_RESULT": "exit-code", "MONITOR_EXIT_CODE": "exited",
                "MONITOR_EXIT_STATUS": "11",
                "MONITOR_INVOCATION_ID": "99999999999999999999999999999999",
            ])
        )
        #expect(try sandbox.mails() == [])
        #expect(try sandbox.light() == .working)
        #expect(try sandbox.status().running?.invocation == invocation)
    }

    @Test("that comes late does not hide a run that began since")
    func late() throws {
        let sandbox = try Sandbox()
        try sandbox.leaveRunning()
        try sandbox.hook(killed("99999999999999999999999999999999"))
        #expect(try sandbox.mails().count == 1)
        #expect(try sandbox.status().running?.invocation == invocation)
    }

    @Test("mails with a broken configuration, too: to root")
    func brokenConfiguration() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("etc/config.toml", "broken")
        try sandbox.hook(killed())
        let mail = try #require(try sandbox.mails().first)
        #expect(mail.contains("To: root"))
    }
}
