internal import CSystemd
import LinuxSystem
public import Logging

/// Where the program's log goes.
public enum LogDestination: Sendable {
    /// To journald, with structured fields.
    case journal
    /// To standard error, as lines for a person.
    case standardError

    /// The journal when standard error is connected to it, as systemd does for its services.
    ///
    /// - Parameter journalStream: the value of the environment's `JOURNAL_STREAM`, which other programs may have
    ///   passed on although they redirected standard error; therefore it is compared (systemd.exec(5)).
    public static func detect(journalStream: String?) -> LogDestination {
        guard let journalStream, journalStream == StandardError.streamIdentity() else {
            return .standardError
        }
        return .journal
    }
}

/// Sends swift-log's events to the journal or to standard error, in the program's voice.
public struct JournalLogHandler: LogHandler {
    /// Values that accompany every event: `drive`, `phase`, …
    public var metadata: Logger.Metadata = [:]
    /// Values that the surroundings provide.
    public var metadataProvider: Logger.MetadataProvider?
    /// Less important events are dropped.
    public var logLevel: Logger.Level
    private let destination: LogDestination

    /// A handler that writes to `destination`.
    public init(destination: LogDestination, logLevel: Logger.Level = .info) {
        self.destination = destination
        self.logLevel = logLevel
    }

    /// A value of the event's own wins over the handler's, and that one over the surroundings'.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one event. Blocks while the journal or the terminal takes it.
    public func log(event: LogEvent) {
        let record = LogRecord(event, handler: metadata, surroundings: metadataProvider?.get() ?? [:])
        switch destination {
        case .standardError:
            StandardError.write(Array((record.line + "\n").utf8))
        case .journal:
            // journald is gone or full: the line at least, which systemd passes on when it can.
            if !Self.send(record.fields) { StandardError.write(Array((record.line + "\n").utf8)) }
        }
    }

    private static func send(_ fields: [String]) -> Bool {
        let bytes = fields.map { Array($0.utf8) }
        let buffer = bytes.flatMap { $0 }
        return buffer.withUnsafeBytes { all in
            var start = 0
            let vectors = bytes.map { field in
                let part = UnsafeMutableRawPointer(mutating: all.baseAddress?.advanced(by: start))
                start += field.count
                return iovec(iov_base: part, iov_len: field.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count)) == 0
        }
    }
}

/// One event, in both of its forms.
struct LogRecord {
    private let level: Logger.Level
    private let message: String
    private let values: [(key: String, value: String)]

    init(_ event: LogEvent, handler: Logger.Metadata, surroundings: Logger.Metadata) {
        level = event.level
        message = SingleLine.escape(event.message.description)
        var merged = surroundings.merging(handler) { $1 }.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { merged["error"] = "\(error)" }
        values = merged.sorted { $0.key < $1.key }.map { ($0.key, SingleLine.escape($0.value.description)) }
    }

    /// `message (drive=red bytes=12)`.
    private var text: String {
        if values.isEmpty { return message }
        let list = values.map { key, value in
            let isPlain = value.first == "'" || !(value.isEmpty || value.contains(" "))
            return "\(key)=" + (isPlain ? value : "'\(value)'")
        }
        return "\(message) (\(list.joined(separator: " ")))"
    }

    /// For a person: `extbackup: warning: message (key=value …)`.
    var line: String {
        let name =
            switch level {
            case .trace, .debug: "debug: "
            case .info, .notice: ""
            case .warning: "warning: "
            case .error, .critical: "error: "
            }
        return "extbackup: \(name)\(text)"
    }

    /// For journald: the same text as the message, so that `journalctl` shows the values, and each value as
    /// a field, so that it can be searched for.
    var fields: [String] {
        let priority =
            switch level {
            case .trace, .debug: 7
            case .info: 6
            case .notice: 5
            case .warning: 4
            case .error: 3
            case .critical: 2
            }
        return ["MESSAGE=\(text)", "PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=extbackup"]
            + values.map { "EXTBACKUP_\(Self.fieldName($0.key))=\($0.value)" }
    }

    /// journald takes capital letters, digits and underscores, 64 in all (systemd.journal-fields(7)).
    private static func fieldName(_ key: String) -> String {
        let scalars = key.uppercased().unicodeScalars.prefix(54).map { scalar in
            ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "_"
        }
        return String(scalars)
    }
}
