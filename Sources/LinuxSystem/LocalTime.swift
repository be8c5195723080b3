import Glibc

/// A time of day as the clocks on this machine's walls show it: by `TZ`, else by `/etc/localtime` (tzset(3)).
public struct LocalTime: Hashable, Sendable {
    /// From 0 to 23.
    public let hour: Int
    /// From 0 to 59.
    public let minute: Int
    /// From 0 to 59; 60 where the zone counts leap seconds.
    public let second: Int
    /// What people call the zone at this moment: `CET`.
    public let zone: String

    /// A given time.
    public init(hour: Int, minute: Int, second: Int, zone: String) {
        self.hour = hour
        self.minute = minute
        self.second = second
        self.zone = zone
    }

    /// The time at that moment; in UTC where the year is too large for the system.
    public init(_ moment: UnixTime) {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        if localtime_r(&seconds, &parts) == nil {
            let rest = Int(moment.seconds - moment.seconds / 86_400 * 86_400 + 86_400) % 86_400
            self.init(hour: rest / 3_600, minute: rest / 60 % 60, second: rest % 60, zone: "UTC")
            return
        }
        self.init(
            hour: Int(parts.tm_hour),
            minute: Int(parts.tm_min),
            second: Int(parts.tm_sec),
            zone: String(cString: parts.tm_zone)
        )
    }

    /// `06:09:05`.
    public var timeOfDay: String {
        [hour, minute, second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

extension LocalTime: CustomStringConvertible {
    /// `06:09:05 CET`.
    public var description: String { "\(timeOfDay) \(zone)" }
}
