import Drives
import LinuxSystem
import Reporting
import Synchronization
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
        var progress = Progress(
            changesDone: 12,
            changesTotal: 340,
            bytesDone: 1_500_000_000,
            bytesTotal: 20_000_000_000
        )
        progress.source = Progress.Source(name: "photos", number: 1, count: 3)
        progress.bytesPerSecond = 25_000_000
        progress.secondsLeft = 740
        try sandbox.begin(progress: progress)
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.lines.count == 5)
        #expect(overview.lines[1].hasPrefix("  now: copying, since "))
        #expect(
            overview.lines[2...] == [
                "    'photos', 1 of 3 sources: 12 of 340 changes, 1.5 GB of 20 GB, 25 MB/s, 12 min 20 s left",
                "  last good backup: never",
                "  NOT safe to pull: a backup works on it",
            ]
        )
        let json = try overview.json()
        for part in [
            "\"name\" : \"photos\"", "\"number\" : 1", "\"count\" : 3", "\"bytesPerSecond\" : 25000000",
            "\"secondsLeft\" : 740", "\"isInUse\" : true", "\"pull\" : \"unsafe\"",
        ] {
            #expect(json.contains(part), "\(part)")
        }
        withExtendedLifetime(lock) {}
    }

    @Test("of a drive that failed, and runs again, tells why, what to do, and since when")
    func failed() throws {
        let sandbox = try Sandbox()
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        try sandbox.run()
        #expect(try StatusOverview(sandbox.context()).lines.last == "  safe to pull: closed")
        try sandbox.begin()
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
        let overview = try StatusOverview(sandbox.context())
        let lines = overview.lines
        #expect(lines.count == 7)
        #expect(lines.prefix(3).joined(separator: "\n").contains("  now: copying, since "))
        #expect(lines.contains("  last good backup: never"))
        #expect(lines.contains("    drive 'red': the key does not open the drive"))
        #expect(
            lines.contains {
                $0.hasPrefix("    hint: if its key was being changed, run 'extbackup drives key rotate red'")
            }
        )
        #expect(lines.last == "  NOT safe to pull: a backup works on it")
        // The last report's answer does not hold either.
        #expect(try !overview.json().contains("\"safe\""))
        withExtendedLifetime(lock) {}
    }

    @Test("of a drive that a command works with says that, and not what the last run said")
    func inUse() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        let lock = try RunLock.take(of: sandbox.name, for: .byHand, in: sandbox.context())
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.lines.contains("  NOT safe to pull: it is in use by a command"))
        #expect(overview.lines.allSatisfy { !$0.hasPrefix("  safe to pull") && !$0.hasPrefix("  now:") })
        let json = try overview.json()
        #expect(json.contains("\"isInUse\" : true"))
        #expect(!json.contains("\"safe\""))
        _ = consume lock
        let after = try StatusOverview(sandbox.context())
        #expect(after.lines.contains("  safe to pull: closed and powered off"))
        #expect(try after.json().contains("\"isInUse\" : false"))
    }

    @Test("of a run that was cut off says so, also while a command works on the drive")
    func cutOff() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        // No process has this number.
        try sandbox.begin(pid: .max)
        func check(isInUse: Bool) throws {
            let overview = try StatusOverview(sandbox.context())
            let lines = overview.lines
            #expect(lines[1].hasPrefix("  the run that began 2026-09-21 14:13 UTC ("))
            #expect(lines[1].hasSuffix(") was cut off: plug the drive in again"))
            #expect(lines.allSatisfy { !$0.hasPrefix("  now:") })
            let safety = isInUse ? "NOT safe to pull: it is in use by a command" : "safe to pull: closed"
            #expect(lines.contains("  \(safety)"))
            let json = try overview.json()
            #expect(json.contains("\"cutOffRun\" : {"))
            #expect(!json.contains("\"running\""))
            #expect(json.contains("\"isInUse\" : \(isInUse)"))
            #expect(json.contains("\"pull\" : \"safe\"") == !isInUse)
        }
        try check(isInUse: false)
        let lock = try RunLock.take(of: sandbox.name, for: .byHand, in: sandbox.context())
        try check(isInUse: true)
        withExtendedLifetime(lock) {}
    }

    @Test("of a run that ended while it was asked about does not say that it was cut off")
    func ended() throws {
        let sandbox = try Sandbox()
        try sandbox.begin(pid: .max)
        let before = try sandbox.status()
        try sandbox.runBefore(files: ["a"])
        let situation = sandbox.context().situation(of: "red", before)
        #expect(situation.cutOffRun == nil)
        #expect(situation.status.running == nil)
        #expect(situation.safety == .safe(.poweredOff))
    }

    @Test("of a drive that something left open since its last run does not call it safe")
    func leftOpen() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        sandbox.drive.state.withLock { $0.mappings = ["extbackup-red-7"] }
        let overview = try StatusOverview(sandbox.context())
        #expect(overview.lines.contains("  NOT safe to pull: its encryption is still open"))
        #expect(try !overview.json().contains("\"safe\""))
    }

    @Test("of a drive whose lock cannot be asked calls nothing safe")
    func unknown() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        // As for one who is not root, whom this test cannot be: a lock that is a link is not opened.
        let folder = try Descriptor.open(sandbox.layout.runFolder, .directory)
        try folder.unlink("red.lock")
        try folder.createSymbolicLink("red.lock", target: "/dev/null")
        let overview = try StatusOverview(sandbox.context())
        #expect(
            overview.lines.contains {
                $0.hasPrefix("  NOT safe to pull: whether something works on it cannot be found out: ")
            }
        )
        let json = try overview.json()
        #expect(!json.contains("isInUse"))
        #expect(!json.contains("\"safe\""))
    }

    @Test("asked again and again, keeps no run from its drive")
    func patience() throws {
        let sandbox = try Sandbox()
        let context = sandbox.context()
        let lock: FileName = "run/red.lock"
        try sandbox.home.write(lock, "")
        // What a reader does, for as long as nobody is so slow.
        let reader = try Descriptor.open(sandbox.home.path.appending(lock), .read)
        try #require(try reader.tryLock(.shared))
        let holder = HeldFile(file: reader)
        Thread.start(named: "reader") {
            Thread.sleep(for: .milliseconds(100))
            // A lock that stays fails the test, ignoring.
            try? holder.file.unlock()
        }
        let report = try BackupRun.perform(sandbox.name, mode: .backup, in: context)
        #expect(report.verdict == .succeeded)
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

extension Sandbox {
    /// Notes in the status that a run copies.
    fileprivate func begin(pid: Int32 = Machine.processID, progress: Progress? = nil) throws {
        let state = RunningState(
            invocation: nil,
            pid: pid,
            started: Timestamp(seconds: 1_790_000_000),
            phase: .copying,
            progress: progress
        )
        try StatusFile(directory: layout.stateFolder).update { $0[drive: name.text].begin(state) }
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
