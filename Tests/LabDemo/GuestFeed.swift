import Lab

/// Something that the NAS wrote down.
struct GuestEvent {
    /// Seconds since the epoch, by the NAS's clock.
    let time: Double
    let kind: Kind

    enum Kind {
        /// A line of the journal: who wrote it (`kernel`, `systemd`, `extbackup`), and what.
        case journal(writer: String, message: String)
        /// The light was told to show this.
        case light(LightColor)
        /// The unit's status says this since now.
        case status(String)
    }
}

/// Reads what is new in the NAS's journal, in its unit's status and in the light's log.
struct GuestFeed {
    private let guest: Guest
    private let unit: String
    private var journal = TailedFile(path: "/run/demo-journal")
    private var light = TailedFile(path: "/var/lib/blinkstick.log")
    private var status = ""
    /// What was read but may still be followed by something older: the journal is a little behind.
    private var fresh: [GuestEvent] = []

    /// Begins to write the journal down in a file; one program that follows costs less than many that look.
    init(guest: Guest, unit: String) throws(LabFailure) {
        self.guest = guest
        self.unit = unit
        try guest.check(
            """
            journalctl -f -n 0 -o short-unix _TRANSPORT=kernel + SYSLOG_IDENTIFIER=extbackup + UNIT=\(unit) \
                > \(journal.path) 2>/dev/null < /dev/null &
            """
        )
    }

    /// Forgets what has happened so far. Returns the NAS's time.
    mutating func skip() throws(LabFailure) -> Double {
        let now = try read()
        fresh = []
        return now
    }

    /// What happened since the last call, oldest first.
    mutating func next() throws(LabFailure) -> [GuestEvent] {
        let now = try read()
        fresh.sort { $0.time < $1.time }
        let settled = fresh.prefix { $0.time < now - 0.4 }
        fresh.removeFirst(settled.count)
        return Array(settled)
    }

    /// Reads everything new. Returns the NAS's time.
    private mutating func read() throws(LabFailure) -> Double {
        let answer = try guest.check(
            """
            echo "$EPOCHREALTIME"
            systemctl show -P StatusText \(unit)
            tail -c +\(journal.read + 1) \(journal.path)
            printf '\\0'
            tail -c +\(light.read + 1) \(light.path) 2>/dev/null || true
            """
        ).stdoutBytes
        let parts = answer.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let head = parts[0].split(
            separator: UInt8(ascii: "\n"),
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, head.count == 3, let now = Double(String(decoding: head[0], as: UTF8.self))
        else {
            throw LabFailure("the NAS gave no time")
        }
        fresh += journal.take(head[2]).compactMap { Self.journalLine($0) }
        fresh += light.take(parts[1]).compactMap { Self.lightLine($0) }
        let newStatus = String(decoding: head[1], as: UTF8.self)
        if newStatus != status, !newStatus.isEmpty {
            fresh.append(GuestEvent(time: now, kind: .status(newStatus)))
        }
        status = newStatus
        return now
    }

    /// `1795245679.385930 nas extbackup[710]: unlocking (drive=red phase=unlocking)`
    private static func journalLine(_ line: Substring) -> GuestEvent? {
        let fields = line.split(separator: " ", maxSplits: 2)
        guard fields.count == 3, let time = Double(fields[0]) else { return nil }
        let text = fields[2].split(separator: ": ", maxSplits: 1)
        guard text.count == 2 else { return nil }
        let writer = String(text[0].prefix { $0 != "[" })
        return GuestEvent(time: time, kind: .journal(writer: writer, message: String(text[1])))
    }

    /// `1795245679.795 led=0 05130c`
    private static func lightLine(_ line: Substring) -> GuestEvent? {
        let fields = line.split(separator: " ")
        guard fields.count == 3, let time = Double(fields[0]) else { return nil }
        return GuestEvent(time: time, kind: .light(LightColor(String(fields[2]))))
    }
}

/// A file that grows in the guest.
private struct TailedFile {
    let path: String
    /// Bytes that were read.
    private(set) var read: Int

    init(path: String) {
        self.path = path
        read = 0
    }

    /// The whole lines among new bytes; the rest is read again with what follows it.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [Substring] {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let whole = bytes[...end]
        read += whole.count
        return String(decoding: whole, as: UTF8.self).split(separator: "\n")
    }
}
