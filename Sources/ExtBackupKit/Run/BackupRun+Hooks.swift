import Drives
import Indicators
import LinuxSystem
import Logging
import Reporting

/// What hooks of a run are still to come, and what they decided.
struct HookLedger {
    /// How many were started.
    var count = 0
    /// The run's own, when its `after` is due.
    var run: Hooks?
    /// Sources whose `after` is due.
    var sources: [SourceConfiguration] = []
    /// How the sources went that were copied, by their names.
    var copied: [String: HookStatus] = [:]
    /// What is said of each source that its `before` asked to skip.
    var skipped: [String] = []
}

/// What a `before` came to.
private enum BeforeOutcome {
    case succeeded
    /// It asked to leave out what it belongs to.
    case skip(reason: String)
    case failed(Failure)
    /// There was no such program: nothing of it needs to be taken back.
    case notStarted(Failure)
}

/// Hooks. `after` follows whenever `before` was started and did not say 75, so that what it made is taken back.
extension BackupRun {
    /// The status by which a `before` asks to skip (EX_TEMPFAIL of sysexits.h).
    private static let skipStatus: Int32 = 75

    /// Runs the run's own `before`, while nothing of the drive is open.
    ///
    /// - Returns: false when there is nothing more to do.
    mutating func beginRun(_ hooks: Hooks) -> Bool {
        guard case .backup = mode, !hooks.isEmpty else { return true }
        guard let command = hooks.before else {
            self.hooks.run = hooks
            return true
        }
        enter(.hooks)
        let job = FileName(name.text)
        switch before(command, hooks.timeout, of: nil) {
        case .succeeded:
            self.hooks.run = hooks
            return true
        case .skip(let reason):
            record.fail(.skippedByHook("the run was skipped: \(reason)", .skipped))
            indicator?.show(.held, job: job)
        case .failed(let failure):
            self.hooks.run = hooks
            record.fail(failure)
            indicator?.show(.failed(.safeToPull), job: job)
        case .notStarted(let failure):
            record.fail(failure)
            indicator?.show(.failed(.safeToPull), job: job)
        }
        return false
    }

    /// Runs the run's own `after`, if it is due. Whatever the drive came to, it is not open any more.
    mutating func endRun() {
        guard let due = hooks.run else { return }
        hooks.run = nil
        guard let command = due.after else { return }
        enter(.hooks)
        let status = HookStatus(Verdict(record.status))
        if let failure = after(command, due.timeout, of: nil, status) { record.fail(failure) }
    }

    /// Runs `before` of each source.
    ///
    /// - Returns: the sources that go on; nil when the run was stopped.
    mutating func beginSources(_ sources: [SourceConfiguration]) -> [SourceConfiguration]? {
        guard case .backup = mode, sources.contains(where: { !$0.hooks.isEmpty }) else { return sources }
        enter(.hooks)
        var ready: [SourceConfiguration] = []
        for source in sources {
            if context.interruption.isRequested {
                record.fail(.interrupted)
                return nil
            }
            guard let command = source.hooks.before else {
                hooks.sources.append(source)
                ready.append(source)
                continue
            }
            switch before(command, source.hooks.timeout, of: source) {
            case .succeeded:
                hooks.sources.append(source)
                ready.append(source)
            case .skip(let reason):
                let note = "skipped: \(reason)"
                hooks.skipped.append("source '\(source.name)' was \(note)")
                record.sources.append(SourceResult(name: source.name, note: note))
            case .failed(let failure):
                hooks.sources.append(source)
                giveUp(source, failure)
            case .notStarted(let failure):
                giveUp(source, failure)
            }
        }
        return ready
    }

    private mutating func giveUp(_ source: SourceConfiguration, _ failure: Failure) {
        record.fail(failure)
        record.sources.append(SourceResult(name: source.name, note: failure.message))
    }

    /// Runs `after` of a source, if it is due.
    ///
    /// - Returns: whether something was run.
    @discardableResult
    mutating func endSource(_ source: SourceConfiguration) -> Bool {
        guard let index = hooks.sources.firstIndex(where: { $0.name == source.name }) else { return false }
        hooks.sources.remove(at: index)
        guard let command = source.hooks.after else { return false }
        enter(.hooks)
        let status = hooks.copied[source.name] ?? (context.interruption.isRequested ? .interrupted : .failed)
        guard let failure = after(command, source.hooks.timeout, of: source, status) else { return true }
        record.fail(failure)
        if let result = record.sources.lastIndex(where: { $0.name == source.name }) {
            let note = record.sources[result].note
            record.sources[result].note = (note.map { $0 + "; " } ?? "") + failure.message
        }
        return true
    }

    /// What follows the last source: `after` of those that were not copied; what was skipped decides on the verdict.
    ///
    /// - Parameter count: so many sources could have been copied.
    mutating func endSources(of count: Int) {
        for source in hooks.sources { endSource(source) }
        let verdict: ExitStatus = hooks.skipped.count == count ? .skipped : .partial
        for text in hooks.skipped { record.fail(.skippedByHook(text, verdict)) }
        hooks.skipped = []
    }

    /// Tells whoever looks at a preview that hooks are not part of it.
    func tellOfHooks(_ hooks: Hooks, _ sources: [SourceConfiguration], to show: (PreviewLine) -> Void) {
        let owners =
            (hooks.isEmpty ? [] : ["the run"])
            + sources.filter { !$0.hooks.isEmpty }.map { "source '\($0.name)'" }
        if owners.isEmpty { return }
        show(.hooks("a dry run runs no hooks: 'before' and 'after' of \(owners.joined(separator: ", "))"))
    }

    private mutating func before(
        _ command: [FileName],
        _ timeout: Duration,
        of source: SourceConfiguration?
    ) -> BeforeOutcome {
        let call = HookCall(
            moment: .before,
            command: command,
            timeout: timeout,
            drive: name,
            source: source,
            status: nil
        )
        do {
            let (conclusion, lastLine) = try perform(call, interruption: context.interruption)
            switch conclusion {
            case .ended(.exited(status: 0)): return .succeeded
            case .ended(.exited(status: Self.skipStatus)):
                let words = lastLine.isEmpty ? "" : ": \(lastLine)"
                return .skip(reason: "\(call.subject) ended with status \(Self.skipStatus)\(words)")
            case .ended(let ending): return .failed(call.failure(ending, lastLine: lastLine))
            case .deserted: return .failed(call.lost)
            case .interrupted: return .failed(.interrupted)
            }
        } catch {
            return .notStarted(call.failure(error))
        }
    }

    /// It is not stopped with the run: it takes back what was made for it.
    private mutating func after(
        _ command: [FileName],
        _ timeout: Duration,
        of source: SourceConfiguration?,
        _ status: HookStatus
    ) -> Failure? {
        let call = HookCall(
            moment: .after,
            command: command,
            timeout: timeout,
            drive: name,
            source: source,
            status: status
        )
        do {
            let (conclusion, lastLine) = try perform(call, interruption: Interruption())
            switch conclusion {
            case .ended(.exited(status: 0)): return nil
            case .ended(let ending): return call.failure(ending, lastLine: lastLine)
            case .deserted: return call.lost
            case .interrupted: return .interrupted
            }
        } catch {
            return call.failure(error)
        }
    }

    private mutating func perform(
        _ call: HookCall,
        interruption: Interruption
    ) throws(SystemError) -> (conclusion: ChildProcess.Conclusion, lastLine: String) {
        hooks.count += 1
        let launch = context.hookHost.launch(call, number: hooks.count, runFolder: context.layout.runFolder)
        let notifier = context.notifier
        let run = context.interruption
        notifier.status("running \(call.subject)")
        context.logger.notice("hook runs", metadata: call.fields)
        var output = HookOutput(of: call, to: context.logger)
        var conclusion = try launch.process.watch(
            interruption: interruption,
            grace: launch.grace,
            stopping: launch.stopping,
            onLine: { output.take($0) },
            onWait: {
                // It has a time limit of its own, also where the service has to stop.
                notifier.beat()
                if run.isRequested { notifier.extendTimeout(.seconds(60)) }
            }
        )
        output.finish()
        if case .deserted(let ending) = conclusion {
            if let stopping = launch.stopping {
                // systemd-run ends, with success, when it loses its connection. What is still there has a time limit,
                // ignoring.
                _ = try? stopping.run()
            } else {
                conclusion = .ended(ending)
            }
        }
        return (conclusion, output.lastLine)
    }
}

extension Failure {
    fileprivate static func skippedByHook(_ message: String, _ status: ExitStatus) -> Failure {
        Failure(status, message, hint: "see what the hook waits for, if this should be copied")
    }
}
