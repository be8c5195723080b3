import Copying
import Drives
import Indicators
import LinuxSystem
import Logging
import Reporting

extension BackupRun {
    mutating func enter(_ phase: Phase) {
        record.enter(phase)
        context.notifier.status(phase.activity)
        context.notifier.beat()
        context.logger.info(
            "\(phase.activity)",
            metadata: ["drive": "\(name)", "phase": "\(phase.rawValue)"]
        )
        guard case .backup = mode else { return }
        do {
            try StatusFile(directory: context.layout.stateFolder).update {
                $0[drive: name.text].running?.phase = phase
                // It is the last phase's.
                $0[drive: name.text].running?.progress = nil
            }
        } catch {
            warn(error.message)
        }
    }

    mutating func warn(_ text: String) {
        record.warn(text)
        context.logger.warning("\(text)", metadata: ["drive": "\(name)"])
    }

    /// Tells systemd, and less often the status file, how far a source is; the sign of life comes from the numbers, so a hanging drive gives none.
    func progressReporter(for source: SourceConfiguration) -> (CopyProgress) -> Void {
        let notifier = context.notifier
        let clock = ContinuousClock()
        var last: ContinuousClock.Instant?
        var lastKept: ContinuousClock.Instant?
        var calls: UInt64 = 0
        var pace = CopyPace()
        let sourceAtHand = Progress.Source(
            name: source.name,
            number: Int64(position.number),
            count: Int64(position.count)
        )
        let keep = progressKeeper()
        let (show, name) = (context.showProgress, source.name)
        return { progress in
            show(name, progress)
            // The copier calls only when it got on, also where no number shows it (a large folder is removed).
            calls += 1
            notifier.watchdog(progress: calls)
            let now = clock.now
            pace.update(progress, at: now)
            if let last, last.duration(to: now) < .seconds(2) { return }
            last = now
            notifier.status(Self.line(progress, source: source.name))
            if let lastKept, lastKept.duration(to: now) < Self.keepingPause { return }
            guard let kept = Progress(progress, of: sourceAtHand, rate: pace.rate) else { return }
            lastKept = now
            keep(kept)
        }
    }

    /// Each writing of the status file waits for the disk.
    private static let keepingPause = Duration.seconds(30)

    /// Writes progress into the status file, for `extbackup status`.
    private func progressKeeper() -> (Progress) -> Void {
        guard case .backup = mode else { return { _ in } }
        let file = StatusFile(directory: context.layout.stateFolder)
        let (name, logger) = (name, context.logger)
        return { progress in
            do throws(ReportingError) {
                try file.update { $0[drive: name.text].running?.progress = progress }
            } catch {
                logger.warning("\(error.message)", metadata: ["drive": "\(name)"])
            }
        }
    }

    private static func line(_ progress: CopyProgress, source: String) -> String {
        switch progress.phase {
        case .scanning:
            "scanning '\(source)': \(ByteCount.grouped(Int64(progress.entriesScanned))) entries"
        case .copying, .finishing:
            "copying '\(source)': \(ByteCount(progress.bytesDone)) of \(ByteCount(progress.bytesTotal))"
        case .deleting:
            "deleting what '\(source)' does not have any more"
        }
    }

    /// The run is over and the light says so: now the report goes to status, history, journal and mail. What fails
    /// here cannot change what happened; it is a warning.
    mutating func end(configuration: Configuration?) -> RunReport {
        indicator?.stop()
        guard case .backup = mode else {
            return record.report(host: context.hostName, invocation: nil, ended: context.now())
        }
        let ended = context.now()
        let replugApproval = offerReplug(configuration, at: ended)
        var report = record.report(host: context.hostName, invocation: context.invocation, ended: ended)
        report.replugApproval = replugApproval
        let reporter = RunReporter(context: context, configuration: configuration)
        for warning in reporter.publish(report) {
            context.logger.warning("\(warning)", metadata: ["drive": "\(name)"])
        }
        return report
    }
}

extension Progress {
    /// How far the source at hand is; nil before its plan is made.
    init?(_ progress: CopyProgress, of source: Source, rate: ProgressRate) {
        switch progress.phase {
        case .scanning: return nil
        case .copying, .deleting, .finishing: break
        }
        self.init(
            changesDone: Int64(progress.changesDone),
            changesTotal: Int64(progress.changesTotal),
            bytesDone: ByteCount(progress.bytesDone),
            bytesTotal: ByteCount(progress.bytesTotal)
        )
        self.source = source
        let text = ProgressText(progress, rate: rate)
        bytesPerSecond = text.bytesPerSecond
        secondsLeft = text.timeLeft?.components.seconds
    }
}
