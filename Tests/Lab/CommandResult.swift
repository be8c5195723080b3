/// How a command ended and what it wrote.
public struct CommandResult: Sendable {
    /// Exit status; 128 + N when signal N ended the command, 124 when its time limit did.
    public let status: Int32
    /// What was written to standard output.
    public let stdoutBytes: [UInt8]
    /// What was written to standard error.
    public let stderrBytes: [UInt8]

    /// Standard output as text; invalid UTF-8 is replaced.
    public var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }

    /// Standard error as text; invalid UTF-8 is replaced.
    public var stderr: String { String(decoding: stderrBytes, as: UTF8.self) }

    /// True when the exit status is 0.
    public var succeeded: Bool { status == 0 }

    /// Standard output without white space at its ends.
    public var trimmed: String {
        var text = Substring(stdout)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }

    /// Both outputs, labelled, for a failure's details.
    var evidence: String {
        var parts: [String] = []
        if !stdoutBytes.isEmpty { parts.append("--- stdout\n" + stdout) }
        if !stderrBytes.isEmpty { parts.append("--- stderr\n" + stderr) }
        return parts.joined(separator: "\n")
    }
}
