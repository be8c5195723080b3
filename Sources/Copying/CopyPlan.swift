public import LinuxSystem

/// Whether what the source does not have is removed from the destination.
public enum Deletions: Hashable, Sendable {
    /// It is removed.
    case perform
    /// It stays, and is counted. Nothing is removed but what must give way to something of another kind; where that is
    /// a folder with contents, the change is held as well.
    case hold
}

/// When deletions are made.
public enum DeletionOrder: Hashable, Sendable {
    /// After everything was copied and is durable.
    case last
    /// Before anything is copied: when what is new does not fit beside what is old. Files that turn out to be unreadable
    /// while they are copied no longer hold back deletions in their folders.
    case first
}

/// What is to be done to make a destination equal to its source. Making it writes nothing.
public struct CopyPlan {
    let request: CopyRequest
    let folders: PlanSpool
    let unreadable: Set<FileName>
    let withholdsAll: Bool
    let withheld: Int
    let leavesDoubt: Bool
    let leaders: LinkLeaders
    let references: ReferenceTrees
    let scanDuration: Duration
    /// Counts, bytes and space, for guards.
    public let summary: PlanSummary
    /// What could not be read, or is refused.
    public let skipped: SkippedEntries
    /// What was there and went away while the trees were walked.
    public let vanished: SkippedEntries

    /// Walks both trees. Blocks.
    ///
    /// - Parameter progress: called a few times a second while there is progress.
    /// - Throws: `sourceFailed` when the source's root cannot be read, `destinationFailed`, `outOfResources`,
    ///   `interrupted`. What cannot be read further down is named in `skipped`, and nothing in its folder is removed;
    ///   where a folder cannot be read, nothing at all, for anything may have been moved there.
    public static func make(
        _ request: CopyRequest,
        interruption: Interruption,
        progress: @escaping (CopyProgress) -> Void = { _ in }
    ) throws(CopyError) -> CopyPlan {
        let clock = ContinuousClock()
        let start = clock.now
        let ahead = ScanAhead(
            FolderReader(
                sourceResolution: request.sourceResolution,
                scope: request.manifest?.trust == .sealed ? .status : .statusAndAttributes
            )
        )
        // Its threads hold both sides open: nobody could unmount them.
        defer { ahead.stop() }
        var planner = try Planner(
            request,
            ahead: ahead,
            meter: ProgressMeter(progress),
            interruption: interruption
        )
        try planner.run()
        let leaders = try planner.resolveLinks()
        return CopyPlan(
            request: request,
            folders: planner.plan,
            unreadable: planner.unreadable,
            withholdsAll: planner.withholdsAll,
            withheld: planner.withheld,
            leavesDoubt: planner.leavesDoubt,
            leaders: leaders,
            references: planner.references,
            scanDuration: clock.now - start,
            summary: planner.summary,
            skipped: planner.skipped,
            vanished: planner.vanished
        )
    }

    /// True when applying it changes something, be it only what the manifest says.
    public var hasWork: Bool { !folders.isEmpty }

    /// Carries the plan out. Blocks.
    ///
    /// Order: contents in batches, each durable before it gets its names; hard links; deletions (`order`); metadata and
    /// times of folders; a last syncfs with its result checked.
    ///
    /// - Parameter progress: called a few times a second while there is progress; not while the kernel writes two
    ///   batches (at most 8192 files or 256 MiB each, besides what a single file has in flight).
    /// - Throws: what ended the run. What is under its final name is whole; the next run goes on from there.
    public func apply(
        deletions: Deletions,
        order: DeletionOrder = .last,
        interruption: Interruption,
        progress: @escaping (CopyProgress) -> Void = { _ in }
    ) throws(CopyError) -> CopyOutcome {
        var applier = Applier(
            self,
            deletions: deletions,
            meter: ProgressMeter(progress),
            interruption: interruption
        )
        return try applier.run(order: order)
    }
}

/// One change of a plan, for people.
public struct PlannedChange: Hashable, Sendable {
    /// What happens.
    public enum Kind: Hashable, Sendable {
        /// The destination does not have the entry.
        case new
        /// Its contents are written anew.
        case contents
        /// Owner, mode, time or attributes are repaired.
        case metadata
        /// It becomes one more name of a file, of the destination or of an earlier copy.
        case link
        /// It is renamed to this.
        case move
        /// It is removed, a folder with everything in it.
        case removal
        /// A rest of a killed run is removed.
        case leftover
    }

    /// What happens.
    public let kind: Kind
    /// What the entry is: on the source, or for a removal on the destination.
    public let entry: EntryKind
    /// From the root; empty for the root itself.
    public let path: FileName
    /// Bytes of contents to write.
    public let bytes: Int64
    /// How the destination's entry differs; empty where it has none.
    public let differences: Differences
    /// True for a link that takes the place of an equal file, or leads to an earlier copy's.
    public internal(set) var replacesEqual = false
}

extension CopyPlan {
    /// Calls `body` with every change, folder by folder.
    ///
    /// - Throws: `workFileFailed`.
    public func forEachChange(_ body: (PlannedChange) -> Void) throws(CopyError) {
        try folders.forEach { (folder) throws(CopyError) in
            let own = folder.ownChange
            if let own { body(own) }
            for step in folder.steps {
                if let change = step.change(in: folder.path) { body(change) }
            }
        }
    }
}

extension PlannedFolder {
    /// What happens to the folder itself.
    fileprivate var ownChange: PlannedChange? {
        let kind: PlannedChange.Kind
        switch state {
        case .new, .replacesEntry: kind = .new
        case .present where !differences.isEmpty: kind = .metadata
        case .present, .retained: return nil
        }
        return PlannedChange(
            kind: kind,
            entry: .directory,
            path: path,
            bytes: 0,
            differences: differences
        )
    }
}

extension PlannedStep {
    fileprivate func change(in folder: FileName) -> PlannedChange? {
        var bytes: Int64 = 0
        let change: PlannedChange.Kind
        var replacesEqual = false
        switch action {
        case .copy(let replacing, let size, _):
            change = if case .nothing = replacing { .new } else { .contents }
            if kind == .file { bytes = size }
        case .repair: change = .metadata
        case .link(_, _, _, _, let mirrorIsEqual):
            change = .link
            replacesEqual = mirrorIsEqual
        case .linkReference:
            change = .link
            replacesEqual = true
        case .remove: change = .removal
        case .removeLeftover: change = .leftover
        case .move: change = .move
        case .check, .record, .forget: return nil
        }
        return PlannedChange(
            kind: change,
            entry: kind,
            path: folder.appending(name),
            bytes: bytes,
            differences: differences,
            replacesEqual: replacesEqual
        )
    }
}
