/// How fast something grows: over the last seconds rather than in the last moment, and over all of the time while
/// that is short.
public struct ProgressRate: Sendable {
    private var amount: Int64 = 0
    private var time = Duration.zero
    /// Units in a second; 0 before anything grew.
    public private(set) var perSecond = 0.0

    private static let window = 10.0

    /// One that starts with nothing at time zero.
    public init() {}

    /// Takes how much there is `time` after the start. A time that is not later than the last one says nothing.
    public mutating func update(_ amount: Int64, at time: Duration) {
        let step = (time - self.time) / .seconds(1)
        guard step > 0 else { return }
        let speed = Double(max(0, amount - self.amount)) / step
        let weight = max(step / (Self.window + step), min(1, step / (time / .seconds(1))))
        perSecond += weight * (speed - perSecond)
        self.amount = amount
        self.time = time
    }

    /// How long `rest` more takes at this rate, in whole seconds; nil when nobody can tell.
    public func time(for rest: Int64) -> Duration? {
        guard rest > 0, perSecond > 0 else { return nil }
        let seconds = Double(rest) / perSecond
        return seconds < 100 * 86_400 ? .seconds(Int64(seconds.rounded(.up))) : nil
    }
}
