import Logging
import Reporting

/// Takes the line of progress away before each line of talk, so that they do not mix.
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
        base.log(event: event)
    }
}
