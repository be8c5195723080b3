/// What a line of the journal means to a person who watches.
enum Story {
    /// A row of the timeline.
    case row(String)
    /// A milestone: a row that is emphasized.
    case milestone(String)
    /// The unit is over.
    case end

    /// Nothing for lines that a person need not see.
    init?(writer: String, message: String, unit: String) {
        let told: Story? =
            switch writer {
            case "kernel": Self.kernel(message)
            case "systemd": Self.systemd(message, unit: unit)
            case "extbackup": Self.program(message)
            default: nil
            }
        guard let told else { return nil }
        self = told
    }

    private static func kernel(_ message: String) -> Story? {
        if message.hasPrefix("usb "), message.contains("USB device number"), message.contains(": new ") {
            return .row("the kernel finds a new USB device")
        }
        if message.contains("Attached SCSI disk"), let name = text(in: message, from: "[", to: "]") {
            return .row("it is a disk: /dev/\(name)")
        }
        if message.contains("USB disconnect") { return .row("the drive is off the bus, without power") }
        return nil
    }

    private static func systemd(_ message: String, unit: String) -> Story? {
        if message.hasPrefix("Starting \(unit)") { return .row("systemd starts \(unit)") }
        let isOver = ["Deactivated successfully", "Failed with result"].contains {
            message.hasPrefix("\(unit): \($0)")
        }
        return isOver ? .end : nil
    }

    private static func program(_ message: String) -> Story? {
        // A line ends with its fields: `unlocking (drive=red phase=unlocking)`.
        let parts = message.split(separator: " (", maxSplits: 1)
        let words = parts.first.map(String.init) ?? message
        let fields = parts.count == 2 ? String(parts[1].dropLast()) : ""
        func field(_ name: String) -> String? {
            fields.split(separator: " ").first { $0.hasPrefix(name + "=") }.map {
                String($0.dropFirst(name.count + 1))
            }
        }
        switch words {
        case "source copied":
            return .row(
                "\(field("source") ?? "?"): \(field("files") == "1" ? "1 file" : (field("files") ?? "?") + " files") copied, "
                    + "\(byteText(field("bytes").flatMap { Int($0) } ?? 0)), \(field("deleted") ?? "?") deleted"
            )
        case "backup done":
            return .milestone("backup done: \(field("status") ?? "?")")
        case "backup failed":
            return .milestone(
                "backup failed: \(text(in: fields, from: "reason='", to: "' status=") ?? fields)"
            )
        case "mail sent":
            return .row("a mail to root is sent")
        default:
            return .row(words)
        }
    }

    /// What stands between two marks.
    private static func text(in line: String, from: String, to: String) -> String? {
        let rest = line.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
        guard rest.count == 2 else { return nil }
        return rest[1].split(separator: to, maxSplits: 1, omittingEmptySubsequences: false).first.map(
            String.init
        )
    }

    /// A size in decimal units, as the program writes it.
    private static func byteText(_ count: Int) -> String {
        switch count {
        case ..<1000: "\(count) bytes"
        case ..<1_000_000: "\(count / 1000) kB"
        default: "\(count / 1_000_000) MB"
        }
    }
}
