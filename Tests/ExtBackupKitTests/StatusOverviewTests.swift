import Drives
import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("The status", Need.root)
struct StatusOverviewTests {
    @Test("before any set-up says that there is no drive yet")
    func nothing() throws {
        let sandbox = try Sandbox()
        var context = sandbox.context()
        context.layout = HostLayout(
            configurationFolder: sandbox.home.path.appending("none/etc"),
            stateFolder: sandbox.home.path.appending("none/var"),
            runFolder: sandbox.home.path.appending("none/run")
        )
        let overview = try StatusOverview(context)
        #expect(overview.lines == ["no drive was prepared yet: 'extbackup prepare-disk' makes one"])
        #expect(try overview.json().contains("\"drives\" : {"))
    }

    @Test("of a drive that had no run is short")
    func noRun() throws {
        let sandbox = try Sandbox()
        #expect(try StatusOverview(sandbox.context()).lines == ["red", "  last good backup: never"])
    }

    @Test(
        "of a drive that works tells result, age and amounts",
        arguments: [(["a"], "1 file copied, 8 bytes"), (["a", "b"], "2 files copied, 16 bytes")]
            as [([FileName], String)]
    )
    func good(files: [FileName], amounts: String) throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: files)
        let lines = try StatusOverview(sandbox.context()).lines
        #expect(
            lines == [
                "red",
                "  last good backup: 2026-09-21 14:13 UTC (just now)",
                "  last run: ok, 2026-09-21 14:13 UTC (just now)",
                "  safe to pull: closed and powered off",
                "  photos: \(amounts), 0 deleted",
            ]
        )
    }

    @Test("of a drive that failed, and runs again, tells why, what to do, and since when")
    func failed() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        try sandbox.run()
        try StatusFile(directory: sandbox.layout.stateFolder).update {
            $0[drive: "red"].begin(
                RunningState(
                    invocation: nil,
                    pid: 1,
                    started: Timestamp(seconds: 1_790_000_000),
                    phase: .copying
                )
            )
        }
        let lines = try StatusOverview(sandbox.context()).lines
        #expect(lines.count == 7)
        #expect(lines.prefix(3).joined(separator: "\n").contains("  now: copying, since "))
        #expect(lines.contains("  last good backup: never"))
        #expect(lines.contains("    drive 'red': the key does not open the drive"))
        #expect(
            lines.contains { $0.hasPrefix("    hint: the key file must be the one that 'prepare-disk' made") }
        )
        #expect(lines.last == "  safe to pull: closed")
    }

    @Test("that is damaged says so, and goes on")
    func damaged() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("var/status.json", "{")
        let lines = try StatusOverview(sandbox.context()).lines
        #expect(
            lines.first?.hasSuffix("status.json' is damaged or of another version and was not read") == true
        )
        #expect(lines.dropFirst() == ["red", "  last good backup: never"])
    }
}

@Suite("The last lines of a command")
struct ClosingLinesTests {
    private func report(_ verdict: Verdict, _ failure: Explanation?, _ safety: PullSafety) -> RunReport {
        RunReport(
            host: "nas",
            drive: ReportedDrive(name: "red", luksUUID: FakeDrive.uuid),
            started: Timestamp(seconds: 0),
            ended: Timestamp(seconds: 0),
            verdict: verdict,
            phase: .closing,
            failure: failure,
            safety: safety
        )
    }

    @Test("of a run tell status, reason, hint, and whether the drive may be pulled")
    func run() {
        #expect(
            report(.succeeded, nil, .safe(.poweredOff)).closingLine
                == "extbackup: ok: all copied, closed, safe\n  drive: safe to pull: closed and powered off"
        )
        let failure = Explanation(message: "it does not fit", hint: "make room")
        #expect(
            report(.failed(.noSpace), failure, .unsafe(reason: "it is mounted")).closingLine
                == """
                extbackup: no-space: it does not fit
                  hint: make room
                  drive: NOT safe to pull: it is mounted
                """
        )
        #expect(
            report(.interrupted, nil, .gone).closingLine
                == "extbackup: interrupted: SIGINT, SIGTERM\n  drive: it is not plugged in"
        )
    }
}
