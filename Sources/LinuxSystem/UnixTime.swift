import Glibc

/// A moment of the wall clock, in whole seconds since 1970-01-01 UTC.
public struct UnixTime: Hashable, Sendable {
    /// Seconds since the epoch.
    public let seconds: Int64

    /// A given moment.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// What the machine's clock says; it may be wrong on a small machine that just started.
    public static func now() -> UnixTime {
        UnixTime(seconds: Int64(time(nil)))
    }
}

extension UnixTime: Comparable {
    /// The earlier moment first.
    public static func < (left: UnixTime, right: UnixTime) -> Bool {
        left.seconds < right.seconds
    }
}
