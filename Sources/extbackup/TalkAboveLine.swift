import Logging
import Reporting

/// Talk for a person at a terminal, who knows which drive it is about and reads the phase. The line of progress is taken
/// away before each line, so that they do not mix.
struct TalkAboveLine: LogHandler {
    let display: CopyDisplay
    var base: JournalLogHandler

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        display.clear()
        var event = event
        event.metadata?["drive"] = nil
        event.metadata?["phase"] = nil
        base.log(event: event)
    }
}
