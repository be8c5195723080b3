public import Copying
public import LinuxSystem
import Reporting
import SystemPackage

/// Makes one folder equal to another: the engine alone, without drives, light and mail.
///
/// Nothing is written before the whole plan is known: a copy that does not fit is not begun, and deletions beyond the
/// limit are held as a whole. What could not be read is named in the result and does not end the copy.
public struct FolderCopy {
    private let options: CopyOptions
    private let interruption: Interruption

    /// Prepares a copy; `interruption` ends it in order.
    public init(_ options: CopyOptions, interruption: Interruption) {
        self.options = options
        self.interruption = interruption
    }

    /// Copies, or tells what a copy would do. Blocks.
    ///
    /// - Parameters:
    ///   - onChange: called with every change that is going to be made, before the first one is; nil is faster.
    ///   - onPlanned: called once the plan is made and its changes were told, before anything is written.
    ///   - onProgress: called a few times a second while there is progress.
    /// - Returns: what came of it; what ended it early is its `failure`.
    public func perform(
        onChange: ((PlannedChange) -> Void)?,
        onPlanned: () -> Void = {},
        onProgress: @escaping (CopyProgress) -> Void
    ) -> CopyResult {
        var result = CopyResult(options)
        do {
            try perform(&result, onChange, onPlanned, onProgress)
        } catch {
            result.failure = error
        }
        return result
    }

    private func perform(
        _ result: inout CopyResult,
        _ onChange: ((PlannedChange) -> Void)?,
        _ onPlanned: () -> Void,
        _ onProgress: @escaping (CopyProgress) -> Void
    ) throws(Failure) {
        let folders = try CopyFolders.open(options)
        let manifest = try CopyManifest.open(options, folders)
        if let warning = manifest?.warning { result.warnings.append(warning) }
        do {
            let request = try request(folders, manifest, CopyBackupFolder.open(options, folders))
            let plan = try CopyPlan.make(request, interruption: interruption, progress: onProgress)
            result.take(plan, available: folders.available)
            if let onChange { try tell(plan, result, onChange) }
            onPlanned()
            let order = try order(result)
            switch options.mode {
            case .preview: break
            case .copy:
                let outcome = try plan.apply(
                    deletions: result.deletions,
                    order: order,
                    interruption: interruption,
                    progress: onProgress
                )
                result.take(outcome)
                try manifest?.finish(result, folders)
            }
        } catch {
            throw failure(error)
        }
    }

    private func request(
        _ folders: borrowing CopyFolders,
        _ manifest: CopyManifest?,
        _ backupFolder: consuming CopyBackupFolder?
    ) throws -> CopyRequest {
        var request = try CopyRequest(
            source: folders.source,
            destination: folders.destination,
            selection: EntrySelection(rules: options.filter),
            boundary: options.boundary,
            protected: Set([backupFolder?.reservedName].compactMap { $0 }),
            manifest: manifest?.part,
            update: options.update,
            comparison: options.comparison
        )
        if let backupFolder { try request.keepEarlierVersions(in: backupFolder.descriptor) }
        for path in options.linkFolders {
            try request.linkUnchanged(from: CopyLinkFolder.open(path, options, folders).descriptor)
        }
        return request
    }

    private func failure(_ error: any Error) -> Failure {
        switch error {
        case let error as CopyError: Failure(error, options)
        case let error as ManifestError: Failure(.manifestFailed(error), options)
        case let error as Failure: error
        default: Failure(.failed, "\(error)")
        }
    }

    /// Tells the changes that are going to be made.
    private func tell(
        _ plan: CopyPlan,
        _ result: CopyResult,
        _ onChange: (PlannedChange) -> Void
    ) throws(CopyError) {
        let isHolding = result.deletions == .hold
        try plan.forEachChange { change in
            if change.kind != .removal || !isHolding { onChange(change) }
        }
    }

    /// Everything must fit before the first write. Deletions come first only when space demands it.
    private func order(_ result: CopyResult) throws(Failure) -> DeletionOrder {
        switch result.fit {
        case .fits: return .last
        case .fitsAfterDeletions: return .first
        case .doesNotFit(let needed, let available):
            throw Failure(
                .noSpace,
                "it does not fit: \(needed.exact) are needed, \(available.exact) are free",
                hint: "make room in \(options.destination), or exclude something"
            )
        }
    }
}

extension Failure {
    /// What a person is told when copying a folder ended early.
    init(_ error: CopyError, _ options: CopyOptions) {
        let again = "run the same command again: the copy goes on where it was"
        switch error {
        case .interrupted:
            self.init(.interrupted, "stopped before it was done", hint: again)
        case .noSpace(let cause):
            self.init(
                .noSpace,
                "the destination \(options.destination) became full: \(cause)",
                hint: "make room and \(again)"
            )
        case .destinationFailed(let cause):
            let isDamaged = cause.errno == .readOnlyFileSystem || cause.errno == .badMessage
            self.init(
                isDamaged ? .failed : .driveGone,
                "the destination \(options.destination) failed: \(cause)",
                hint: "look at 'journalctl -k'; then \(again)"
            )
        case .sourceFailed(let cause):
            self.init(
                .sourceMissing,
                "the source \(options.source) cannot be read: \(cause)",
                hint: "check the path and its disk"
            )
        case .outOfResources:
            self.init(.failed, "\(error)", hint: "end other programs")
        case .workFileFailed:
            self.init(.failed, "\(error)", hint: "make room in /var/tmp")
        case .manifestFailed(let cause):
            self.init(cause, manifest: options.manifest ?? "manifest")
        }
    }
}
