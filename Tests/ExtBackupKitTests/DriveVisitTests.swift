import Drives
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A visit to a drive", Need.root)
struct DriveVisitTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        let outcome = try ChildProcess(["/bin/chmod", "0700", sandbox.layout.keyFolder]).run()
        try #require(outcome.isSuccess)
    }

    private var visit: DriveVisit { DriveVisit(to: sandbox.name, in: sandbox.context(invocation: nil)) }

    private func failure(_ body: () throws -> PullSafety) -> Failure? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test("opens the drive for looking, and closes it when asked, without a write or a check")
    func look() throws {
        var place: FileName?
        let safety = try visit.look(for: .looking, at: nil) {
            place = $0
            sandbox.interruption.request()
        }
        #expect(safety == .safe(.closed))
        #expect(place == sandbox.layout.runFolder.appending("look-red"))
        #expect(
            sandbox.log.calls == [
                "candidates", "candidates", "pin", "recheck", "activate for looking", "mount for looking",
                "sync",
                "unmount", "deactivate", "flush",
            ]
        )
    }

    @Test("that Ctrl-C ends while the file system is checked finds no damage")
    func stoppedCheck() {
        sandbox.drive.state.withLock { $0.fileSystem = .damaged("e2fsck was ended by signal 2") }
        let interruption = sandbox.interruption
        sandbox.drive.onCall("check") { interruption.request() }
        #expect(failure { try visit.look(for: .writing, at: nil) { _ in } }?.status == .interrupted)
    }

    @Test("to a file system that is damaged names the sheet, for what lies on the drive cannot be read")
    func damaged() {
        sandbox.drive.state.withLock { $0.fileSystem = .damaged("fsck gave up") }
        let hint = failure { try visit.look(for: .writing, at: nil) { _ in } }?.hint
        #expect(hint?.hasPrefix("open it by hand as /var/lib/extbackup/sheets/red.txt describes") == true)
    }

    @Test("for writing checks the file system, at the folder that was named")
    func write() throws {
        var place: FileName?
        _ = try visit.look(for: .writing, at: "/somewhere") {
            place = $0
            sandbox.interruption.request()
        }
        #expect(place == "/somewhere")
        #expect(sandbox.log.calls.contains("check") && sandbox.log.calls.contains("mount"))
    }

    @Test("ends when the drive is pulled, and says that it was not closed in order")
    func pulled() throws {
        let drive = sandbox.drive
        let found = failure {
            try visit.look(for: .looking, at: nil) { _ in drive.state.withLock { $0.isPresent = false } }
        }
        #expect(found?.status == .driveGone)
    }

    @Test("waits for a drive that is away when a person can plug it in, and else says that it is away")
    func waiting() throws {
        let drive = sandbox.drive
        drive.state.withLock { $0.isPresent = false }
        #expect(failure { try visit.look(for: .looking, at: nil) { _ in } }?.status == .noDrive)

        var context = sandbox.context(invocation: nil)
        let other = context
        context.askForDrive = { name in
            #expect(name.text == "red")
            #expect(throws: Failure.self, "no backup begins") {
                _ = try RunLock.take(of: name, for: .run, in: other)
            }
            drive.state.withLock { $0.isPresent = true }
        }
        let (interruption, patient) = (sandbox.interruption, DriveVisit(to: sandbox.name, in: context))
        #expect(try patient.look(for: .looking, at: nil) { _ in interruption.request() } == .safe(.closed))

        drive.state.withLock { $0.isPresent = false }
        context.askForDrive = { _ in interruption.request() }
        let impatient = DriveVisit(to: sandbox.name, in: context)
        #expect(failure { try impatient.look(for: .looking, at: nil) { _ in } }?.status == .interrupted)
    }

    @Test("waits for no run: while one works on the drive nothing is opened")
    func locked() throws {
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
        #expect(failure { try visit.look(for: .looking, at: nil) { _ in } }?.status == .locked)
        #expect(failure { try visit.eject() }?.status == .locked)
        #expect(sandbox.log.calls.isEmpty)
        withExtendedLifetime(lock) {}
    }

    @Test("needs a key that nobody else can read")
    func key() throws {
        let outcome = try ChildProcess(["/bin/chmod", "0644", sandbox.layout.keyFile(of: sandbox.name)]).run()
        try #require(outcome.isSuccess)
        let found = failure { try visit.look(for: .looking, at: nil) { _ in } }
        #expect(found?.status == .unlockFailed)
        #expect(found?.hint?.contains("chmod 0400") == true)
        #expect(sandbox.log.calls.isEmpty)
    }

    @Test("ends with the drive switched off, as far as the configuration has it")
    func eject() throws {
        #expect(try visit.eject() == .safe(.poweredOff))
        #expect(sandbox.log.calls.last == "power off")
        sandbox.drive.state.withLock { $0.isPresent = true }
        try sandbox.configure(rest: "[drive]\nwhen_done = \"leave\"")
        #expect(try visit.eject() == .safe(.closed))
        #expect(sandbox.log.calls.last == "flush")
    }

    @Test("takes the last run's warning back, and nothing else", arguments: [true, false])
    func warning(isPluggedIn: Bool) throws {
        try sandbox.runBefore(files: ["a"])
        sandbox.drive.state.withLock { $0.isPresent = isPluggedIn }
        for told in [PullSafety.unsafe(reason: "it is open"), .safe(.stopped)] {
            try StatusFile(directory: sandbox.layout.stateFolder).update {
                $0[drive: "red"].lastReport?.safety = told
            }
            _ = failure { try visit.eject() }
            let safety = try #require(try sandbox.status().lastReport?.safety)
            let expected: PullSafety = isPluggedIn ? .safe(.poweredOff) : .gone
            #expect(safety == (told == .safe(.stopped) ? told : expected))
            sandbox.drive.state.withLock { $0.isPresent = isPluggedIn }
        }
    }

    @Test("that finds no drive, or one that cannot be closed, says so")
    func notEjected() throws {
        sandbox.drive.state.withLock { $0.mappings = ["extbackup-red-7"] }
        sandbox.drive.fail(.init(call: "deactivate", errno: .resourceBusy))
        let found = failure { try visit.eject() }
        #expect(found?.status == .notClosed)
        #expect(found?.message.contains("do not pull it") == true)
        let other = try Sandbox()
        other.drive.state.withLock { $0.isPresent = false }
        let absent = failure { try DriveVisit(to: other.name, in: other.context()).eject() }
        #expect(absent?.status == .noDrive)
    }
}
