import Lab
import LinuxSystem

/// Tells a run as it happens, from the plug to the end of the unit.
struct Timeline {
    private let page: Page
    private let unit: String
    private var feed: GuestFeed
    private var light = LightColor.off
    private var start = 0.0
    private var last = 0.0

    init(on page: Page, guest: Guest, unit: String) throws(LabFailure) {
        self.page = page
        self.unit = unit
        feed = try GuestFeed(guest: guest, unit: unit)
    }

    /// What was seen of a run.
    struct Outcome {
        /// What the light showed, without repetitions.
        var lights: [LightColor] = []
        /// Seconds from the plug to the last change of the light.
        var seconds = 0.0
    }

    /// Does what begins the run, and tells what follows.
    /// - Parameter action: what the first row says of it.
    mutating func tell(
        _ action: String,
        _ begin: () throws(LabFailure) -> Void
    ) throws(LabFailure) -> Outcome {
        start = try feed.skip()
        last = start
        page.timelineHead()
        row(start, action, emphasis: .strong)
        try begin()
        var outcome = Outcome()
        let deadline = ContinuousClock.now + .seconds(180)
        while true {
            for event in try feed.next() where try tell(event, &outcome) { return outcome }
            if ContinuousClock.now > deadline { throw LabFailure("the run did not end within 180 s") }
            Thread.sleep(for: .milliseconds(400))
        }
    }

    /// True when the run is over.
    private mutating func tell(_ event: GuestEvent, _ outcome: inout Outcome) throws(LabFailure) -> Bool {
        switch event.kind {
        case .light(let color):
            if color == light { return false }
            light = color
            outcome.lights.append(color)
            outcome.seconds = event.time - start
            row(event.time, "the light turns \(color.word)", emphasis: .strong)
        case .status(let text):
            // Phases are in the journal; only how far the copy is stands here alone.
            if text.hasPrefix("copying '"), !text.contains(": 0 bytes") { row(event.time, text) }
        case .journal(let writer, let message):
            switch Story(writer: writer, message: message, unit: unit) {
            case .row(let text): row(event.time, text)
            case .milestone(let text): row(event.time, text, emphasis: .strong)
            case .end: return true
            case nil: return false
            }
        }
        return false
    }

    private mutating func row(_ time: Double, _ text: String, emphasis: Page.Emphasis = .none) {
        // What is read later may be a moment older; time does not run back on the page.
        last = max(last, time)
        page.row(seconds: last - start, light: light, text, emphasis: emphasis)
    }
}
