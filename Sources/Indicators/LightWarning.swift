public import LinuxSystem

/// Why the light does not show what it should. It is never a failure of the run: the caller logs it.
public enum LightWarning: Error, Hashable, Sendable {
    /// No stick is plugged in, or none with this serial number.
    case absent(serial: String?)
    /// The stick's device node may not be opened by this user.
    case notPermitted
    /// The stick refused the report (`EPIPE`).
    case stalled
    /// The stick was pulled while it was used.
    case vanished
    /// The stick did not answer in time.
    case timedOut
    /// Something else that libusb reported.
    case usb(call: String, reason: String)
    /// The folder in which the jobs share the light cannot be used.
    case board(SystemError)
    /// Another process holds the light for too long.
    case busy
    /// A file in that folder is not of this program, or unreadable, and is ignored.
    case foreignFile(FileName)

    /// Warnings of one kind are reported once, until the light works again.
    enum Kind: Hashable {
        case absent, notPermitted, stalled, vanished, timedOut, usb, board, busy, foreignFile
    }

    var kind: Kind {
        switch self {
        case .absent: .absent
        case .notPermitted: .notPermitted
        case .stalled: .stalled
        case .vanished: .vanished
        case .timedOut: .timedOut
        case .usb: .usb
        case .board: .board
        case .busy: .busy
        case .foreignFile: .foreignFile
        }
    }
}

extension LightWarning.Kind {
    /// Where a warning comes from; what works again takes back the warnings of its own source only.
    enum Source {
        case stick, board
    }

    var source: Source {
        switch self {
        case .absent, .notPermitted, .stalled, .vanished, .timedOut, .usb: .stick
        case .board, .busy, .foreignFile: .board
        }
    }
}

extension LightWarning: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .absent(nil): "no 'BlinkStick' is plugged in"
        case .absent(let serial?): "no 'BlinkStick' with the serial number \(FileName(serial)) is plugged in"
        case .notPermitted: "'BlinkStick' may not be opened: permission denied"
        case .stalled: "'BlinkStick' refused the color"
        case .vanished: "'BlinkStick' was pulled"
        case .timedOut: "'BlinkStick' did not answer in time"
        case .usb(let call, let reason): "'BlinkStick' failed: \(reason) (\(call))"
        case .board(let error): "the light cannot be shared with other jobs: \(error)"
        case .busy: "the light is held by another process"
        case .foreignFile(let name): "\(name) in the light's folder is ignored: not a state of a job"
        }
    }
}
