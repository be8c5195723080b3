import Drives
import LinuxSystem
import Logging
import Reporting
import Testing

@testable import ExtBackupKit

@Suite("A hook")
struct HookCallTests {
    private func call(
        _ moment: HookCall.Moment = .before,
        _ command: [FileName] = ["/usr/local/bin/dump", "two words", "$HOME"],
        source: Bool = true,
        status: HookStatus? = nil
    ) throws -> HookCall {
        var configured = SourceConfiguration(
            name: "db",
            path: "/srv/my db",
            requiresMount: false,
            staysOnFileSystem: false,
            excludes: []
        )
        configured.hooks = Hooks(before: command, after: nil, timeout: .seconds(600))
        return HookCall(
            moment: moment,
            command: command,
            timeout: .seconds(600),
            drive: try #require(DriveName("red")),
            source: source ? configured : nil,
            status: status
        )
    }

    @Test("of a source is told for what it is run")
    func environment() throws {
        let told = try call(.after, status: .held).environment
        #expect(
            told == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                "HOME=/root", "EXTBACKUP_HOOK=after", "EXTBACKUP_DRIVE=red", "EXTBACKUP_SOURCE=db",
                "EXTBACKUP_PATH=/srv/my db", "EXTBACKUP_STATUS=held",
            ]
        )
        let run = try call(source: false).environment
        #expect(run.suffix(2) == ["EXTBACKUP_HOOK=before", "EXTBACKUP_DRIVE=red"])
    }

    @Test("is our own child where there is no systemd, with a folder for what it needs meanwhile")
    func child() throws {
        let call = try call()
        let launch = HookHost.children.launch(call, number: 1, runFolder: "/run/extbackup")
        #expect(launch.process.arguments == call.command)
        #expect(launch.process.environment == call.environment + ["TMPDIR=/run/extbackup"])
        #expect(launch.process.timeout == .seconds(600))
        #expect(launch.stopping == nil)
        #expect(launch.grace == .seconds(10))
    }

    @Test("is a service of its own elsewhere, outside of the rules that keep the agent from writing")
    func service() throws {
        let launch = HookHost.services.launch(try call(), number: 3, runFolder: "/run/extbackup")
        let unit = "extbackup-hook:red:\(Machine.processID)-3.service"
        #expect(
            launch.process.arguments == [
                "/usr/bin/systemd-run", "--quiet", "--collect", "--wait", "--pipe",
                FileName("--unit=\(unit)"), "--service-type=oneshot",
                "--description=extbackup: 'before' of source 'db', drive red",
                "--property=DefaultDependencies=no", "--property=TimeoutStopSec=10",
                "--property=TimeoutStartSec=660",
                "--setenv=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "--setenv=LC_ALL=C.UTF-8", "--setenv=HOME=/root", "--setenv=EXTBACKUP_HOOK=before",
                "--setenv=EXTBACKUP_DRIVE=red", "--setenv=EXTBACKUP_SOURCE=db",
                "--setenv=EXTBACKUP_PATH=/srv/my db",
                // systemd makes one dollar of two.
                "--", "/usr/local/bin/dump", "two words", "$$HOME",
            ]
        )
        #expect(launch.process.timeout == .seconds(600))
        let stopping = try #require(launch.stopping)
        #expect(stopping.arguments == ["/usr/bin/systemctl", "--no-block", "stop", FileName(unit)])
        #expect(launch.grace > .seconds(10))
    }

    @Test("that fails is told with what it said last, and how to run it by hand")
    func failure() throws {
        let failure = try call().failure(.exited(status: 2), lastLine: "no such database")
        #expect(failure.status == .failed)
        #expect(failure.message == "'before' of source 'db' failed (status 2): no such database")
        #expect(failure.hint?.hasSuffix(": '/usr/local/bin/dump' 'two words' '$HOME'") == true)
        let late = try call(.after, source: false).failure(.timedOut, lastLine: "")
        #expect(late.message == "'after' of the run was stopped, because it was not done after 10 min")
    }

    @Test("that says much is passed on in part, and its last line is remembered")
    func output() throws {
        let log = EventLog()
        var output = HookOutput(of: try call(), to: Logger(label: "test") { _ in TalkHandler(log: log) })
        for number in 1...1500 { output.take(Array("line \(number)".utf8)) }
        output.finish()
        #expect(output.lastLine == "line 1500")
        #expect(log.talk.count == 1001)
        #expect(log.talk.suffix(2) == ["line 1000", "500 more lines, the last one: line 1500"])
        #expect(log.fields.first == ["drive": "red", "hook": "before", "source": "db"])
    }
}
