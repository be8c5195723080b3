import Glibc
import SystemPackage

/// The process's standard streams.
public enum StandardStream: Int32, Sendable {
    /// What a person types, or a program writes.
    case input = 0
    /// Results.
    case output = 1
    /// Talk.
    case error = 2

    /// Takes the numbers of streams that are closed, so that no file that is opened later gets one of them: what is said
    /// on standard error would be written into it. They can be used as little as before. Call it first of all.
    public static func occupyClosed() {
        for (number, useless) in [
            (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
        ]
        where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one, since those below it are taken.
            _ = Glibc.open("/dev/null", useless)
        }
    }

    /// True when a person sits at the other end.
    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// True for a terminal that shows colors, whose user did not forbid them (https://no-color.org).
    public var takesColors: Bool {
        isTerminal && (Environment.value(of: "NO_COLOR") ?? "").isEmpty
            && Environment.value(of: "TERM") != "dumb"
    }

    /// Writes all bytes.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try check("write") {
                bytes[written...].withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            }
        }
    }
}

extension Descriptor {
    /// Waits until a file that was opened without blocking has something to read, or has ended; from then on reads block.
    ///
    /// - Throws: `EINTR` when the interruption is requested meanwhile (Ctrl-C).
    public func waitForContents(until interruption: Interruption) throws(SystemError) {
        var waiting = pollfd(fd: rawValue, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, 200) <= 0 {
            if interruption.isRequested { throw SystemError(call: "read", errno: .interrupted) }
        }
        let flags = try check("fcntl") { fcntl(rawValue, F_GETFL) }
        try check("fcntl") { fcntl(rawValue, F_SETFL, flags & ~O_NONBLOCK) }
    }
}

/// Answers of the person at the terminal.
public enum Terminal {
    /// The next line of standard input without its end; nil at its end. At most 4096 bytes.
    ///
    /// - Throws: `EINTR` when the interruption is requested meanwhile (Ctrl-C).
    public static func readAnswer(until interruption: Interruption) throws(SystemError) -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4096 {
            var waiting = pollfd(fd: StandardStream.input.rawValue, events: Int16(POLLIN), revents: 0)
            while poll(&waiting, 1, 200) <= 0 {
                if interruption.isRequested { throw SystemError(call: "read", errno: .interrupted) }
            }
            let count = try check("read") { read(StandardStream.input.rawValue, &byte, 1) }
            if count == 0 { return line.isEmpty ? nil : line }
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        throw SystemError(call: "read", errno: .fileTooLarge)
    }

    /// A line that is not shown while it is typed; nil at the end of input.
    public static func readSecret(until interruption: Interruption) throws(SystemError) -> SecretBytes? {
        let input = StandardStream.input.rawValue
        var usual = termios()
        let isTerminal = tcgetattr(input, &usual) == 0
        if isTerminal {
            var hidden = usual
            hidden.c_lflag &= ~tcflag_t(ECHO)
            try check("tcsetattr") { tcsetattr(input, TCSAFLUSH, &hidden) }
        }
        defer {
            if isTerminal { tcsetattr(input, TCSAFLUSH, &usual) }
        }
        guard var answer = try readAnswer(until: interruption) else { return nil }
        return SecretBytes(wiping: &answer)
    }
}

/// The process's environment.
public enum Environment {
    /// A variable's value as text; nil when it is not set or is no UTF-8.
    public static func value(of name: String) -> String? {
        getenv(name).flatMap { String(validatingCString: $0) }
    }

    /// All variables whose names begin so.
    public static func values(prefixed prefix: String) -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if text.hasPrefix(prefix), let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return values
    }
}
