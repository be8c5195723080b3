import Glibc

/// A moment on the machine's own clock, which begins at boot and which nobody sets.
public struct BootTime: Hashable, Codable, Sendable {
    /// Seconds since the boot, sleep included (CLOCK_BOOTTIME).
    public let seconds: Int64
    /// For so many of them the machine slept.
    public let asleepSeconds: Int64

    /// A given moment.
    public init(seconds: Int64, asleepSeconds: Int64) {
        self.seconds = seconds
        self.asleepSeconds = asleepSeconds
    }

    /// What the clock says.
    public static func now() -> BootTime {
        var whole = timespec()
        var awake = timespec()
        // These clocks exist since Linux 2.6.39, and reading them cannot fail (clock_gettime(2)), ignoring.
        _ = clock_gettime(CLOCK_MONOTONIC, &awake)
        _ = clock_gettime(CLOCK_BOOTTIME, &whole)
        let asleep = (whole.tv_sec - awake.tv_sec) * 1_000_000_000 + whole.tv_nsec - awake.tv_nsec
        // Between the two readings some time goes by.
        return BootTime(
            seconds: Int64(whole.tv_sec),
            asleepSeconds: Int64((asleep + 500_000_000) / 1_000_000_000)
        )
    }
}
