import Indicators
import LinuxSystem
import Logging
import Synchronization

/// What the world outside of a run saw, in the order in which it happened: calls to the drive and colors.
final class EventLog: Sendable {
    private let log = Mutex<[String]>([])
    private let said = Mutex<[(message: String, fields: [String: String])]>([])

    func add(_ event: String) { log.withLock { $0.append(event) } }

    /// What the run said to the journal.
    var talk: [String] { said.withLock { $0.map(\.message) } }

    /// The values that went with each of these.
    var fields: [[String: String]] { said.withLock { $0.map(\.fields) } }

    func say(_ message: String, _ fields: [String: String]) { said.withLock { $0.append((message, fields)) } }

    func forgetTalk() { said.withLock { $0 = [] } }

    var events: [String] { log.withLock { $0 } }

    /// What was asked of the drive.
    var calls: [String] { events.filter { !$0.hasPrefix("light ") && !$0.hasPrefix("start ") } }

    /// The colors shown, without repetitions.
    var colors: [String] {
        events.filter { $0.hasPrefix("light ") }.map { String($0.dropFirst("light ".count)) }
            .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The units that were started.
    var startedUnits: [String] {
        events.filter { $0.hasPrefix("start ") }.map { String($0.dropFirst("start ".count)) }
    }
}

/// A light that only writes down what it is asked to show.
struct LoggingLight: LightOutput {
    let log: EventLog

    func show(_ color: RGB) throws(LightWarning) {
        let settings = LightSettings.standard
        let name =
            LightRole.allCases.first { settings.color(for: $0) == color }.map(\.rawValue)
            ?? (color == .off ? "off" : "\(color)")
        log.add("light \(name)")
    }

    func reach() throws(LightWarning) { log.add("reach light") }

    func rest() {}
}

/// A journal that is only written down.
struct TalkHandler: LogHandler {
    let log: EventLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    init(log: EventLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.say(event.message.description, (event.metadata ?? [:]).mapValues(\.description))
    }
}
