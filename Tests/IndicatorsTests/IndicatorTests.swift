import LinuxSystem
import Testing

@testable import Indicators

/// The arbiter with its thread, in real time.
@Suite("The indicator")
struct IndicatorTests {
    private let folder: TemporaryFolder
    private let board: LightBoard
    private let light = RecordingLight()
    private let log = WarningLog()

    init() throws {
        folder = try TemporaryFolder()
        board = LightBoard(folder: folder.file("light"))
    }

    private func makeIndicator() -> Indicator {
        Indicator(output: light, board: board, settings: .standard) { [log] in log.add($0) }
    }

    /// Waits until the light was asked for `color` last.
    private func shows(_ color: RGB, within limit: Duration = .seconds(20)) -> Bool {
        let deadline = ContinuousClock.now + limit
        while light.colors.last != color {
            if ContinuousClock.now > deadline { return false }
            Thread.sleep(for: .milliseconds(2))
        }
        return true
    }

    @Test("shows a run from blue to green")
    func run() throws {
        let indicator = makeIndicator()
        indicator.show(.working, job: "red")
        #expect(shows(.working))
        let drive = ReleasedTestDrive()
        indicator.show(safeToUnplug: drive, job: "red")
        #expect(shows(.safe))
        indicator.stop()
        #expect(try board.read().worst == .safe)
        #expect(log.warnings == [])
    }

    @Test(
        "posts what it is told",
        arguments: [
            (.off, .off), (.working, .working), (.verifying, .verifying), (.held, .held), (.due, .due),
            (.failed(.safeToPull), .failedSafe), (.failed(.doNotPull), .failedUnsafe),
            (.unknownDrive, .unknownDrive),
        ] as [(LightNotice, LightState)]
    )
    func notices(notice: LightNotice, state: LightState) throws {
        let indicator = makeIndicator()
        indicator.show(notice, job: "red")
        #expect(try board.read().worst == state)
        indicator.stop()
    }

    @Test(
        "posts problems of a released drive as safe to pull",
        arguments: [(.held, .held), (.failed, .failedSafe)] as [(ReleasedProblem, LightState)]
    )
    func problems(problem: ReleasedProblem, state: LightState) throws {
        let indicator = makeIndicator()
        indicator.show(problem, safeToUnplug: ReleasedTestDrive(), job: "red")
        #expect(try board.read().worst == state)
        indicator.stop()
    }

    @Test("shows green only when the other job is well too")
    func twoJobs() throws {
        let first = makeIndicator()
        let other = LightBoard(folder: folder.file("light"))
        try other.post(.working, job: "blue")
        first.show(safeToUnplug: ReleasedTestDrive(), job: "red")
        #expect(shows(.working))
        // Another process ends its job: seen without being told.
        try other.record(.safe, job: "blue")
        #expect(shows(.safe))
        first.stop()
        #expect(light.colors.prefix { $0 != .working }.allSatisfy { $0 != .safe })
    }

    @Test("has sent the last color when it stops, and sends nothing later", arguments: 0..<20)
    func stopping(round: Int) throws {
        let indicator = makeIndicator()
        indicator.show(.working, job: "red")
        indicator.show(.failed(.safeToPull), job: "red")
        indicator.stop()
        let calls = light.calls
        #expect(calls.suffix(2) == [.show(.red), .rest])
        indicator.show(.held, job: "red")
        Thread.sleep(for: .milliseconds(20))
        #expect(light.calls == calls)
        #expect(try board.read().worst == .held)
    }

    @Test("stops also when it was stopped before")
    func stoppingTwice() {
        let indicator = makeIndicator()
        indicator.stop()
        indicator.stop()
        #expect(log.warnings == [])
    }

    @Test("ends its thread when it is dropped, and leaves the color that rests")
    func dropping() throws {
        try board.post(.failed(.doNotPull), job: "red")
        do {
            let indicator = makeIndicator()
            #expect(shows(.red))
            _ = indicator
        }
        #expect(shows(.working))
    }

    @Test("runs on while the worst state blinks, and ends when it does not")
    func running() throws {
        try board.post(.failed(.doNotPull), job: "red")
        let indicator = makeIndicator()
        let interruption = Interruption()
        let hasEnded = Flag()
        Thread.start(named: "led show") {
            indicator.run(until: interruption)
            hasEnded.set()
        }
        #expect(shows(.red) && shows(.off) && shows(.red))
        #expect(!hasEnded.isSet)
        try board.post(.failed(.safeToPull), job: "red")
        let deadline = ContinuousClock.now + .seconds(20)
        while !hasEnded.isSet && ContinuousClock.now < deadline { Thread.sleep(for: .milliseconds(5)) }
        #expect(hasEnded.isSet)
        #expect(light.calls.suffix(2) == [.show(.red), .rest])
    }

    @Test("ends a run that is interrupted")
    func interruption() throws {
        try board.post(.due, job: "red")
        let indicator = makeIndicator()
        let interruption = Interruption()
        interruption.request()
        indicator.run(until: interruption)
        #expect(light.colors.last == .off)
    }

    @Test("takes a missing stick for a warning")
    func noStick() {
        light.fail(with: .absent(serial: nil))
        let indicator = makeIndicator()
        indicator.show(.working, job: "red")
        indicator.show(safeToUnplug: ReleasedTestDrive(), job: "red")
        indicator.stop()
        #expect(log.warnings == [.absent(serial: nil)])
    }

    @Test("shows failures also when the board cannot be used, and no green")
    func noBoard() throws {
        try folder.shell(": > light")
        let indicator = makeIndicator()
        indicator.show(.failed(.doNotPull), job: "red")
        #expect(shows(.red))
        indicator.show(safeToUnplug: ReleasedTestDrive(), job: "red")
        indicator.stop()
        #expect(!light.colors.contains(.safe))
        #expect(log.warnings.map(\.kind) == [.board])
    }

    @Test("never lets one process paint over what another posted later")
    func race() throws {
        let one = makeIndicator()
        let two = makeIndicator()
        for _ in 0..<100 {
            one.show(safeToUnplug: ReleasedTestDrive(), job: "red")
            two.show(safeToUnplug: ReleasedTestDrive(), job: "blue")
            one.show(.working, job: "red")
        }
        two.stop()
        one.stop()
        #expect(light.colors.last == .working)
        #expect(log.warnings == [])
    }
}
