public import Drives
import Indicators
import LinuxSystem
import Logging
public import Reporting

/// What the `OnFailure=` unit does: it tells a person about a run that could not tell itself.
public struct FailedRun {
    private let context: RunContext
    private let name: DriveName

    /// For a drive's unit.
    public init(_ name: DriveName, in context: RunContext) {
        self.name = name
        self.context = context
    }

    /// Mails, unless the agent did. Blocks.
    ///
    /// - Parameter ending: what systemd says of the failed service.
    public func tell(after ending: MonitorEnvironment) throws(Failure) {
        // The unit was started again meanwhile, and systemd speaks of that run: it tells about itself.
        if ending.serviceResult == "success" { return }
        // Without a status nothing is known of the run, and a person is told all the same, ignoring.
        let file = try? StatusFile(directory: context.layout.stateFolder).read().status
        let status = file?[drive: name.text] ?? DriveStatus()
        // The agent never came up, or its clean-up did not.
        let safety = context.safety(of: name.text, whenClosed: .safe(.closed))
        let report = FailureHook.report(
            ending,
            host: context.hostName,
            drive: reportedDrive(),
            status: status,
            safety: safety,
            now: context.now()
        )
        guard let report else { return }
        // It found another run at work on the drive: that one tells about itself.
        if report != status.lastReport, ending.exitStatus == "\(ExitStatus.locked.rawValue)" { return }
        let reporter = RunReporter(
            context: context,
            configuration: try? Configuration(readingFrom: context.layout.configurationFile)
        )
        if report != status.lastReport {
            post(FailureSafety(safety))
            for warning in reporter.record(report) {
                context.logger.warning("\(warning)", metadata: ["drive": "\(name)"])
            }
        }
        do {
            try reporter.mail(report, previous: nil)
        } catch {
            throw Failure(.failed, error.message, hint: error.hint)
        }
    }

    private func reportedDrive() -> ReportedDrive {
        // A drive whose file is broken still gets its mail, under its name alone, ignoring.
        let drive = try? DriveFile(named: name.text, in: context.layout.driveFolder)
        return ReportedDrive(name: name.text, serial: drive?.serial, luksUUID: drive?.luksUUID ?? "")
    }

    /// This unit may not touch USB; `extbackup-led.service` follows it and shows what is on the board.
    private func post(_ safety: FailureSafety) {
        do {
            try LightBoard(folder: context.layout.lightFolder).post(.failed(safety), job: FileName(name.text))
        } catch {
            context.logger.warning("\(error)", metadata: ["drive": "\(name)"])
        }
    }
}
