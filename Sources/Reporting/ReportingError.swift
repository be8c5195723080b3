import LinuxSystem

/// Why something could not be told or kept: the status file, the history, a mail.
public struct ReportingError: Error, Hashable, Sendable {
    /// What failed.
    public enum Code: String, Sendable {
        /// The status file could not be read or written.
        case status
        /// The history could not be read or written.
        case history
        /// A mail could not be sent.
        case mail
        /// A mail address that no header may hold.
        case address
        /// The journal could not be read.
        case journal
    }

    /// What failed.
    public let code: Code
    /// What happened, lower case, no full stop.
    public let message: String
    /// What to do about it.
    public let hint: String?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func status(_ cause: SystemError) -> ReportingError {
        ReportingError(.status, "the status file cannot be used: \(cause)")
    }

    static func history(_ cause: any Error) -> ReportingError {
        ReportingError(.history, "the history cannot be used: \(cause)")
    }
}

extension ReportingError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
