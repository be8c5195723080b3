import LinuxSystem
import Logging
import SystemPackage
import Testing

@testable import Reporting

@Suite("A log event")
struct LogRecordTests {
    private func record(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata? = nil,
        handler: Logger.Metadata = [:],
        error: (any Error)? = nil
    ) -> LogRecord {
        let event = LogEvent(
            level: level,
            message: message,
            error: error,
            metadata: metadata,
            source: "tests",
            file: #fileID,
            function: #function,
            line: #line
        )
        return LogRecord(event, handler: handler, surroundings: ["phase": "closing", "drive": "none"])
    }

    @Test("is a line for a person")
    func line() {
        let event = record(
            .warning,
            "the light does not answer",
            ["file": "'a b'", "reason": "no such device", "count": "2"],
            handler: ["drive": "red"]
        )
        #expect(
            event.line == "extbackup: warning: the light does not answer "
                + "(count=2 drive=red file='a b' phase=closing reason='no such device')"
        )
    }

    @Test(
        "shows how grave it is",
        arguments: [
            (.trace, "extbackup: debug: m (drive=none phase=closing)", 7),
            (.debug, "extbackup: debug: m (drive=none phase=closing)", 7),
            (.info, "extbackup: m (drive=none phase=closing)", 6),
            (.notice, "extbackup: m (drive=none phase=closing)", 5),
            (.warning, "extbackup: warning: m (drive=none phase=closing)", 4),
            (.error, "extbackup: error: m (drive=none phase=closing)", 3),
            (.critical, "extbackup: error: m (drive=none phase=closing)", 2),
        ] as [(Logger.Level, String, Int)]
    )
    func level(level: Logger.Level, line: String, priority: Int) {
        #expect(record(level, "m").line == line)
        #expect(record(level, "m").fields.contains("PRIORITY=\(priority)"))
    }

    @Test("is a set of fields for the journal")
    func fields() {
        let event = record(
            .error,
            "copy failed\nPRIORITY=0",
            ["bad-key é": "x\ny"],
            handler: ["drive": "red"],
            error: SystemError(call: "read", errno: .ioError)
        )
        let values = "bad-key é=x\\ny drive=red error='input/output error (read)' phase=closing"
        #expect(
            event.fields == [
                "MESSAGE=copy failed\\nPRIORITY=0 (\(values))", "PRIORITY=3", "SYSLOG_IDENTIFIER=extbackup",
                "EXTBACKUP_BAD_KEY__=x\\ny", "EXTBACKUP_DRIVE=red",
                "EXTBACKUP_ERROR=input/output error (read)", "EXTBACKUP_PHASE=closing",
            ]
        )
    }

    @Test("goes to the journal only when standard error is connected to it")
    func destination() throws {
        let identity = try #require(StandardError.streamIdentity())
        #expect(LogDestination.detect(journalStream: identity) == .journal)
        #expect(LogDestination.detect(journalStream: "1:2") == .standardError)
        #expect(LogDestination.detect(journalStream: nil) == .standardError)
    }
}
