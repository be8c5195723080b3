import Copying
import Drives
import LinuxSystem
import Logging
import Reporting
import SystemPackage

/// A source whose plan was made and judged.
struct PlannedSource {
    let source: SourceConfiguration
    let plan: CopyPlan
    let decision: DeletionDecision
    /// The deletions are made only because the drive was plugged in again.
    var isApprovedByReplug = false

    /// Bytes that deletions give back, if they are made.
    var spaceFreed: Int64 {
        switch decision {
        case .perform: plan.summary.spaceFreedByDeletion
        case .hold: 0
        }
    }
}

/// What decides on the deletions of a plan.
struct Judging {
    let limit: DeletionLimit
    /// How many a person approved, by the source's name.
    var approved: [String: Int]
    /// How many were approved by plugging the drive in again, by the source's name.
    let replugged: [String: Int]

    /// Decides on the deletions of a plan, by itself and with a number that was approved.
    fileprivate func decide(_ summary: PlanSummary, approved: Int) -> DeletionDecision {
        DeletionDecision(
            deleting: summary.deletionCount,
            of: summary.destinationEntryCount,
            sourceCount: summary.sourceEntryCount,
            limit: limit,
            approved: approved
        )
    }

    /// Judges a plan: by what was approved in words, and then by the plug-in.
    func judge(_ plan: CopyPlan, of source: SourceConfiguration) -> PlannedSource {
        let decision = decide(plan.summary, approved: approved[source.name] ?? 0)
        if decision != .perform, let count = replugged[source.name] {
            let other = decide(plan.summary, approved: count)
            if other == .perform {
                return PlannedSource(source: source, plan: plan, decision: other, isApprovedByReplug: true)
            }
        }
        return PlannedSource(source: source, plan: plan, decision: decision)
    }
}

/// Why a source was not planned or not copied to its end.
enum SourceTrouble: Error {
    /// It ends the run as a whole.
    case run(Failure)
    /// The catalogue failed, and nothing else: without it the source can be copied.
    case catalogue(ManifestError)
}

extension BackupRun {
    /// Checks a source and plans its copy; nil when it must be left alone.
    mutating func plan(
        _ source: SourceConfiguration,
        _ mounted: borrowing MountedVolume,
        _ judging: Judging
    ) throws(SourceTrouble) -> PlannedSource? {
        let root: Descriptor
        do {
            root = try Self.openSource(source)
        } catch {
            if case .preview(let show) = mode, source.hooks.before != nil {
                // What is missing now may be there once its hook has run.
                show(
                    .total(source: source.name, text: "cannot be told without its 'before': \(error.message)")
                )
                return nil
            }
            record.fail(error)
            record.sources.append(SourceResult(name: source.name, note: error.message))
            return nil
        }
        let plan: CopyPlan
        do {
            let destination = try destinationFolder(of: source, mounted)
            var request = try CopyRequest(
                source: root,
                destination: destination,
                selection: try selection(of: source),
                boundary: source.staysOnFileSystem ? .oneFileSystem : .acrossFileSystems,
                workFolder: context.layout.stateFolder,
                manifest: try part(of: source)
            )
            for folder in try keyFolders() { request.omit(folder) }
            plan = try CopyPlan.make(
                request,
                interruption: context.interruption,
                progress: progressReporter(for: source)
            )
        } catch let error as ManifestError {
            throw .catalogue(error)
        } catch CopyError.manifestFailed(let cause) {
            throw .catalogue(cause)
        } catch let error as CopyError {
            let failure = Failure(
                error,
                source: source.name,
                drive: name,
                isDrivePresent: mounted.isPresent
            )
            // One source that cannot be read must not keep the others from being copied.
            guard case .sourceFailed = error else { throw .run(failure) }
            record.fail(failure)
            record.sources.append(SourceResult(name: source.name, note: failure.message))
            return nil
        } catch let error as Failure {
            throw .run(error)
        } catch {
            throw .run(writeFailure(error, mounted))
        }
        return judging.judge(plan, of: source)
    }

    /// Opens a source's root, after the checks that keep a missing source from wiping its copy.
    static func openSource(_ source: SourceConfiguration) throws(Failure) -> Descriptor {
        let hint = "mount or repair it; nothing was deleted on the drive"
        do {
            if source.requiresMount, try !MountTable.ofMachine().isMountPoint(try resolvedPath(source.path)) {
                throw Failure(
                    .sourceMissing,
                    "source '\(source.name)' is not mounted at \(source.path)",
                    hint: hint
                )
            }
            return try Descriptor.open(source.path, [.directory, .followLink])
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(.sourceMissing, "source '\(source.name)' cannot be opened: \(error)", hint: hint)
        }
    }

    /// The source's folder on the drive; a preview, which must not write, compares with an empty one instead.
    private func destinationFolder(
        of source: SourceConfiguration,
        _ mounted: borrowing MountedVolume
    ) throws(SystemError) -> Descriptor {
        let folder = FileName(source.name)
        switch mode {
        case .backup:
            return try mounted.root.makeDirectory(folder, mode: 0o700)
        case .preview:
            do {
                return try mounted.root.open(folder, .directory)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                return try context.layout.emptyFolder()
            }
        }
    }

    /// Keys stay home: what their folders are, wherever a source has them (`/etc`, a snapshot of `/`).
    private func keyFolders() throws(Failure) -> [EntryStatus] {
        do {
            return try context.keyFolders()
        } catch {
            throw Failure(
                .config,
                "the keys cannot be kept out of the backup: \(error)",
                hint: "'extbackup doctor' looks at their folder"
            )
        }
    }

    private func selection(of source: SourceConfiguration) throws(Failure) -> EntrySelection {
        do {
            return try source.selection(reserving: HeldSourceLock.privateNames(of: source.lock))
        } catch {
            throw Failure(
                .config,
                "source '\(source.name)': \(error)",
                hint: "correct 'exclude' of this source"
            )
        }
    }

    /// Carries one plan out and notes what came of it.
    mutating func apply(
        _ planned: PlannedSource,
        _ order: DeletionOrder,
        _ mounted: borrowing MountedVolume
    ) throws(SourceTrouble) {
        let source = planned.source
        var result = SourceResult(name: source.name)
        let outcome: CopyOutcome
        do {
            outcome = try planned.plan.apply(
                deletions: planned.decision == .perform ? .perform : .hold,
                order: order,
                interruption: context.interruption,
                progress: progressReporter(for: source)
            )
        } catch {
            if case .manifestFailed(let cause) = error { throw .catalogue(cause) }
            let failure = Failure(error, source: source.name, drive: name, isDrivePresent: mounted.isPresent)
            result.note = failure.message
            record.sources.append(result)
            throw .run(failure)
        }
        noteCompleteness(of: planned, outcome)
        result.filesCopied = Int64(outcome.copiedFiles)
        result.bytesCopied = ByteCount(outcome.copiedBytes)
        result.deleted = Int64(outcome.deleted)
        note(outcome, of: planned, in: &result)
        record.sources.append(result)
        hooks.copied[source.name] = HookStatus(result)
        context.logger.notice(
            "source copied",
            metadata: [
                "source": "\(source.name)", "files": "\(outcome.copiedFiles)",
                "bytes": "\(outcome.copiedBytes)",
                "deleted": "\(outcome.deleted)", "held": "\(result.heldDeletions)",
                "skipped": "\(outcome.skipped.count)",
            ]
        )
    }

    private mutating func note(
        _ outcome: CopyOutcome,
        of planned: PlannedSource,
        in result: inout SourceResult
    ) {
        let source = planned.source
        if planned.isApprovedByReplug {
            result.note = "its held deletions were approved by plugging the drive in again"
        }
        if case .hold(let reason) = planned.decision {
            noteHeld(planned)
            result.heldDeletions = Int64(planned.plan.summary.deletionCount)
            result.note = reason
            record.fail(
                Failure(
                    .held,
                    "the deletions of source '\(source.name)' are held: \(reason)",
                    hint: "if this is right, run 'extbackup approve \(name)' and plug the drive in again"
                )
            )
        }
        guard outcome.isPartial else { return }
        for entry in outcome.skipped.listed { result.skipped.add(entry.path, reason: entry.reason.text) }
        result.skipped.total = Int64(outcome.skipped.count)
        record.fail(
            Failure(
                .partial,
                "\(outcome.skipped.count) entries of source '\(source.name)' could not be copied",
                hint: "see below which, and why"
            )
        )
    }
}
