public import LinuxSystem

extension LocalTime {
    /// The time at that moment on the clocks of this machine.
    public init(_ moment: Timestamp) {
        self.init(UnixTime(seconds: moment.seconds))
    }
}

extension ReplugApproval {
    /// `between 22:59:11 and 23:08:41 CET`: a person with the drive in hand looks at the clock on the wall.
    public func window(_ localTime: (Timestamp) -> LocalTime) -> String {
        let (from, until) = (localTime(from), localTime(until))
        // In the night in which the clocks are set both zones are told.
        return "between \(from.zone == until.zone ? from.timeOfDay : from.description) and \(until)"
    }
}
