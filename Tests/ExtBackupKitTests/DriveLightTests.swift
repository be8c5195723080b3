import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

/// What the light says while a person has something done with a drive, and then.
@Suite("The light of a drive that a person uses", Need.root)
struct DriveLightTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        let outcome = try ChildProcess(["/bin/chmod", "0700", sandbox.layout.keyFolder]).run()
        try #require(outcome.isSuccess)
    }

    private var board: LightBoard { LightBoard(folder: sandbox.layout.lightFolder) }
    private var context: RunContext { sandbox.context(invocation: nil) }
    private var visit: DriveVisit { DriveVisit(to: sandbox.name, in: context) }

    /// Has the drive opened and closed.
    ///
    /// - Returns: what the light said while it was open.
    private func look(whileOpen body: () -> Void = {}) throws -> LightState? {
        var said: LightState?
        _ = try visit.look(for: .looking, at: nil) { _ in
            // Without a board there is no state, and the test fails, ignoring.
            said = try? sandbox.light()
            body()
            sandbox.interruption.request()
        }
        return said
    }

    @Test("is not green while the drive is open, and green again when it was closed in order")
    func green() throws {
        try sandbox.runBefore(files: ["a"])
        try #require(try sandbox.light() == .safe)
        let seen = sandbox.log.events.count
        #expect(try look() == .working)
        #expect(try sandbox.light() == .safe)
        let events = Array(sandbox.log.events.dropFirst(seen))
        #expect(events.last { $0.hasPrefix("light ") } == "light safe")
        let flush = try #require(events.firstIndex(of: "flush"))
        #expect(!events[..<flush].contains("light safe"))
    }

    @Test(
        "goes out when the drive is retired or gets another name, unless it must not be pulled yet",
        arguments: [LightNotice.held, .failed(.safeToPull), .failed(.doNotPull)]
    )
    func nameless(notice: LightNotice) throws {
        try sandbox.home.makeFolder("units")
        let blue = try #require(DriveName("blue"))
        for job in ["red", "blue"] as [FileName] { try board.post(notice, job: job) }
        try DriveCare(of: sandbox.name, in: context).rename(to: blue)
        _ = try DriveCare(of: blue, in: context).retire(.kept)
        let expected: LightState = if case .failed(.doNotPull) = notice { .failedUnsafe } else { .off }
        #expect(try board.read().worst == expected)
    }

    @Test("says again what it said before", arguments: [LightNotice.held, .failed(.safeToPull), .off])
    func before(notice: LightNotice) throws {
        try board.post(notice, job: "red")
        let before = try sandbox.light()
        #expect(try look() == .working)
        #expect(try sandbox.light() == before)
    }

    @Test("says that the drive must not be pulled when it is not closed, and that it may when it is gone")
    func notClosed() throws {
        try sandbox.runBefore(files: ["a"])
        sandbox.drive.fail(
            .init(call: "unmount", errno: .resourceBusy),
            .init(call: "deactivate", errno: .resourceBusy)
        )
        #expect(throws: Failure.self) { try look() }
        #expect(try sandbox.light() == .failedUnsafe)
        #expect(!sandbox.log.colors.dropFirst(2).contains("safe"))

        let other = try DriveLightTests()
        try other.sandbox.runBefore(files: ["a"])
        #expect(throws: Failure.self) {
            try other.look { other.sandbox.drive.state.withLock { $0.isPresent = false } }
        }
        #expect(try other.sandbox.light() == .failedSafe)
    }

    @Test("stays as it is while a drive is waited for, and where it is switched off")
    func untouched() throws {
        sandbox.drive.state.withLock { $0.isPresent = false }
        #expect(throws: Failure.self) { try look() }
        try sandbox.configure(rest: "[led]\nenabled = false")
        sandbox.drive.state.withLock { $0.isPresent = true }
        #expect(try look() == .off)
        #expect(sandbox.log.colors == [])
    }

    @Test("stays green when the drive is ejected, and also when it was away")
    func eject() throws {
        try sandbox.runBefore(files: ["a"])
        _ = try visit.eject()
        #expect(try sandbox.light() == .safe)
        #expect(throws: Failure.self) { try visit.eject() }
        #expect(try sandbox.light() == .safe)
    }

    @Test("is not made green by ejecting a drive of which it says something else, or nothing")
    func ejectOther() throws {
        _ = try visit.eject()
        #expect(try sandbox.light() == .off)
        sandbox.drive.state.withLock { $0.isPresent = true }
        try board.post(.failed(.doNotPull), job: "red")
        _ = try visit.eject()
        #expect(try sandbox.light() == .failedSafe)
        // It was pulled, but nothing of it is open any more.
        try board.post(.failed(.doNotPull), job: "red")
        #expect(throws: Failure.self) { try visit.eject() }
        #expect(try sandbox.light() == .failedSafe)
        try board.post(.working, job: "red")
        #expect(throws: Failure.self) { try visit.eject() }
        #expect(try sandbox.light() == .off)
    }

    @Test("loses its green when the drive cannot be ejected")
    func notEjected() throws {
        try sandbox.runBefore(files: ["a"])
        sandbox.drive.state.withLock { $0.mappings = ["extbackup-red-7"] }
        sandbox.drive.fail(.init(call: "deactivate", errno: .resourceBusy))
        #expect(throws: Failure.self) { try visit.eject() }
        #expect(try sandbox.light() == .failedUnsafe)
    }

    /// What the light said when the drive proved that it is released.
    private func stateAtProof(of body: () throws -> Void) throws -> LightState? {
        let said = Mutex<LightState?>(nil)
        sandbox.drive.onCall("pin") { [weak sandbox] in
            // As above, ignoring.
            said.withLock { $0 = try? sandbox?.light() }
        }
        // There is no such device, so nothing is changed.
        #expect(throws: Failure.self) { try body() }
        return said.withLock { $0 }
    }

    @Test("says work while keys are changed, and is green again with a new proof only")
    func keys() throws {
        try sandbox.runBefore(files: ["a"])
        let care = try DriveCare(of: sandbox.name, in: context)
        #expect(try stateAtProof { try care.rotateKey() } == .working)
        #expect(try sandbox.light() == .safe)
        let passphrase = try SecretBytes(randomCount: 16)
        sandbox.drive.fail(.init(call: "flush", errno: .ioError))
        #expect(try stateAtProof { try care.setPassphrase(passphrase) } == .working)
        #expect(try sandbox.light() == .failedSafe)
    }

    @Test(
        "reminds of what it reminded of when the drive is not found, but is not green",
        arguments: [(LightNotice.held, LightState.held), (.off, .off), (.due, .due)]
            as [(LightNotice, LightState)]
    )
    func absent(notice: LightNotice, expected: LightState) throws {
        try board.post(notice, job: "red")
        sandbox.drive.state.withLock { $0.isPresent = false }
        var light = DriveLight(of: try EnrolledDrive(sandbox.name, in: context).identity, in: context)
        light.showWork()
        #expect(try sandbox.light() == .working)
        light.giveBack()
        #expect(try sandbox.light() == expected)
    }

    @Test("says work while a header is put back", Need.images)
    func header() throws {
        let loop = try EmptyLoop()
        try sandbox.runBefore(files: ["a"])
        let text = Sandbox.driveFile.split(separator: "\n").filter { !$0.hasPrefix("serial") }
        try sandbox.home.write("etc/drives.d/red.toml", text.joined(separator: "\n") + "\n")
        let commands = try HeaderCommands(of: sandbox.name, in: context)
        let restoration = try commands.restoration(to: loop.path)
        #expect(try stateAtProof { _ = try commands.restore(restoration) } == .working)
        #expect(try sandbox.light() == .safe)
    }
}

@Suite("A test of the light", Need.root)
struct LightTestTests {
    private let sandbox: Sandbox
    private let board: LightBoard

    init() throws {
        sandbox = try Sandbox()
        board = LightBoard(folder: sandbox.layout.lightFolder)
    }

    /// - Returns: how it failed.
    private func test(say: (String) -> Void = { _ in }) -> Failure? {
        do throws(Failure) {
            try LightCommands(sandbox.context()).test(say: say)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "shows nothing while a drive is in use",
        arguments: [
            (LightNotice.working, "a backup runs, or a drive is open"),
            (.failed(.doNotPull), "a drive must not be pulled"),
        ]
    )
    func inUse(notice: LightNotice, reason: String) throws {
        try board.post(notice, job: "red")
        let failure = test()
        #expect(failure?.status == .locked)
        #expect(failure?.message == "the light is in use: \(reason)")
        #expect(failure?.hint?.hasPrefix("'extbackup status' tells") == true)
        #expect(sandbox.log.colors == [])
    }

    @Test("shows every color, says which ones nothing shows yet, and ends dark when there is nothing to say")
    func all() throws {
        var lines: [String] = []
        #expect(test { lines.append($0) } == nil)
        #expect(lines.count == LightRole.allCases.count)
        let unused = lines.filter { $0.hasSuffix(" (not used yet)") }.map { $0.prefix { $0 != ":" } }
        #expect(unused == ["verifying", "due", "unknown"])
        #expect(sandbox.log.colors.last == "off")
    }

    @Test("ends when a run begins, and leaves the light to it")
    func overtaken() throws {
        var lines: [String] = []
        let failure = test { line in
            lines.append(line)
            if lines.count == 1 { #expect(throws: Never.self) { try board.post(.working, job: "red") } }
        }
        #expect(failure?.status == .locked)
        #expect(lines.count == 1)
        #expect(sandbox.log.colors == ["working"])
    }

    @Test("ends with what the light said before", arguments: [(LightNotice.held, "held"), (.off, "off")])
    func repaint(notice: LightNotice, color: String) throws {
        try board.post(notice, job: "red")
        #expect(test { _ in sandbox.interruption.request() }?.status == .interrupted)
        #expect(sandbox.log.colors == ["working", color])
        #expect(try board.read().worst == (color == "held" ? .held : .off))
    }
}
