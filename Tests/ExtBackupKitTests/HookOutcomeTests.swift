import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A hook that says 75", Need.root)
struct SkippingHookTests {
    @Test("skips its source, keeps its copy, and the others go on; the run is incomplete")
    func one() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["old"])
        try Descriptor.open(sandbox.sourcePath, .directory).unlink("old")
        try sandbox.configure(
            source: hook("before", "echo not today; exit 75") + "\n" + hook("after", "echo after ran"),
            rest: try sandbox.music(hook("after", "echo music is $EXTBACKUP_STATUS"))
                + "[run]\n" + hook("after", "echo the run is $EXTBACKUP_STATUS")
        )
        let good = try sandbox.status().lastGood
        let report = try sandbox.runAgain()
        #expect(report.verdict == .partial)
        let note = "skipped: 'before' of source 'photos' ended with status 75: not today"
        #expect(report.failure?.message == "source 'photos' was \(note)")
        #expect(report.failure?.hint == "see what the hook waits for, if this should be copied")
        #expect(report.sources.map(\.note) == [note, nil])
        #expect(try sandbox.copied() == ["old"])
        #expect(try sandbox.copied("music") == ["song"])
        #expect(!sandbox.log.talk.contains("after ran"))
        #expect(sandbox.log.talk.contains("music is ok"))
        #expect(sandbox.log.talk.contains("the run is partial"))
        #expect(try sandbox.light() == .held)
        #expect(try sandbox.status().lastGood == good)
        let lines = try StatusOverview(sandbox.context()).lines
        #expect(lines.contains("    \(note)"))
        let mail = try #require(try sandbox.mails().first)
        #expect(mail.contains("Backup to drive 'red' is INCOMPLETE"))
        #expect(mail.contains("is done but not complete: source"), "\(mail)")
        #expect(mail.contains("See what the hook waits for, if this should be copied"))
        #expect(!mail.contains("entries"))
    }

    @Test("for every source makes the run a skipped one, which is told, and is not green")
    func all() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["old"])
        try sandbox.configure(
            source: hook("before", "exit 75"),
            rest: "[run]\n" + hook("after", "echo the run is $EXTBACKUP_STATUS")
        )
        let report = try sandbox.runAgain()
        #expect(report.verdict == .skipped)
        #expect(report.verdict.exitStatus.rawValue == 75)
        #expect(report.safety == .safe(.poweredOff))
        #expect(sandbox.log.talk.contains("the run is skipped"))
        #expect(try sandbox.light() == .held)
        #expect(try sandbox.copied() == ["old"])
        let mail = try #require(try sandbox.mails().first)
        #expect(mail.contains("Backup to drive 'red' was skipped"))
        #expect(mail.contains("'before' of source 'photos' ended with status 75"))
        // It was no reason to forget what is on the drive.
        try sandbox.configure()
        #expect(try sandbox.runAgain().verdict == .succeeded)
        #expect(sandbox.log.talk.contains("destination not walked: the seal holds"))
    }

    @Test("for the whole run leaves the drive closed, and nothing more is run")
    func run() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            source: hook("before", "echo ran"),
            rest: "[run]\n" + hook("before", "echo not today; exit 75") + "\n" + hook("after", "echo ran")
        )
        let report = try sandbox.run()
        #expect(report.verdict == .skipped)
        #expect(
            report.failure?.message
                == "the run was skipped: 'before' of the run ended with status 75: not today"
        )
        #expect(report.safety == .safe(.closed))
        #expect(sandbox.log.calls == ["candidates", "candidates", "pin"])
        #expect(!sandbox.log.talk.contains("ran"))
        #expect(try sandbox.light() == .held)
        #expect(try sandbox.subjects() == ["[nas] Backup to drive 'red' was skipped - safe to pull"])
    }

    @Test("after the copy is one that fails")
    func after() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: hook("after", "exit 75"))
        #expect(try sandbox.run().verdict == .failed(.other))
    }
}

@Suite("A hook that fails", Need.root)
struct FailingHookTests {
    @Test("before a source fails that source alone, and what it began is taken back")
    func before() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["old"])
        try Descriptor.open(sandbox.sourcePath, .directory).unlink("old")
        try sandbox.configure(
            source: hook("before", "echo dumping; echo no such table >&2; exit 3") + "\n"
                + hook("after", "echo photos is $EXTBACKUP_STATUS"),
            rest: try sandbox.music()
        )
        let report = try sandbox.runAgain()
        #expect(report.verdict == .failed(.other))
        #expect(report.phase == .hooks)
        let message = "'before' of source 'photos' failed (status 3): no such table"
        #expect(report.failure?.message == message)
        #expect(
            report.failure?.hint?.contains("run it by hand to see what is wrong: '/bin/sh' '-c' ") == true
        )
        #expect(report.sources.map(\.note) == [message, nil])
        #expect(try sandbox.copied() == ["old"])
        #expect(try sandbox.copied("music") == ["song"])
        #expect(sandbox.log.talk.contains("photos is failed"))
        #expect(try sandbox.light() == .failedSafe)
        #expect(
            try sandbox.subjects() == [
                "[nas] Backup to drive 'red' FAILED while running hooks - safe to pull"
            ]
        )
    }

    @Test("to start was never there, so that nothing follows it")
    func missing() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: "before = ['/nonexistent/dump']\n" + hook("after", "echo ran"))
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.other))
        let message = report.failure?.message ?? ""
        #expect(
            message.hasPrefix(
                "'before' of source 'photos' cannot be started: '/nonexistent/dump': no such file or directory"
            )
        )
        #expect(!sandbox.log.talk.contains("ran"))
        #expect(sandbox.log.calls.last == "power off")
    }

    @Test("because its time is over is stopped")
    func timeout() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            source: hook("before", "echo dumping; sleep 600") + "\nhook_timeout = '1s'\n"
                + hook("after", "echo photos is $EXTBACKUP_STATUS")
        )
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.other))
        #expect(
            report.failure?.message
                == "'before' of source 'photos' was stopped, because it was not done after 1 s: dumping"
        )
        #expect(sandbox.log.talk.contains("photos is failed"))
    }

    @Test("after a source fails the run, but its copy counts, and the others are copied")
    func after() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/new", "contents")
        try sandbox.configure(
            source: hook("after", "echo the snapshot is busy; exit 1"),
            rest: try sandbox.music()
        )
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.other))
        #expect(report.runNumber == 1)
        let message = "'after' of source 'photos' failed (status 1): the snapshot is busy"
        #expect(report.failure?.message == message)
        #expect(report.sources.map(\.note) == [message, nil])
        #expect(report.sources.map(\.filesCopied) == [1, 1])
        #expect(try sandbox.copied() == ["new"])
        #expect(try sandbox.copied("music") == ["song"])
        #expect(try sandbox.light() == .failedSafe)
    }

    @Test("before the run leaves the drive closed; what it began is taken back")
    func run() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            rest: "[run]\n" + hook("before", "echo no database; exit 1") + "\n"
                + hook("after", "echo the run is $EXTBACKUP_STATUS")
        )
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.other))
        #expect(report.failure?.message == "'before' of the run failed (status 1): no database")
        #expect(report.safety == .safe(.closed))
        #expect(sandbox.log.calls == ["candidates", "candidates", "pin"])
        #expect(sandbox.log.talk.contains("the run is failed"))
        #expect(try sandbox.light() == .failedSafe)
    }

    @Test("after the run is the last thing that can go wrong, and then there is no green")
    func afterRun() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: "[run]\n" + hook("after", "exit 2"))
        let report = try sandbox.run()
        #expect(report.failure?.message == "'after' of the run failed (status 2)")
        #expect(report.safety == .safe(.poweredOff))
        #expect(!sandbox.log.events.contains("light safe"))
        #expect(try sandbox.light() == .failedSafe)
    }
}
