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
    /// - Returns: whether the drive may be pulled; nil when nothing was left to do.
    /// - Throws: `notClosed` when something of the drive is still open.
    @discardableResult
    public func perform(after ending: MonitorEnvironment) throws(Failure) -> PullSafety? {
        let lock = try RunLock.take(of: name, for: .run, in: context)
        let drive = try DriveFile.prepared(name, in: context.layout)
        // A status that cannot be read is as one without a running run; leftovers are found all the same, ignoring.
        let status = (try? StatusFile(directory: context.layout.stateFolder).read().status) ?? Status()
        let before = status[drive: name.text]
        var safety: PullSafety?
        if try hasLeftovers() || before.isUnfinished {
            endHooks()
            let found = try settle(drive)
            show(found)
            if before.running == nil {
                correctReport(found)
            } else {
                report(drive, before, ending, found)
            }
            safety = found
        }
        // Given back before the next run is started.
        _ = consume lock
        if case .unsafe(let reason)? = safety {
            throw Failure(
                .notClosed,
                "drive '\(name)' is not closed: \(reason)",
                hint: "do not pull it; end what holds it, then run 'extbackup cleanup \(name)'"
            )
        }
        try context.startRunOfNewerPlugIn(of: name)
        return safety
    }

    /// A dump that nobody waits for any more would be in the next run's way.
    private func endHooks() {
        do {
            try context.hookHost.endLeftovers(of: name)
        } catch {
            context.logger.warning("hooks that may still run: \(error)", metadata: ["drive": "\(name)"])
        }
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
        guard let settings = LightCommands(context).settingsForRuns() else { return }
        let notice = LightNotice.failed(FailureSafety(safety))
        let indicator = Indicator(settings, in: context, saying: notice, job: FileName(name.text))
        indicator.stop()
    }

    /// The run told what came of it, but the drive stands otherwise now.
    private func correctReport(_ safety: PullSafety) {
        do {
            try StatusFile(directory: context.layout.stateFolder).update {
                $0[drive: name.text].running = nil
                $0[drive: name.text].lastReport?.safety = safety
            }
        } catch {
            context.logger.warning("\(error.message)", metadata: ["drive": "\(name)"])
        }
    }

    /// Reports what the agent could not, mail included: the unit's `OnFailure=` may come when the next run has begun.
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
        guard let report, report != status.lastReport else { return correctReport(safety) }
        correctReport(safety)
        let reporter = RunReporter(
            context: context,
            configuration: try? Configuration(readingFrom: context.layout.configurationFile)
        )
        for warning in reporter.publish(report) {
            context.logger.warning("\(warning)", metadata: ["drive": "\(name)"])
        }
    }
}

extension DriveStatus {
    /// The last run did not end, or not with a closed drive.
    fileprivate var isUnfinished: Bool {
        if running != nil { return true }
        switch lastReport?.safety {
        case .unsafe: return true
        case .safe, .gone, nil: return false
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
