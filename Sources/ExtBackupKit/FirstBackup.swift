public import Drives
import LinuxSystem
public import Reporting

/// The first backup of a drive that was just made and is still plugged in.
///
/// systemd starts it, as it would at a plug-in: it may take a day, and must outlive the terminal; and it proves what the
/// next plug-in needs, the unit with its rules. Here it is only followed.
public struct FirstBackup {
    private let context: RunContext
    private let name: DriveName

    /// So long a run that systemd was asked for may be silent before its first sign of life: the unit may take two
    /// minutes to start, and then its clean-up has to report.
    private static let patience = Duration.seconds(180)
    private static let pause = Duration.seconds(1)

    /// The first backup to that drive.
    public init(_ name: DriveName, in context: RunContext) {
        self.name = name
        self.context = context
    }

    private var unit: String { "extbackup@\(name).service" }

    /// How a person starts it later.
    public static func later(_ name: DriveName) -> String {
        "Pull the drive and plug it in again: that starts the first backup. Or run: extbackup run \(name)"
    }

    /// What becomes of the first backup.
    public enum Choice: Hashable, Sendable {
        /// It is started.
        case begun
        /// It is left for the next plug-in.
        case left
        /// A person is asked.
        case offered
    }

    /// Whether there is a person who can be asked.
    public enum Audience: Hashable, Sendable {
        /// One at a terminal, who did not say that nothing is to be asked.
        case present
        /// Nobody.
        case absent
    }

    /// Decides by what the command line says; else a person is asked, when there is one and the backup would not fail.
    public static func choice(
        _ wish: Choice?,
        for audience: Audience,
        after findings: [Finding]
    ) -> Choice {
        if let wish { return wish }
        switch audience {
        case .absent: return .left
        case .present: return findings.allowBackup ? .offered : .left
        }
    }

    /// Sees that there is something to back up, before a disk is erased for it.
    public static func check(in context: RunContext) throws(Failure) {
        do {
            _ = try Configuration(readingFrom: context.layout.configurationFile)
        } catch {
            throw Failure(error)
        }
    }

    /// Starts the drive's unit and waits until it has reported.
    ///
    /// - Parameter progress: called once a second with what the run does.
    /// - Throws: `interrupted` when a person does not want to wait any more: the backup goes on.
    public func perform(progress: (RunningState) -> Void) throws(Failure) -> RunReport {
        let before = try status().lastReport
        do {
            try context.startUnit(FileName(unit))
        } catch {
            throw Failure(
                .failed,
                "drive '\(name)' is ready, but its first backup was not started: \(error.message)",
                hint: "run 'extbackup run \(name)'"
            )
        }
        var silence = Duration.zero
        while true {
            let status = try status()
            if let report = status.lastReport, report != before, status.running == nil { return report }
            // A run that was cut off before must not be waited for.
            let situation = context.situation(of: name.text, status)
            if let running = situation.status.running { progress(running) }
            if situation.status.running != nil || situation.isInUse == true {
                silence = .zero
            } else if silence >= Self.patience {
                throw Failure(
                    .failed,
                    "the first backup gave no sign of life",
                    hint: "see why: journalctl -u \(unit)"
                )
            }
            if context.interruption.isRequested {
                throw Failure(
                    .interrupted,
                    "the first backup goes on; only this command ends",
                    hint: "'extbackup status' tells how far it is; 'systemctl stop \(unit)' stops it"
                )
            }
            context.operations.pause(Self.pause)
            silence += Self.pause
        }
    }

    private func status() throws(Failure) -> DriveStatus {
        do {
            return try StatusFile(directory: context.layout.stateFolder).read().status[drive: name.text]
        } catch {
            throw Failure(
                .failed,
                error.message,
                hint: error.hint ?? Failure.hint(toUse: context.layout.stateFolder)
            )
        }
    }
}

extension RunningState {
    /// One line: what it does, and how far it is.
    public var line: String { phase.activity + (progress.map { ": \($0.text)" } ?? "") }
}
