import LinuxSystem
import Testing

@testable import Indicators

/// The painter with a clock that the test moves.
@Suite("The painter")
struct LightPainterTests {
    private let folder: TemporaryFolder
    private let board: LightBoard
    private let light = RecordingLight()
    private let log = WarningLog()
    private var painter: LightPainter

    init() throws {
        folder = try TemporaryFolder()
        board = LightBoard(folder: folder.file("light"))
        painter = LightPainter(
            output: light,
            board: board,
            settings: .standard,
            warnings: WarningFilter { [log] in log.add($0) }
        )
    }

    /// Looks at these milliseconds; gives the colors sent at each.
    private mutating func look(at times: [Int]) -> [[RGB]] {
        times.map { time in
            light.forget()
            _ = painter.step(own: [], now: .milliseconds(time), purpose: .look)
            return light.colors
        }
    }

    @Test("sends a steady color when it changes, and again every three seconds")
    mutating func repainting() throws {
        try board.post(.working, job: "red")
        #expect(look(at: [0, 1000, 2999, 3000, 4000]) == [[.working], [], [], [.working], []])
        try board.record(.safe, job: "red")
        #expect(look(at: [4500, 5000]) == [[.safe], []])
    }

    @Test("closes the stick after a steady color, keeps it open while it blinks")
    mutating func resting() throws {
        try board.post(.working, job: "red")
        _ = painter.step(own: [], now: .zero, purpose: .look)
        #expect(light.calls == [.show(.working), .rest])
        light.forget()
        try board.post(.failed(.doNotPull), job: "red")
        _ = painter.step(own: [], now: .zero, purpose: .look)
        #expect(light.calls == [.show(.red)])
    }

    @Test("blinks in time")
    mutating func blinking() throws {
        try board.post(.failed(.doNotPull), job: "red")
        #expect(look(at: [0, 149, 150, 299, 300]) == [[.red], [], [.off], [], [.red]])
        let step = painter.step(own: [], now: .milliseconds(310), purpose: .look)
        #expect(step == LightPainter.Step(state: .failedUnsafe, pause: .milliseconds(140)))
    }

    @Test("tries again at each look while the stick is away, and warns once until it is back")
    mutating func replugging() throws {
        try board.post(.working, job: "red")
        light.fail(with: .absent(serial: nil))
        #expect(look(at: [0, 1000, 2000]) == [[.working], [.working], [.working]])
        #expect(log.warnings == [.absent(serial: nil)])
        light.fail(with: .stalled)
        #expect(look(at: [3000]) == [[.working]])
        #expect(log.warnings == [.absent(serial: nil), .stalled])
        light.fail(with: nil)
        #expect(look(at: [4000, 5000]) == [[.working], []])
        light.fail(with: .absent(serial: nil))
        #expect(look(at: [8000]) == [[.working]])
        #expect(log.warnings == [.absent(serial: nil), .stalled, .absent(serial: nil)])
    }

    @Test("sends an own change even if the color is the same: others may have painted")
    mutating func ownChange() throws {
        try board.post(.working, job: "red")
        #expect(look(at: [0]) == [[.working]])
        light.forget()
        _ = painter.step(own: [], now: .milliseconds(1), purpose: .change)
        #expect(light.colors == [.working])
    }

    @Test("never shows green without the board", arguments: ["broken", "locked"])
    mutating func noBoard(kind: String) throws {
        try board.record(.safe, job: "red")
        let folder = try Descriptor.open(folder.file("light"), .directory)
        let lock = try folder.open(".paint.lock", [.write, .create])
        if kind == "locked" {
            #expect(try lock.tryLock(.exclusive))
        } else {
            try self.folder.shell("rm -r light; : > light")
        }
        let own = [OwnState(state: .safe, isPosted: true), OwnState(state: .unknownDrive, isPosted: true)]
        _ = painter.step(own: own[..<1], now: .zero, purpose: .change)
        _ = painter.step(own: own, now: .zero, purpose: .change)
        #expect(light.colors == [.off, .white])
        #expect(log.warnings.map(\.kind) == [kind == "locked" ? .busy : .board])
    }

    @Test("shows an own state that could not be posted, but no green")
    mutating func unposted() throws {
        try board.record(.safe, job: "red")
        _ = painter.step(own: [OwnState(state: .held, isPosted: false)], now: .zero, purpose: .change)
        try board.clearAll()
        _ = painter.step(own: [OwnState(state: .safe, isPosted: false)], now: .zero, purpose: .change)
        // What another process took off the board is off, also for the one that had posted it.
        _ = painter.step(own: [OwnState(state: .held, isPosted: true)], now: .zero, purpose: .change)
        #expect(light.colors == [.amber, .off, .off])
    }

    @Test("names a foreign file once, and again after it was gone")
    mutating func foreignFiles() throws {
        try board.post(.working, job: "red")
        try folder.shell("cd light; : > a.bak; : > b.bak")
        _ = look(at: [0, 1000])
        #expect(log.warnings == [.foreignFile("a.bak")])
        try folder.shell("rm light/*.bak")
        _ = look(at: [2000])
        try folder.shell(": > light/b.bak")
        _ = look(at: [3000])
        #expect(log.warnings == [.foreignFile("a.bak"), .foreignFile("b.bak")])
    }

    @Test("ends with the color that the state rests in", arguments: LightState.allCases)
    mutating func ending(state: LightState) throws {
        try board.record(state, job: "red")
        _ = painter.step(own: [], now: .milliseconds(150), purpose: .end)
        #expect(light.calls == [.show(LightSettings.standard.restingColor(of: state)), .rest])
    }
}
