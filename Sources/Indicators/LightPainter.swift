internal import LinuxSystem

/// Decides at one moment what the light shows, and shows it. It holds no thread and no clock.
///
/// What the board says is shown, and worse states of this process that could not be posted. Green comes from
/// the board alone, read under its lock: while the board cannot be read, what other jobs say is unknown, and
/// only this process's own states other than `safe` are shown.
struct LightPainter {
    let output: any LightOutput
    let board: LightBoard
    let settings: LightSettings
    let warnings: WarningFilter

    /// The color that was sent last, and when; nil when sending failed.
    private var last: (color: RGB, at: Duration)?

    /// A steady color is sent again after this time, so that a replugged stick shows the truth.
    static let repaintInterval = Duration.seconds(3)
    /// The board is read at least this often, so that another process's states show up.
    static let pollInterval = Duration.seconds(1)

    init(output: any LightOutput, board: LightBoard, settings: LightSettings, warnings: WarningFilter) {
        self.output = output
        self.board = board
        self.settings = settings
        self.warnings = warnings
    }

    /// What came of a step.
    struct Step: Equatable {
        /// The worst state.
        let state: LightState
        /// When to take the next step at the latest.
        let pause: Duration
    }

    /// What a step is for.
    enum Purpose {
        /// Time went by: sends the color if it changed, was not sent for a while, or could not be sent.
        case look
        /// An own state changed: sends the color in any case, as another process may have painted since.
        case change
        /// Nobody drives the light from now on: sends the color it rests in.
        case end
    }

    /// Shows what is worst at `now` after the shared epoch; `own` are the states of this process.
    mutating func step(own: some Collection<OwnState>, now: Duration, purpose: Purpose) -> Step {
        do throws(LightWarning) {
            var result = Step(state: .off, pause: Self.pollInterval)
            try board.whilePainting { reading in
                warnings.boardWorks(ignoring: reading.ignored)
                let unposted = own.lazy.filter { !$0.isPosted && $0.state != .safe }.map(\.state)
                let state = max(reading.worst, unposted.max() ?? .off)
                result = paint(state, now: now, purpose: purpose)
            }
            return result
        } catch {
            warnings.report(error)
            let state = own.lazy.map(\.state).filter { $0 != .safe }.max() ?? .off
            return paint(state, now: now, purpose: purpose)
        }
    }

    private mutating func paint(_ state: LightState, now: Duration, purpose: Purpose) -> Step {
        let moment = state.pattern.moment(at: now)
        let color: RGB
        switch purpose {
        case .look, .change: color = settings.litColor(of: state).scaled(to: moment.level)
        case .end: color = settings.restingColor(of: state)
        }
        if purpose != .look || isDue(color, now: now) { send(color, now: now) }
        // While it blinks the stick stays open.
        if state.pattern.isSteady || purpose == .end { output.rest() }
        return Step(state: state, pause: min(moment.remaining ?? Self.pollInterval, Self.pollInterval))
    }

    private func isDue(_ color: RGB, now: Duration) -> Bool {
        guard let last else { return true }
        return color != last.color || now - last.at >= Self.repaintInterval
    }

    private mutating func send(_ color: RGB, now: Duration) {
        do throws(LightWarning) {
            try output.show(color)
            last = (color, now)
            warnings.stickWorks()
        } catch {
            last = nil
            warnings.report(error)
        }
    }
}

/// What this process said about one of its jobs.
struct OwnState: Hashable {
    let state: LightState
    /// False until it is on the board.
    let isPosted: Bool
}
