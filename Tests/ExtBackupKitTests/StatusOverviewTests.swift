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
            lines.filter { !$0.hasPrefix("  free on it: ") } == [
                "red",
                "  last good backup: 2026-09-21 14:13 UTC (just now)",
                "  due 2026-10-21 14:13 UTC (in 30 days)",
                "  last run: ok, 2026-09-21 14:13 UTC (just now)",
                "  safe to pull: closed and powered off",
                "  photos: \(amounts), 0 deleted",
            ]
        )
        #expect(lines.count == 7)
    }

    @Test("of an overdue drive says so, as the configuration has it")
    func overdue() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        sandbox.pass(.seconds(31 * 86400))
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.lines.contains("  OVERDUE since 2026-10-21 14:13 UTC (1 day ago)"))
        #expect(try overview.json().contains("\"isOverdue\" : true"))
        try sandbox.configure(rest: "[drive]\ndue_after = \"60d\"")
        let later = try StatusOverview(sandbox.context())
        #expect(later.lines.contains("  due 2026-11-20 14:13 UTC (in 29 days)"))
        #expect(try later.json().contains("\"isOverdue\" : false"))
    }

    @Test("names the drive to bring next: the one with the oldest good backup, one without any first")
    func next() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        #expect(try StatusOverview(sandbox.context()).lines.allSatisfy { !$0.hasPrefix("next drive") })
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            Sandbox.driveFile.split(separator: "red").joined(separator: "blue")
        )
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.lines.last == "next drive to bring: blue")
        #expect(try overview.json().contains("\"nextDrive\" : \"blue\""))
        try StatusFile(directory: sandbox.layout.stateFolder).update {
            $0[drive: "blue"].lastGood = sandbox.context().now()
        }
        #expect(try StatusOverview(sandbox.context()).lines.last == "next drive to bring: red")
    }

    @Test("of a run that goes on tells how far it is")
    func progress() throws {
        let sandbox = try Sandbox()
        var running = RunningState(invocation: nil, pid: 1, started: sandbox.context().now(), phase: .copying)
        running.progress = Progress(
            changesDone: 12,
            changesTotal: 340,
            bytesDone: 1_500_000_000,
            bytesTotal: 20_000_000_000
        )
        let state = running
        try StatusFile(directory: sandbox.layout.stateFolder).update { $0[drive: "red"].begin(state) }
        let lines = try StatusOverview(sandbox.context()).lines
        #expect(lines.contains("    12 of 340 changes, 1.5 GB of 20 GB"))
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
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.warnings.count == 1)
        #expect(
            overview.warnings[0].hasSuffix("status.json' is damaged or of another version and was not read")
        )
        #expect(overview.lines == ["red", "  last good backup: never"])
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
        #expect(
            report(.succeeded, nil, .safe(.closed)).closingLineOfPreview
                == "extbackup: ok: this was a preview, nothing was changed\n  drive: safe to pull: closed"
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
