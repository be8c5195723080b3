public import LinuxSystem

/// Asks a person to prove that the disk in hand is the disk to be erased.
public enum SerialConfirmation: Hashable, Sendable {
    /// The disk's serial number: its last four characters or all of it.
    case serial(String)
    /// The disk has no serial number: its device path.
    case devicePath(FileName)

    /// What has to be typed for this disk.
    public init(for disk: DiskDescription) {
        if let serial = disk.serial?.trimmed, !serial.isEmpty {
            self = .serial(serial)
        } else {
            self = .devicePath(disk.devicePath)
        }
    }

    /// What to ask for: `the last four characters of its serial number`.
    public var question: String {
        switch self {
        case .serial(let serial):
            serial.utf8.count > 4 ? "the last four characters of its serial number" : "its serial number"
        case .devicePath: "its device path"
        }
    }

    /// True when the answer names this disk. Case and spaces around it do not matter for serial numbers.
    public func accepts(_ answer: String) -> Bool {
        let answer = answer.trimmed
        switch self {
        case .serial(let serial):
            let folded = answer.lowercased()
            return folded == serial.lowercased() || folded == String(serial.suffix(4)).lowercased()
        case .devicePath(let path):
            return Array(answer.utf8) == path.bytes
        }
    }
}

extension String {
    /// The text without white space at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
