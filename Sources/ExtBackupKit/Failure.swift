import Drives
import LinuxSystem
public import Reporting

/// What a person is told when something does not work: the exit status, what happened, and what to do.
///
/// It is the only error that leaves the Kit. Messages begin in lower case and end without a full stop; what they
/// are about stands in single quotes. A hint is something to do, a command where there is one.
public struct Failure: Error, Hashable, Sendable {
    /// Which status the program ends with.
    public let status: ExitStatus
    /// What happened.
    public let message: String
    /// Lines that show what the message speaks of, for a terminal; the message does without them.
    public let excerpt: [String]
    /// What to do.
    public let hint: String?

    /// Describes a failure.
    public init(_ status: ExitStatus, _ message: String, excerpt: [String] = [], hint: String? = nil) {
        self.status = status
        self.message = message
        self.excerpt = excerpt
        self.hint = hint
    }
}

extension Failure {
    /// Somebody stopped the run.
    static var interrupted: Failure {
        Failure(
            .interrupted,
            "the run was stopped before it was done",
            hint:
                "plug the drive in again, or run 'systemctl start' for its unit: the copy goes on where it was"
        )
    }

    static func lockTimedOut(source: String, after wait: Duration) -> Failure {
        Failure(
            .locked,
            "source '\(source)' was still locked by its owner after \(wait.text)",
            hint: "wait until that work is done"
        )
    }

    static func neverPrepared(_ name: DriveName) -> Failure {
        Failure(
            .noDrive,
            "no drive was prepared under the name '\(name)'",
            hint: "'extbackup status' lists the drives; 'extbackup prepare-disk' makes a new one"
        )
    }

    /// What to do when a file or folder of the program's own cannot be used: it is root's, and as root it is not as it
    /// was made.
    static func hint(toUse path: FileName) -> String {
        effectiveUserID() == 0
            ? "see what is there instead with: ls -ld \(path)" : "put 'sudo' in front of it"
    }

    /// A mistake in a configuration file.
    public init(_ error: ConfigurationError) {
        self.init(
            .config,
            error.description,
            excerpt: error.excerpt,
            hint: error.hint ?? "correct it there; 'extbackup config check' tells when all is right"
        )
    }
}
