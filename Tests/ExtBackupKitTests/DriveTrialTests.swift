import Drives
import Indicators
import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

/// A fresh drive on a machine with light and mail; what mails say is in `mail`.
private struct FreshDrive {
    let sandbox: Sandbox

    init(led: String = "", mail: String = "to = ['anna']") throws {
        sandbox = try Sandbox()
        try sandbox.home.write(
            "sendmail",
            "#!/bin/sh\ncat > \(sandbox.path("mail"))\n",
            mode: 0o755
        )
        try sandbox.configure(
            rest: "[led]\n\(led)\n[mail]\n\(mail)\nsendmail = '\(sandbox.path("sendmail"))'"
        )
    }

    func findings(_ signals: DriveTrial.Signals = .shown) -> [Finding] {
        DriveTrial(sandbox.name, in: sandbox.context()).perform(signals)
    }

    /// The grade and the message of what was found of one thing.
    func found(_ check: Finding.Check, _ signals: DriveTrial.Signals = .shown) -> [String] {
        findings(signals).filter { $0.check == check }.map { "\($0.grade.rawValue): \($0.message)" }
    }
}

@Suite("Trying a drive that was just made", Need.root)
struct DriveTrialTests {
    @Test("shows working, held and failed on the light, then nothing, and never green")
    func light() throws {
        let fresh = try FreshDrive()
        let found = fresh.found(.light)
        #expect(found == ["fine: it showed: working, held, failed; 'extbackup led test' shows all colors"])
        #expect(fresh.sandbox.log.colors == ["working", "held", "failed", "off"])
    }

    @Test("leaves a light alone that says something of another drive")
    func busyLight() throws {
        let fresh = try FreshDrive()
        let board = LightBoard(folder: fresh.sandbox.layout.lightFolder)
        try board.post(.held, job: "blue")
        #expect(
            fresh.found(.light) == ["note: not tried, for it says something: 'extbackup led test' tries it"]
        )
        try board.post(.working, job: "blue")
        #expect(
            fresh.found(.light) == [
                "note: not tried: the light is in use: a backup runs, or a drive is open"
            ]
        )
        #expect(fresh.sandbox.log.colors == [])
    }

    @Test("sends a mail")
    func mail() throws {
        let fresh = try FreshDrive()
        #expect(
            fresh.found(.mail) == [
                "fine: \(fresh.sandbox.layout.sendmailText(fresh)) took a test mail to anna"
            ]
        )
        #expect(try fresh.sandbox.home.contents("mail").contains("Subject: [nas] Test mail of extbackup"))
    }

    @Test("says what is wrong with mail, and how to mend it", arguments: ["exit 75", "exit 127"])
    func noMail(script: String) throws {
        let fresh = try FreshDrive()
        try fresh.sandbox.home.write("sendmail", "#!/bin/sh\n\(script)\n", mode: 0o755)
        let finding = try #require(fresh.findings().first { $0.check == .mail })
        #expect(finding.grade == .failure)
        #expect(finding.hint != nil)
    }

    @Test("where nobody looks, shows no color and sends nothing, but says whether both can be reached")
    func quiet() throws {
        let fresh = try FreshDrive()
        #expect(fresh.found(.light, .quiet) == ["fine: the stick answers"])
        #expect(fresh.found(.mail, .quiet).first?.hasPrefix("fine: ") == true)
        #expect(fresh.sandbox.log.colors == [])
        #expect(!fresh.sandbox.home.exists("mail"))
    }

    @Test("without light and recipients has notes, and nothing is sent")
    func without() throws {
        let fresh = try FreshDrive(led: "enabled = false", mail: "to = []")
        #expect(fresh.found(.light) == ["note: it is switched off in the configuration"])
        #expect(fresh.found(.mail).first?.hasPrefix("warning: nobody gets any") == true)
        #expect(!fresh.sandbox.home.exists("mail"))
    }

    @Test("tells of the key, the header and the link as the doctor does")
    func records() throws {
        let fresh = try FreshDrive()
        let records: [Finding.Check] = [.key, .header, .unit]
        let found = fresh.findings().filter { records.contains($0.check) }
        let doctor = Doctor(fresh.sandbox.context()).examine().filter { records.contains($0.check) }
        #expect(Set(found) == Set(doctor))
        #expect(!found.isEmpty)
        // This one has none of it.
        #expect(!found.allowBackup)
    }

    @Test("without a configuration says how to come by one, and offers no backup")
    func noConfiguration() throws {
        let fresh = try FreshDrive()
        _ = try ChildProcess(["/bin/rm", fresh.sandbox.layout.configurationFile]).run()
        let finding = try #require(fresh.findings().first { $0.check == .configuration })
        #expect(finding.grade == .failure)
        #expect(finding.hint?.contains("extbackup init") == true)
        #expect(![finding].allowBackup)
    }

    @Test("offers a backup whatever light and mail say")
    func allowed() {
        #expect([Finding.failure(.mail, nil, "no"), .warning(.light, nil, "no")].allowBackup)
        #expect(![Finding.failure(.key, "red", "no")].allowBackup)
        #expect([Finding.warning(.header, "red", "old")].allowBackup)
    }
}

extension HostLayout {
    /// The mail program of a fresh drive's machine, as messages name it.
    fileprivate func sendmailText(_ fresh: FreshDrive) -> String {
        "\(fresh.sandbox.home.path.appending("sendmail"))"
    }
}

extension Sandbox {
    /// Notes in the status that a run copies the second of three sources.
    fileprivate func begin(pid: Int32) throws {
        var progress = Progress(
            changesDone: 12,
            changesTotal: 340,
            bytesDone: 1_500_000_000,
            bytesTotal: 20_000_000_000
        )
        progress.source = Progress.Source(name: "photos", number: 2, count: 3)
        let state = RunningState(
            invocation: nil,
            pid: pid,
            started: Timestamp(seconds: 1),
            phase: .copying,
            progress: progress
        )
        try StatusFile(directory: layout.stateFolder).update { $0[drive: name.text].begin(state) }
    }
}

@Suite("The first backup", Need.root)
struct FirstBackupTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "contents")
    }

    /// A machine whose systemd does this when it is asked for a unit.
    private func context(_ systemd: @escaping @Sendable () throws -> Void) -> RunContext {
        var context = sandbox.context(invocation: nil)
        let log = sandbox.log
        context.startUnit = { unit throws(Failure) in
            log.add("start \(unit)")
            do {
                try systemd()
            } catch let failure as Failure {
                throw failure
            } catch {
                throw Failure(.failed, "\(error)")
            }
        }
        return context
    }

    private func perform(_ context: RunContext) throws -> RunReport {
        try FirstBackup(sandbox.name, in: context).perform { _ in }
    }

    @Test("is the unit's run, and ends with its report")
    func whole() throws {
        let report = try perform(context { [sandbox] in try sandbox.run() })
        #expect(sandbox.log.startedUnits == ["'extbackup@red.service'"])
        #expect(report.verdict == .succeeded)
        #expect(report.invocation != nil)
        #expect(try sandbox.copied() == ["a"])
        #expect(try sandbox.light() == .safe)
    }

    @Test("ends with the report of a run that failed")
    func failing() throws {
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        let report = try perform(context { [sandbox] in try sandbox.run() })
        #expect(report.verdict == .failed(.unlockFailed))
    }

    @Test("tells how far the run is, once a second, until it has reported")
    func following() throws {
        let context = context { [sandbox] in try sandbox.begin(pid: 1) }
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: context)
        var lines: [String] = []
        do throws(Failure) {
            _ = try FirstBackup(sandbox.name, in: context).perform { running in
                lines.append(running.line)
                if lines.count == 2 { context.interruption.request() }
            }
            Issue.record("it ended although the run goes on")
        } catch {
            #expect(error.status == .interrupted)
            #expect(error.message == "the first backup goes on; only this command ends")
        }
        let line = "copying: 'photos', 2 of 3 sources: 12 of 340 changes, 1.5 GB of 20 GB"
        #expect(lines == [line, line])
        withExtendedLifetime(lock) {}
    }

    @Test("does not wait for a run that was cut off before")
    func cutOff() throws {
        // No process has this number.
        try sandbox.begin(pid: .max)
        do throws(Failure) {
            _ = try FirstBackup(sandbox.name, in: context {}).perform { _ in
                Issue.record("it does not run any more")
            }
            Issue.record("it waited for nothing")
        } catch {
            #expect(error.message == "the first backup gave no sign of life")
        }
    }

    @Test("that gives no sign of life, or that systemd refuses, is told with what to do")
    func lifeless() throws {
        do throws(Failure) {
            _ = try FirstBackup(sandbox.name, in: context {}).perform { _ in }
            Issue.record("it waited for nothing")
        } catch {
            #expect(error.hint == "see why: journalctl -u extbackup@red.service")
        }
        let refusing = context { throw Failure(.failed, "no systemd here") }
        do throws(Failure) {
            _ = try FirstBackup(sandbox.name, in: refusing).perform { _ in }
            Issue.record("it waited for nothing")
        } catch {
            #expect(
                error.message == "drive 'red' is ready, but its first backup was not started: no systemd here"
            )
            #expect(error.hint == "run 'extbackup run red'")
        }
    }

    /// What the command line says, who is there, what was found, and what becomes of it.
    static let choices: [(FirstBackup.Choice?, FirstBackup.Audience, [Finding], FirstBackup.Choice)] = [
        (nil, .present, [], .offered),
        (nil, .present, [.failure(.mail, nil, "no")], .offered),
        (nil, .present, [.failure(.key, "red", "no")], .left),
        (nil, .present, [.failure(.configuration, nil, "none")], .left),
        (nil, .absent, [], .left),
        (.begun, .absent, [], .begun),
        (.begun, .present, [.failure(.key, "red", "no")], .begun),
        (.left, .present, [], .left),
    ]

    @Test("is started, left or offered as the command line says and as it makes sense", arguments: choices)
    func choice(
        wish: FirstBackup.Choice?,
        audience: FirstBackup.Audience,
        findings: [Finding],
        expected: FirstBackup.Choice
    ) {
        #expect(FirstBackup.choice(wish, for: audience, after: findings) == expected)
    }

    @Test("is not promised where no source is configured")
    func unconfigured() throws {
        try FirstBackup.check(in: sandbox.context())
        try sandbox.home.write("etc/config.toml", "")
        do throws(Failure) {
            try FirstBackup.check(in: sandbox.context())
            Issue.record("there is nothing to back up")
        } catch {
            #expect(error.status == .config)
        }
    }
}
