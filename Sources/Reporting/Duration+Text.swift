/// Times for people, without locale: two units at most, and the same text on every machine.
extension Duration {
    /// `48 s`, `2 min 5 s`, `2 h 14 min`, `3 d 4 h`; below one second `0.3 s`.
    public var text: String {
        let (whole, attoseconds) = components
        if whole < 0 || attoseconds < 0 { return "-" + (Duration.zero - self).text }
        if whole == 0 {
            let tenths = attoseconds / 100_000_000_000_000_000
            return tenths == 0 ? "0 s" : "0.\(tenths) s"
        }
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return Self.pair(whole / 60, "min", whole % 60, "s") }
        if whole < 86_400 { return Self.pair(whole / 3_600, "h", whole / 60 % 60, "min") }
        return Self.pair(whole / 86_400, "d", whole / 3_600 % 24, "h")
    }

    private static func pair(_ first: Int64, _ unit: String, _ second: Int64, _ part: String) -> String {
        second == 0 ? "\(first) \(unit)" : "\(first) \(unit) \(second) \(part)"
    }
}

extension Timestamp {
    /// How long ago this was, seen from `now`: `just now`, `5 minutes ago`, `3 days ago`, `2 months ago`.
    ///
    /// A moment ahead of `now` reads `in 3 days`: the clock may have been set back, and due dates lie ahead.
    public func age(asOf now: Timestamp) -> String {
        let seconds = now.seconds - self.seconds
        let distance = Int64(seconds.magnitude)
        if distance < 60 { return "just now" }
        func counted(_ unitSeconds: Int64, _ unit: String) -> String {
            // What lies ahead is rounded: what is due in 30 days is so a moment later, too.
            Self.counted((distance + (seconds < 0 ? unitSeconds / 2 : 0)) / unitSeconds, unit)
        }
        let text =
            switch distance {
            case ..<3_600: counted(60, "minute")
            case ..<86_400: counted(3_600, "hour")
            case ..<(60 * 86_400): counted(86_400, "day")
            case ..<(730 * 86_400): counted(30 * 86_400, "month")
            default: counted(365 * 86_400, "year")
            }
        return seconds >= 0 ? "\(text) ago" : "in \(text)"
    }

    private static func counted(_ count: Int64, _ unit: String) -> String {
        count == 1 ? "1 \(unit)" : "\(count) \(unit)s"
    }
}
