// The light: one word to a person who stands in front of the machine and has nothing else.
//
// It guarantees that green is shown only with a proof that the drive was released, that the worst state of all
// jobs wins, and that no trouble with the light ever becomes a failure of a run: it is a `LightWarning`.

public import LinuxSystem

/// Lets the light say how the jobs of this process stand, together with those of others.
///
/// A thread of its own drives the light. Calls of `show` return when the state is on the board; they never
/// fail, and wait at most a second or so for other processes. End with `stop()`.
public final class Indicator: Sendable {
    private let board: LightBoard
    private let warnings: WarningFilter
    private let status: Monitor<Status>

    private struct Status {
        /// What this process said about its jobs.
        var own: [FileName: OwnState] = [:]
        /// Counts the changes of `own`.
        var revision = 0
        /// The revision that was painted last.
        var paintedRevision = -1
        /// The worst state when it was painted last.
        var painted = LightState.off
        var phase = Phase.running
    }

    private enum Phase {
        case running, stopping, stopped
    }

    /// Longer than a few sticks that do not answer need to time out.
    private static let stopLimit = Duration.seconds(10)

    /// Starts to drive the light at once: it shows the worst state on the board.
    ///
    /// - Parameter onWarning: called on any thread, once for each kind of trouble until it is over.
    public init(
        output: any LightOutput,
        board: LightBoard,
        settings: LightSettings,
        onWarning: @escaping @Sendable (LightWarning) -> Void
    ) {
        self.board = board
        let warnings = WarningFilter(onWarning)
        self.warnings = warnings
        let status = Monitor(Status())
        self.status = status
        let painter = LightPainter(output: output, board: board, settings: settings, warnings: warnings)
        Thread.start(named: "light") { Self.drive(painter, status) }
    }

    deinit {
        status.change { if $0.phase == .running { $0.phase = .stopping } }
    }

    /// Says something about a job that needs no proof.
    public func show(_ notice: LightNotice, job: FileName) {
        show(notice.state, job: job)
    }

    /// Green: the drive may be pulled and all is well. The only way to it.
    public func show(safeToUnplug drive: borrowing some SafeToUnplug & ~Copyable, job: FileName) {
        show(.safe, job: job)
    }

    /// The run had a problem, but its drive was released in order and may be pulled.
    public func show(
        _ problem: ReleasedProblem,
        safeToUnplug drive: borrowing some SafeToUnplug & ~Copyable,
        job: FileName
    ) {
        show(problem.state, job: job)
    }

    /// Ends the thread, after the light shows the color that the worst state rests in, and returns when it
    /// was sent or could not be. The states stay on the board. Calls of `show` after this one only post.
    public func stop() {
        status.change { if $0.phase == .running { $0.phase = .stopping } }
        if !status.wait(atMost: Self.stopLimit, until: { $0.phase == .stopped }) { warnings.report(.busy) }
    }

    /// Drives the light while the worst state needs it (it blinks), then stops; ends early when interrupted.
    ///
    /// For a process that keeps the light going after the one that posted has ended.
    public func run(until interruption: Interruption) {
        while !interruption.isRequested {
            let isSteady = status.wait(atMost: .milliseconds(250)) {
                $0.paintedRevision == $0.revision && $0.painted.pattern.isSteady
            }
            if isSteady { break }
        }
        stop()
    }

    private func show(_ state: LightState, job: FileName) {
        // First here, then on the board: a job that leaves green has left it from here on, whatever the board
        // does. Green itself comes from the board alone.
        set(OwnState(state: state, isPosted: false), job: job)
        do throws(LightWarning) {
            try board.record(state, job: job)
            set(OwnState(state: state, isPosted: true), job: job)
        } catch {
            warnings.report(error)
        }
    }

    private func set(_ state: OwnState, job: FileName) {
        status.change {
            $0.own[job] = state
            $0.revision += 1
        }
    }

    private static func drive(_ painter: consuming LightPainter, _ status: Monitor<Status>) {
        var painter = painter
        let clock = ContinuousClock()
        let now = { clock.systemEpoch.duration(to: clock.now) }
        while true {
            let request = status.current
            if request.phase != .running { break }
            let isNew = request.revision != request.paintedRevision
            let step = painter.step(own: request.own.values, now: now(), purpose: isNew ? .change : .look)
            status.change {
                $0.painted = step.state
                $0.paintedRevision = request.revision
            }
            status.wait(atMost: step.pause) {
                $0.revision != request.revision || $0.phase != .running
            }
        }
        _ = painter.step(own: status.current.own.values, now: now(), purpose: .end)
        status.change { $0.phase = .stopped }
    }
}
