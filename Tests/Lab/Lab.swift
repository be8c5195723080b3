// The lab: a virtual NAS.
//
// `LabImage` makes a Debian guest disk once and keeps it. `LabSnapshot` keeps the state of a guest that has
// booted, or that has booted and got the package installed; `Guest.start(from:)` brings such a state to life
// in a fraction of a second. What a guest writes is thrown away with it, so that no scenario disturbs another.
// `VirtualDrive` is a USB drive that can be plugged and pulled, `Guest.attachBlinkStick` a light that writes
// down every colour.
//
// Nothing here needs KVM, root, or a kernel with device-mapper or USB: QEMU emulates it all. Every wait has a
// time limit, and a failure says what was waited for, with the end of the guest's console.

internal import Glibc

/// What went wrong in the lab: the lab itself, or a command that was expected to succeed.
public struct LabFailure: Error, CustomStringConvertible, Sendable {
    /// What was tried and how it ended, on one line.
    public let message: String
    /// Everything that helps to find the reason: outputs and the end of the console.
    public let details: String

    /// A failure with its evidence.
    public init(_ message: String, details: String = "") {
        self.message = message
        self.details = details
    }

    /// A failed system call; `code` is the value that errno had right after it.
    static func systemCall(_ call: String, _ code: Int32) -> LabFailure {
        LabFailure("\(call): \(String(cString: strerror(code)))")
    }

    /// The same failure with more evidence at its end.
    func adding(details more: String) -> LabFailure {
        LabFailure(message, details: details.isEmpty ? more : details + "\n" + more)
    }

    /// The message, and the details below it.
    public var description: String {
        details.isEmpty ? message : message + "\n" + details
    }
}

/// Tells a waiting person on stderr what takes long.
public func reportLabProgress(_ message: String) {
    _ = ("lab: " + message + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// A point in time against which waiting is measured; not disturbed by a change of the clock.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(after limit: Duration) {
        end = ContinuousClock.now + limit
    }

    var hasPassed: Bool { ContinuousClock.now >= end }

    /// Milliseconds that are left, at least 0; fits what poll(2) takes.
    var millisecondsLeft: Int32 {
        let left = end - ContinuousClock.now
        let milliseconds =
            left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds))
    }
}

/// Sleeps the calling thread.
func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
}

extension Duration {
    /// Whole seconds, rounded up: what timeout(1) takes.
    var wholeSeconds: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }
}

/// The value of an environment variable that is set and not empty.
func environmentValue(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
}

/// Quotes a word for a POSIX shell.
public func shellQuoted(_ word: String) -> String {
    var quoted = "'"
    for character in word {
        if character == "'" { quoted += "'\\''" } else { quoted.append(character) }
    }
    return quoted + "'"
}
