import Indicators
import LinuxSystem
import Synchronization

/// What the world outside of a run saw, in the order in which it happened: calls to the drive and colors.
final class EventLog: Sendable {
    private let log = Mutex<[String]>([])

    func add(_ event: String) { log.withLock { $0.append(event) } }

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

    func rest() {}
}
