internal import CSystemd
internal import Synchronization

/// Tells systemd how the service is doing (sd_notify(3)). Without `NOTIFY_SOCKET` nothing happens.
///
/// No answer is awaited and no failure reported: the backup matters more than what is said about it.
public final class ServiceNotifier: Sendable {
    private struct Beat {
        var progress: UInt64?
        var sent: ContinuousClock.Instant?
    }

    private let interval: Duration
    private let usualSilence: Duration?
    private let lastBeat = Mutex(Beat())

    /// A notifier that passes on signs of life at most every `interval`, which must be well below
    /// `WatchdogSec=`.
    ///
    /// - Parameter usualSilence: what the unit's `WatchdogSec=` is (`WATCHDOG_USEC` of the environment); nil without.
    public init(interval: Duration = .seconds(5), usualSilence: Duration? = nil) {
        self.interval = interval
        self.usualSilence = usualSilence
    }

    /// The service is up: `READY=1`.
    public func ready() {
        send("READY=1")
    }

    /// One line for `systemctl status`; line breaks become spaces, so that no text can pose as another message.
    public func status(_ text: String) {
        send("STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// A sign of life, passed on only when `progress` moved since the last one: a run that hangs in a system
    /// call is not kept alive by a timer.
    ///
    /// - Parameter progress: any number that changes whenever work is done, for example bytes handled so far.
    public func watchdog(progress: UInt64) {
        let isDue = lastBeat.withLock { beat in
            let now = ContinuousClock.now
            if beat.progress == progress { return false }
            if let sent = beat.sent, sent.duration(to: now) < interval { return false }
            beat = Beat(progress: progress, sent: now)
            return true
        }
        if isDue { send("WATCHDOG=1") }
    }

    /// A sign of life from work that shows no numbers but is known to go on: waiting with a time limit of its own, a
    /// step that was just entered.
    public func beat() {
        send("WATCHDOG=1")
    }

    /// Lets the watchdog wait this long from now on: for a program whose work shows no progress. Nil: again as the
    /// unit says.
    public func allowSilence(for duration: Duration?) {
        guard let usual = usualSilence else { return }
        let limit = duration ?? usual
        send("WATCHDOG_USEC=\(max(1, Int64(limit / .microseconds(1))))\nWATCHDOG=1")
    }

    /// The service is on its way down: `STOPPING=1`.
    public func stopping() {
        send("STOPPING=1")
    }

    /// Asks for at least `duration` from now before the present start or stop is given up.
    public func extendTimeout(_ duration: Duration) {
        send("EXTEND_TIMEOUT_USEC=\(max(0, Int64(duration / .microseconds(1))))")
    }

    private func send(_ message: String) {
        // Nobody listens, or nobody can be told: see above, ignoring.
        _ = sd_notify(0, message)
    }
}
