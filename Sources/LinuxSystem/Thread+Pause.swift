import Glibc

extension Thread {
    /// Blocks the calling thread for at least `duration`, also when signals interrupt it.
    public static func pause(for duration: Duration) {
        let parts = duration.components
        var wanted = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&wanted, &rest) != 0 && errno == EINTR { wanted = rest }
    }
}
