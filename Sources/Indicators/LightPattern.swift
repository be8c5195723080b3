/// How a state's color changes with time. A pattern depends on the time alone, so that several processes
/// that drive the same light show the same at the same moment.
public enum LightPattern: Hashable, Sendable {
    /// Always lit.
    case steady
    /// Lit, then dark, again and again.
    case blink(on: Duration, off: Duration)
    /// Slowly brighter and darker; one breath takes the period.
    case pulse(period: Duration)
    /// Two short flashes, then a pause, again and again.
    case twice(flash: Duration, pause: Duration)

    /// What a pattern shows at a moment, and for how long.
    public struct Moment: Hashable, Sendable {
        /// 0 (dark) to 255 (the whole color).
        public let level: Int
        /// Time until the level changes; nil when it never does.
        public let remaining: Duration?
    }

    /// True when the pattern shows the same at all times, so that nobody needs to drive it.
    public var isSteady: Bool { self == .steady }

    /// What the pattern shows `time` after an epoch that all processes share.
    public func moment(at time: Duration) -> Moment {
        switch self {
        case .steady:
            return Moment(level: 255, remaining: nil)
        case .blink(let on, let off):
            let phase = Self.remainder(time, on + off)
            return phase < on
                ? Moment(level: 255, remaining: on - phase)
                : Moment(level: 0, remaining: on + off - phase)
        case .pulse(let period):
            let phase = Self.remainder(time, period)
            let step = period / (2 * Self.pulseSteps)
            let number = min(Int(phase / step), 2 * Self.pulseSteps - 1)
            let height = number < Self.pulseSteps ? number : 2 * Self.pulseSteps - number
            return Moment(level: 255 * height / Self.pulseSteps, remaining: step * (number + 1) - phase)
        case .twice(let flash, let pause):
            let phase = Self.remainder(time, flash * 3 + pause)
            if phase < flash { return Moment(level: 255, remaining: flash - phase) }
            if phase < flash * 2 { return Moment(level: 0, remaining: flash * 2 - phase) }
            if phase < flash * 3 { return Moment(level: 255, remaining: flash * 3 - phase) }
            return Moment(level: 0, remaining: flash * 3 + pause - phase)
        }
    }

    /// Steps from dark to bright. At the standard brightness a channel has 25 levels; more would not show.
    private static let pulseSteps = 20

    private static func remainder(_ time: Duration, _ period: Duration) -> Duration {
        time - period * Int(time / period)
    }
}

extension LightState {
    /// How this state's color changes with time.
    public var pattern: LightPattern {
        switch self {
        case .off, .safe, .verifying, .working, .held, .failedSafe: .steady
        case .failedUnsafe: .blink(on: .milliseconds(150), off: .milliseconds(150))
        case .due: .pulse(period: .seconds(4))
        case .unknownDrive: .twice(flash: .milliseconds(200), pause: .seconds(2))
        }
    }
}
