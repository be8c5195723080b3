internal import LinuxSystem

/// Counts what is done and tells it a few times a second, only when something was done: a watchdog may trust it.
struct ProgressMeter {
    var state = CopyProgress()
    private let report: (CopyProgress) -> Void
    private let clock = ContinuousClock()
    private var lastReport: ContinuousClock.Instant

    private static let interval = Duration.milliseconds(200)

    init(_ report: @escaping (CopyProgress) -> Void) {
        self.report = report
        lastReport = clock.now - Self.interval
    }

    /// Call it after something was done.
    mutating func tick(path: @autoclosure () -> FileName) {
        let now = clock.now
        if now - lastReport < Self.interval { return }
        lastReport = now
        state.path = path()
        report(state)
    }

    /// Tells where the work is in any case: at the start of a phase.
    mutating func enter(_ phase: CopyProgress.Phase) {
        state.phase = phase
        state.path = FileName()
        lastReport = clock.now
        report(state)
    }
}
