public import Drives
import Indicators
import LinuxSystem
import Logging
public import Reporting

/// What follows every end of an agent, also by SIGKILL: nothing stays open, the light tells the truth, and a drive
/// that was plugged in again meanwhile gets its run.
public struct RunCleanup {
    private let context: RunContext
    private let name: DriveName

    /// For a drive's unit (`ExecStopPost=`).
    public init(_ name: DriveName, in context: RunContext) {
        self.name = name
        self.context = context
    }

    /// Cleans up. After a run that ended in order it changes nothing. Blocks.
    ///
    /// - Parameter ending: what systemd says of the agent's end; empty by hand.
    /// - Throws: `notClosed` when something of the drive is still open.
    public func perform(after ending: MonitorEnvironment) throws(Failure) {
        let lock = try RunLock.take(of: name, in: context)
        let drive: DriveFile
        do {
            drive = try DriveFile(named: name.text, in: context.layout.driveFolder)
        } catch {
            throw Failure(error)
        }
        // A status that cannot be read is as one without a running run; leftovers are found all the same, ignoring.
        let status = (try? StatusFile(directory: context.layout.stateFolder).read().status) ?? Status()
        let isUnfinished = status[drive: name.text].running != nil
        var safety = PullSafety.safe(.closed)
        let isLeftOpen = try hasLeftovers()
        if isUnfinished || isLeftOpen {
            safety = try settle(drive)
            show(safety)
            report(drive, status[drive: name.text], ending, safety)
        }
        withExtendedLifetime(lock) {}
        if case .unsafe(let reason) = safety {
            throw Failure(
                .notClosed,
                "drive '\(name)' is not closed: \(reason)",
                hint: "do not pull it; end what holds it, then run 'extbackup cleanup \(name)'"
            )
        }
        try context.startRunOfNewerPlugIn(of: name)
    }

    private func hasLeftovers() throws(Failure) -> Bool {
        do {
            return try DriveLeftovers.exist(driveName: name, operations: context.operations)
        } catch {
            throw Failure(.notClosed, "what is open of drive '\(name)' cannot be found out: \(error)")
        }
    }

    /// Closes and flushes. The drive keeps its power: a run that was killed can be started again without a walk to
    /// the machine.
    private func settle(_ drive: DriveFile) throws(Failure) -> PullSafety {
        let outcome = DriveLeftovers.settle(
            try drive.identity(),
            power: .leave,
            operations: context.operations
        )
        switch outcome {
        case .released(let power, let warnings):
            for warning in warnings { context.logger.warning("\(warning)", metadata: ["drive": "\(name)"]) }
            return .safe(RestState(power))
        case .absent:
            return .gone
        case .open(let leftovers):
            return .unsafe(reason: leftovers.map(\.description).joined(separator: "; "))
        case .doubtful(let error):
            return .unsafe(reason: error.description)
        }
    }

    private func show(_ safety: PullSafety) {
        // A light that is switched off or wrongly configured has nothing to say here, ignoring.
        guard let settings = try? LightCommands(context).lightSettings() else { return }
        let indicator = Indicator(settings, in: context)
        indicator.show(.failed(FailureSafety(safety)), job: FileName(name.text))
        indicator.stop()
    }

    /// Leaves a report for the unit's `OnFailure=`, which mails it.
    private func report(
        _ drive: DriveFile,
        _ status: DriveStatus,
        _ ending: MonitorEnvironment,
        _ safety: PullSafety
    ) {
        var ending = ending
        ending.invocation = ending.invocation ?? status.running?.invocation
        let identity = ReportedDrive(name: drive.name, serial: drive.serial, luksUUID: drive.luksUUID)
        let report = FailureHook.report(
            ending,
            host: context.hostName,
            drive: identity,
            status: status,
            safety: safety,
            now: context.now()
        )
        guard let report else { return }
        for warning in RunReporter(context: context, configuration: nil).record(report) {
            context.logger.warning("\(warning)", metadata: ["drive": "\(name)"])
        }
    }
}

extension FailureSafety {
    init(_ safety: PullSafety) {
        self =
            switch safety {
            case .safe, .gone: .safeToPull
            case .unsafe: .doNotPull
            }
    }
}
