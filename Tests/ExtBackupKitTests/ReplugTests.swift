import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("Pulling a drive after a run that held deletions, and plugging it in again,", Need.root)
struct ReplugTests {
    private static let invocation = "22222222222222222222222222222222"
    private static let ended = BootTime(seconds: 5000, asleepSeconds: 0)

    /// What happens between the run that held deletions and the next one.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var seconds: Int64 = 120
        var asleepSeconds: Int64 = 0
        var diskSequence: UInt64 = 8
        var invocation: String? = ReplugTests.invocation
        /// More lines of [guard] and what follows it.
        var configuration = ""
        /// What the held run does to the port.
        var powerOff: Errno?
        /// What a shell does in the sandbox's folder.
        var meanwhile = ":"
        /// Whether the deletions are made.
        var isApproval = false
        /// What the report warns of.
        var warning: String?
    }

    static let rows: [Row] = [
        Row(testDescription: "after two minutes approves", isApproval: true),
        Row(testDescription: "after half a minute approves", seconds: 30, isApproval: true),
        Row(testDescription: "after ten minutes approves", seconds: 600, isApproval: true),
        // A port that does not stay off, a loose plug: nobody has read the mail.
        Row(
            testDescription: "sooner approves nothing, and says so",
            seconds: 29,
            warning:
                "plugging the drive in again approved nothing: the drive was back after 29 s, and 30 s is the least"
        ),
        Row(testDescription: "later approves nothing", seconds: 601),
        // As 'systemctl start' does, or a second run for the same plug-in.
        Row(testDescription: "when it was not plugged in again approves nothing", diskSequence: 7),
        Row(testDescription: "when a person runs the backup approves nothing", invocation: nil),
        Row(
            testDescription: "while the machine slept approves nothing, and says so",
            asleepSeconds: 60,
            warning:
                "plugging the drive in again approved nothing: the machine slept meanwhile, and wakes with all its ports"
        ),
        Row(
            testDescription: "where the configuration does not want it approves nothing",
            configuration: "replug_approves = false"
        ),
        // A drive that keeps its power may come back by itself.
        Row(
            testDescription: "when the drive was only stopped approves nothing",
            configuration: "[drive]\nwhen_done = 'stop'"
        ),
        Row(testDescription: "when it could not be switched off approves nothing", powerOff: .ioError),
        Row(testDescription: "after a reboot approves nothing", meanwhile: "rm run/*.replug run/*.plug"),
        Row(
            testDescription: "with a note that cannot be read approves nothing",
            meanwhile: "echo x > run/red.replug"
        ),
        Row(
            testDescription: "with a note of another world approves nothing",
            meanwhile: """
                sed -i 's/"seconds":5000/"seconds":-9223372036854775808/' run/red.replug; grep -q 922 run/red.replug
                """
        ),
        Row(testDescription: "when more is missing by now approves nothing", meanwhile: "rm photos/a"),
        Row(
            testDescription: "when less is missing by now approves",
            meanwhile: "echo contents > photos/b",
            isApproval: true
        ),
        Row(testDescription: "when the source is empty by now approves nothing", meanwhile: "rm photos/*"),
    ]

    /// A run that holds the deletion of `b`, `c` and `d`.
    private func held(configuration: String = "", powerOff: Errno? = nil) throws -> (Sandbox, RunReport) {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: "[guard]\nmax_delete = { files = 1 }\n\(configuration)")
        try sandbox.runBefore(files: ["a", "b", "c", "d", "e"])
        try shell(sandbox, "rm photos/b photos/c photos/d")
        if let powerOff { sandbox.drive.fail(.init(call: "power off", errno: powerOff)) }
        let report = try run(sandbox, at: Self.ended)
        try #require(report.verdict == .held, "\(report)")
        return (sandbox, report)
    }

    private func shell(_ sandbox: Sandbox, _ script: String) throws {
        let words: [FileName] = ["/bin/sh", "-ec", FileName("cd \(sandbox.path("photos"))/..; \(script)")]
        let outcome = try ChildProcess(words).run()
        try #require(outcome.isSuccess, "\(outcome.lastLine)")
    }

    private func run(
        _ sandbox: Sandbox,
        at time: BootTime,
        invocation: String? = ReplugTests.invocation
    ) throws -> RunReport {
        var context = sandbox.context(invocation: invocation)
        context.bootTime = { time }
        context.localTime = Self.centralEurope
        return try BackupRun.perform(sandbox.name, mode: .backup, in: context)
    }

    /// One hour ahead of UTC.
    @Sendable
    private static func centralEurope(_ moment: Timestamp) -> LocalTime {
        let seconds = Int(moment.seconds + 3_600) % 86_400
        return LocalTime(
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            zone: "CET"
        )
    }

    /// The drive is there again.
    private func plug(_ sandbox: Sandbox, diskSequence: UInt64 = 8) {
        sandbox.drive.state.withLock {
            $0.devices = [.example(diskSequence: diskSequence)]
            $0.isPresent = true
        }
    }

    private func later(_ seconds: Int64, asleep: Int64 = 0) -> BootTime {
        BootTime(seconds: Self.ended.seconds + seconds, asleepSeconds: asleep)
    }

    @Test("is an approval only when a person must have done it", arguments: rows)
    func table(row: Row) throws {
        let (sandbox, _) = try held(configuration: row.configuration, powerOff: row.powerOff)
        try shell(sandbox, row.meanwhile)
        plug(sandbox, diskSequence: row.diskSequence)
        let time = later(row.seconds, asleep: row.asleepSeconds)
        let report = try run(sandbox, at: time, invocation: row.invocation)
        #expect((report.total.deleted > 0) == row.isApproval)
        #expect((report.verdict == .held) != row.isApproval)
        let note = report.sources.first?.note
        #expect((note == "its held deletions were approved by plugging the drive in again") == row.isApproval)
        let warnings = report.warnings.filter { $0.hasPrefix("plugging") }
        #expect(warnings == (row.warning.map { [$0] } ?? []))
        #expect(try sandbox.copied().contains("c") == !row.isApproval)
    }

    @Test("approves once: what is held after that is held")
    func once() throws {
        let (sandbox, _) = try held()
        plug(sandbox)
        #expect(try run(sandbox, at: later(60)).verdict == .succeeded)
        #expect(sandbox.log.talk.contains("held deletions approved by plugging the drive in again"))
        try sandbox.home.write("photos/g", "contents")
        try sandbox.home.write("photos/f", "contents")
        plug(sandbox, diskSequence: 9)
        #expect(try run(sandbox, at: later(120)).verdict == .succeeded)
        try shell(sandbox, "rm photos/g photos/f")
        plug(sandbox, diskSequence: 10)
        #expect(try run(sandbox, at: later(180)).verdict == .held)
    }

    @Test("after a run in between that failed approves nothing")
    func failedBetween() throws {
        let (sandbox, _) = try held()
        plug(sandbox)
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted, occurrences: 2...2))
        sandbox.drive.state.withLock { $0.counts = ["activate": 1] }
        #expect(try run(sandbox, at: later(60)).verdict == .failed(.unlockFailed))
        plug(sandbox, diskSequence: 9)
        #expect(try run(sandbox, at: later(120)).verdict == .held)
    }

    @Test("for a look at what would be done approves nothing, then or later")
    func preview() throws {
        let (sandbox, _) = try held()
        plug(sandbox)
        try sandbox.run(.preview { _ in })
        #expect(!sandbox.home.exists("run/red.replug"))
        plug(sandbox, diskSequence: 9)
        #expect(try run(sandbox, at: later(60)).verdict == .held)
    }

    @Test("for something that a person does with it approves nothing, then or later")
    func byHand() throws {
        let (sandbox, _) = try held()
        try shell(sandbox, "chmod 700 etc/keys")
        plug(sandbox)
        // The agent that systemd starts at this plug-in finds the lock taken.
        let context = sandbox.context()
        let lock = try RunLock.take(of: sandbox.name, for: .byHand, in: context)
        #expect(throws: Failure.self) {
            try BackupRun.perform(sandbox.name, mode: .backup, in: context)
        }
        withExtendedLifetime(lock) {}
        #expect(!sandbox.home.exists("run/red.replug"))
    }

    @Test("while another run works on it approves nothing later")
    func locked() throws {
        let (sandbox, _) = try held()
        plug(sandbox)
        let context = sandbox.context()
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: context)
        #expect(throws: Failure.self) {
            try BackupRun.perform(sandbox.name, mode: .backup, in: context)
        }
        #expect(!sandbox.home.exists("run/red.replug"))
        withExtendedLifetime(lock) {}
    }

    @Test("after a run that also failed approves nothing: the person mends that")
    func alsoFailed() throws {
        let sandbox = try Sandbox()
        let limit = "[guard]\nmax_delete = { files = 1 }"
        try sandbox.configure(rest: limit)
        try sandbox.runBefore(files: ["a", "b", "c", "d", "e"])
        try sandbox.configure(rest: "[[source]]\nname = \"gone\"\npath = \"/nowhere\"\n" + limit)
        try shell(sandbox, "rm photos/b photos/c photos/d")
        plug(sandbox)
        let report = try run(sandbox, at: Self.ended)
        #expect(report.sources.contains { $0.heldDeletions > 0 })
        #expect(report.replugApproval == nil)
        #expect(!sandbox.home.exists("run/red.replug"))
    }

    @Test("does not approve what a vanished drive left undone")
    func vanished() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: "[guard]\nmax_delete = { files = 1 }")
        try sandbox.runBefore(files: ["a", "b", "c", "d"])
        try shell(sandbox, "rm photos/b photos/c")
        sandbox.drive.fail(.init(call: "sync", errno: .ioError, vanishes: true))
        let report = try run(sandbox, at: Self.ended)
        #expect(report.verdict == .failed(.driveGone))
        #expect(report.replugApproval == nil)
        #expect(!sandbox.home.exists("run/red.replug"))
    }

    @Test(
        "never approves that nothing of a copy remains",
        arguments: ["rm photos/*", "rm photos/*; echo n > photos/new"]
    )
    func everything(script: String) throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a", "b", "c", "d"])
        try shell(sandbox, script)
        let report = try run(sandbox, at: Self.ended)
        #expect(report.verdict == .held)
        #expect(report.replugApproval == nil)
        plug(sandbox)
        #expect(try run(sandbox, at: later(60)).verdict == .held)
        #expect(try sandbox.copied().contains("a"))
    }

    @Test("is told in the mail, with the times")
    func mail() throws {
        let (sandbox, report) = try held()
        let offer = try #require(report.replugApproval)
        #expect(offer.sources == ["photos"])
        #expect(offer.from == report.ended.advanced(by: .seconds(30)))
        #expect(offer.until == report.ended.advanced(by: .seconds(600)))
        let mail = try #require(try sandbox.mails().last)
        let text = mail.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // It ended at 14:13 UTC.
        let window = offer.window(Self.centralEurope)
        #expect(window.hasPrefix("between 15:1") && window.hasSuffix(" CET"))
        #expect(text.contains("pull the drive and plug it in again \(window); the run"))
        #expect(text.contains("extbackup approve red"))
        #expect(try sandbox.status().lastReport?.replugApproval == offer)
    }

    @Test("is told by the status for as long as it may be done")
    func status() throws {
        let (sandbox, report) = try held()
        let offer = try #require(report.replugApproval)
        let line = "    or: pull it and plug it in again \(offer.window(Self.centralEurope))"
        var context = sandbox.context()
        context.localTime = Self.centralEurope
        #expect(try StatusOverview(context).lines.contains(line))
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: context)
        #expect(try !StatusOverview(context).lines.contains(line))
        withExtendedLifetime(lock) {}
        sandbox.pass(.seconds(600))
        #expect(try !StatusOverview(context).lines.contains(line))
    }

    @Test("is not told where it would approve nothing")
    func silentMail() throws {
        let (sandbox, report) = try held(configuration: "replug_approves = false")
        #expect(report.replugApproval == nil)
        let mail = try #require(try sandbox.mails().last)
        #expect(!mail.contains("pull the drive"))
    }
}
