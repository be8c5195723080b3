internal import CSystemd
public import LinuxSystem
import SystemPackage

/// One entry of the journal, as far as a person wants to see it.
public struct JournalLine: Hashable, Sendable {
    /// When it was received.
    public var time: Timestamp
    /// Who wrote it: `extbackup`, `systemd`.
    public var identifier: String
    /// syslog's priority: 3 is an error, 4 a warning.
    public var priority: Int
    /// What it says, escaped to one line.
    public var message: String

    /// Describes an entry; the texts are escaped.
    public init(time: Timestamp, identifier: String = "extbackup", priority: Int = 6, message: String) {
        self.time = time
        self.identifier = SingleLine.escape(identifier)
        self.priority = priority
        self.message = SingleLine.escape(message)
    }

    /// `06:09:05 warning: …`, with the writer's name when it is not this program.
    public var text: String {
        let writer = identifier == "extbackup" ? "" : "\(identifier): "
        let level =
            switch priority {
            case ...3: "error: "
            case 4: "warning: "
            default: ""
            }
        return "\(time.timeOfDay) \(writer)\(level)\(message)"
    }
}

/// Reads what one invocation of a service wrote, and what systemd said about it, from the journal.
public struct JournalReader: Sendable {
    private let directory: FileName?

    /// Reads the machine's journal, or the journal files in `directory`.
    public init(directory: FileName? = nil) {
        self.directory = directory
    }

    /// The last `limit` entries of the invocation, the oldest first; none for an id that is not one. Blocks.
    public func lastLines(
        ofInvocation invocation: String,
        limit: Int = 40
    ) throws(ReportingError) -> [JournalLine] {
        guard Self.isInvocation(invocation) else { return [] }
        let journal = try open()
        defer { sd_journal_close(journal) }
        // What the service's processes wrote, or what the manager (process 1) wrote about this invocation.
        for match in ["_SYSTEMD_INVOCATION_ID=\(invocation)", "", "INVOCATION_ID=\(invocation)", "_PID=1"] {
            try Self.check(
                match.isEmpty ? sd_journal_add_disjunction(journal) : sd_journal_add_match(journal, match, 0)
            )
        }
        try Self.check(sd_journal_seek_tail(journal))
        var lines: [JournalLine] = []
        var more = try Self.check(sd_journal_previous_skip(journal, UInt64(max(1, limit))))
        while more > 0 {
            lines.append(Self.line(of: journal))
            more = try Self.check(sd_journal_next(journal))
        }
        return lines
    }

    /// True for a 128-bit id in the form that systemd prints: nothing else may become a part of a match.
    static func isInvocation(_ text: String) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        return text.utf8.count == 32 && text.utf8.allSatisfy { digits.contains($0) || letters.contains($0) }
    }

    private func open() throws(ReportingError) -> OpaquePointer? {
        var journal: OpaquePointer?
        if let directory {
            try Self.check(directory.withCString { sd_journal_open_directory(&journal, $0, 0) })
        } else {
            try Self.check(sd_journal_open(&journal, Int32(EXT_SD_JOURNAL_LOCAL_ONLY)))
        }
        return journal
    }

    /// libsystemd returns the negated errno.
    @discardableResult
    private static func check(_ result: Int32) throws(ReportingError) -> Int32 {
        if result >= 0 { return result }
        throw ReportingError(.journal, "the journal cannot be read: \(Errno(rawValue: -result))")
    }

    private static func line(of journal: OpaquePointer?) -> JournalLine {
        var microseconds: UInt64 = 0
        // An entry without a time is shown at 1970 rather than not at all, ignoring.
        _ = sd_journal_get_realtime_usec(journal, &microseconds)
        return JournalLine(
            time: Timestamp(seconds: Int64(microseconds / 1_000_000)),
            identifier: field("SYSLOG_IDENTIFIER", of: journal) ?? "unknown",
            priority: field("PRIORITY", of: journal).flatMap { Int($0) } ?? 6,
            message: field("MESSAGE", of: journal) ?? ""
        )
    }

    private static func field(_ name: String, of journal: OpaquePointer?) -> String? {
        var data: UnsafeRawPointer?
        var length = 0
        guard sd_journal_get_data(journal, name, &data, &length) == 0, let data else { return nil }
        let bytes = UnsafeRawBufferPointer(start: data, count: length)
        return String(decoding: bytes.dropFirst(name.utf8.count + 1), as: UTF8.self)
    }
}
