import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A run with hooks", Need.root)
struct BackupRunHookTests {
    @Test("runs them in order: its own while the drive is closed, those of sources around the copies")
    func order() throws {
        let sandbox = try Sandbox()
        let story = sandbox.path("story")
        try sandbox.home.write("photos/old", "x")
        try sandbox.configure(
            source: hook("before", "echo photos before >> \(story); touch $EXTBACKUP_PATH/dump") + "\n"
                + hook(
                    "after",
                    "echo photos after, $(ls \(sandbox.path("drive/photos")) | tr \"\\n\" \" \") >> \(story)"
                ),
            rest: try sandbox.music(
                hook("before", "echo music before >> \(story)") + "\n"
                    + hook("after", "echo music after >> \(story)")
            ) + "[run]\n" + hook("before", "echo run before >> \(story)") + "\n"
                + hook("after", "echo run after, $(cut -d\" \" -f1 $TMPDIR/light/red) >> \(story)")
        )
        for call in ["pin", "activate", "mount", "unmount", "deactivate", "power off"] {
            sandbox.drive.onCall(call) { [weak sandbox] in sandbox?.tell(call) }
        }
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded, "\(report)")
        #expect(
            try sandbox.story() == [
                "pin", "run before", "activate", "mount", "photos before", "music before",
                "photos after, dump old", "music after", "unmount", "deactivate", "power off",
                // Green comes when nothing can fail any more.
                "run after, working",
            ]
        )
        #expect(try sandbox.light() == .safe)
        #expect(sandbox.log.events.last == "light safe")
    }

    @Test("tells them for what they are run, and how it went")
    func environment() throws {
        let sandbox = try Sandbox()
        let show = "env | grep -v -e ^PWD= -e ^OLDPWD= -e ^SHLVL= -e ^_= | sort | tr \"\\n\" \" \""
        try sandbox.configure(
            source: hook("before", show) + "\n" + hook("after", show),
            rest: "[run]\n" + hook("before", show) + "\n" + hook("after", show)
        )
        try sandbox.run()
        let drive = "EXTBACKUP_DRIVE=red EXTBACKUP_HOOK"
        let path = "EXTBACKUP_PATH=\(sandbox.path("photos")) EXTBACKUP_SOURCE=photos"
        let rest =
            "HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
            + "TMPDIR=\(sandbox.path("run")) "
        #expect(
            sandbox.log.talk.filter { $0.hasPrefix("EXTBACKUP") } == [
                "\(drive)=before \(rest)", "\(drive)=before \(path) \(rest)",
                "\(drive)=after \(path) EXTBACKUP_STATUS=ok \(rest)",
                "\(drive)=after EXTBACKUP_STATUS=ok \(rest)",
            ]
        )
    }

    @Test("puts into the journal what they say, with the drive and the source")
    func journal() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: hook("before", "echo one; echo two >&2; echo three"))
        try sandbox.run()
        let lines = zip(sandbox.log.talk, sandbox.log.fields).filter { $0.1["hook"] != nil }
        #expect(lines.map(\.0) == ["hook runs", "one", "two", "three"])
        for (_, fields) in lines {
            #expect(fields == ["drive": "red", "source": "photos", "hook": "before"])
        }
    }

    @Test("finds a source whose path exists only between its hooks, and leaves it alone for the second one")
    func mountedByHook() throws {
        let sandbox = try Sandbox()
        let moved = sandbox.path("moved")
        try sandbox.home.write("moved/file", "contents")
        // What has the source open would keep it mounted.
        let users = "ls -l /proc/$PPID/fd /proc/$PPID/task/*/cwd | grep -c -F $EXTBACKUP_PATH"
        try sandbox.configure(
            source: hook("before", "rmdir $EXTBACKUP_PATH; mv \(moved) $EXTBACKUP_PATH") + "\n"
                + hook("after", "echo open: $(\(users)); mv $EXTBACKUP_PATH \(moved)")
        )
        #expect(try sandbox.run().verdict == .succeeded)
        #expect(try sandbox.copied("photos") == ["file"])
        #expect(sandbox.home.exists("moved/file"))
        #expect(sandbox.log.talk.contains("open: 0"), "\(sandbox.log.talk)")
    }

    @Test("holds a source's lock while they run")
    func locked() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("the.lock", "")
        let probe = "flock -n \(sandbox.path("the.lock")) true && echo free || echo held"
        try sandbox.configure(
            source: "lock = { kind = 'flock', path = '\(sandbox.path("the.lock"))' }\n"
                + hook("before", probe) + "\n" + hook("after", probe)
        )
        #expect(try sandbox.run().verdict == .succeeded)
        #expect(sandbox.log.talk.filter { $0 == "held" || $0 == "free" } == ["held", "held"])
    }

    @Test("runs none of a source that is locked by its owner")
    func lockedByOwner() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("the.lock", "")
        try sandbox.configure(
            source: "lock = { kind = 'flock', path = '\(sandbox.path("the.lock"))', wait = '0s' }\n"
                + hook("before", "echo ran") + "\n" + hook("after", "echo ran")
        )
        try sandbox.holdLock("the.lock")
        #expect(try sandbox.run().verdict == .failed(.locked))
        #expect(!sandbox.log.talk.contains("ran"))
    }
}

@Suite("A hook after", Need.root)
struct FollowingHookTests {
    /// What becomes of the run, and what the hook is told.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var verdict: Verdict
        var told: String
        var arrange: @Sendable (Sandbox) throws -> Void
    }

    static let rows: [Row] = [
        Row(testDescription: "a source that is missing", verdict: .failed(.sourceMissing), told: "failed") {
            try Descriptor.open($0.home.path, .directory).rename("photos", to: "away")
        },
        Row(testDescription: "a source whose deletions are held", verdict: .held, told: "held") {
            try Descriptor.open($0.sourcePath, .directory).unlink("old")
        },
        Row(testDescription: "a copy that was stopped", verdict: .interrupted, told: "interrupted") {
            sandbox in
            let interruption = sandbox.interruption
            // After the hook, before the first change.
            sandbox.drive.onCall("sync") { interruption.request() }
            try sandbox.home.write("photos/new", "new")
        },
        Row(testDescription: "a copy that the drive does not take", verdict: .failed(.other), told: "failed")
        {
            try $0.home.write("photos/new", "new")
            $0.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 1...1))
        },
    ]

    @Test("is run, whatever becomes of the copy, and is told", arguments: rows)
    func told(row: Row) throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["old"])
        try sandbox.configure(
            source: hook("before", "true") + "\n" + hook("after", "echo photos is $EXTBACKUP_STATUS"),
            rest: "[run]\n" + hook("after", "echo the run is $EXTBACKUP_STATUS")
        )
        try row.arrange(sandbox)
        let report = try sandbox.runAgain()
        #expect(report.verdict == row.verdict, "\(report)")
        #expect(sandbox.log.talk.filter { $0.hasPrefix("photos is ") } == ["photos is \(row.told)"])
        #expect(sandbox.log.talk.filter { $0.hasPrefix("the run is ") } == ["the run is \(row.told)"])
    }

    @Test("is run when the run was stopped in the middle of what comes before")
    func interrupted() throws {
        let sandbox = try Sandbox()
        let interruption = sandbox.interruption
        try sandbox.configure(
            source: hook("before", "echo dumping; sleep 600") + "\n"
                + hook("after", "sleep 0.2; echo photos is $EXTBACKUP_STATUS"),
            rest: try sandbox.music(hook("before", "echo music") + "\n" + hook("after", "echo music"))
                + "[run]\n" + hook("after", "echo the run is $EXTBACKUP_STATUS")
        )
        LinuxSystem.Thread.start(named: "test") { [weak sandbox] in
            for _ in 0..<600 where sandbox?.log.talk.contains("dumping") != true {
                LinuxSystem.Thread.sleep(for: .milliseconds(50))
            }
            interruption.request()
        }
        let clock = ContinuousClock()
        let start = clock.now
        let report = try sandbox.run()
        #expect(start.duration(to: clock.now) < .seconds(60))
        #expect(report.verdict == .interrupted)
        #expect(
            sandbox.log.talk.filter { $0.contains(" is ") } == [
                "photos is interrupted", "the run is interrupted",
            ]
        )
        #expect(!sandbox.log.talk.contains("music"))
        #expect(sandbox.log.calls.last == "power off")
    }
}

@Suite("A preview with hooks", Need.root)
struct PreviewHookTests {
    private func preview(_ sandbox: Sandbox) throws -> (RunReport, [String]) {
        let lines = Mutex<[String]>([])
        let report = try sandbox.run(
            .preview { line in lines.withLock { $0.append(line.description) } },
            invocation: nil
        )
        return (report, lines.withLock { $0 })
    }

    @Test("runs none of them, and says so")
    func none() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            source: hook("before", "touch \(sandbox.path("ran"))") + "\n"
                + hook("after", "touch \(sandbox.path("ran"))"),
            rest: try sandbox.music() + "[run]\n" + hook("before", "touch \(sandbox.path("ran"))") + "\n"
                + hook("after", "touch \(sandbox.path("ran"))")
        )
        let (report, lines) = try preview(sandbox)
        #expect(report.verdict == .succeeded)
        #expect(!sandbox.home.exists("ran"))
        #expect(lines.first == "a dry run runs no hooks: 'before' and 'after' of the run, source 'photos'")
    }

    @Test("does not fail because of a source that only its hook makes")
    func missing() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: hook("before", "mkdir $EXTBACKUP_PATH"))
        try Descriptor.open(sandbox.home.path, .directory).rename("photos", to: "away")
        let (report, lines) = try preview(sandbox)
        #expect(report.verdict == .succeeded)
        #expect(
            lines.contains {
                $0.hasPrefix("photos: cannot be told without its 'before': source 'photos' cannot be opened")
            }
        )
    }
}
