public import Copying
import LinuxSystem
public import Reporting

/// What came of a copy, or of its preview.
public struct CopyResult: Sendable {
    /// Whether what is to be written has room.
    public enum Fit: Hashable, Sendable {
        /// It has.
        case fits
        /// It has once the deletions were made.
        case fitsAfterDeletions
        /// It has not.
        case doesNotFit(needed: ByteCount, available: ByteCount)
    }

    /// The first entries of a list by name, the others by number.
    public struct Entries: Sendable {
        /// The first ones.
        public fileprivate(set) var listed: [SkippedEntry] = []
        /// How many in all.
        public fileprivate(set) var count = 0
    }

    let options: CopyOptions
    /// What the plan would do; nil when planning did not come to its end.
    public private(set) var summary: PlanSummary?
    /// What was done; nil for a preview, and when the copy did not come to its end.
    public private(set) var outcome: CopyOutcome?
    /// Bytes that were free before.
    public private(set) var available = ByteCount(0)
    /// What could not be carried.
    public private(set) var skipped = Entries()
    /// What went away while it was copied.
    public private(set) var vanished = Entries()
    /// Entries that were not copied because a folder with contents stands in their place and nothing is removed.
    public private(set) var blocked = Entries()
    /// What is to be known besides.
    var warnings: [String] = []
    /// What ended the copy.
    public internal(set) var failure: Failure?

    init(_ options: CopyOptions) {
        self.options = options
    }

    mutating func take(_ plan: CopyPlan, available: Int64) {
        summary = plan.summary
        skipped = Entries(listed: plan.skipped.listed, count: plan.skipped.count)
        vanished = Entries(listed: plan.vanished.listed, count: plan.vanished.count)
        self.available = ByteCount(available)
    }

    mutating func take(_ outcome: CopyOutcome) {
        self.outcome = outcome
        skipped = Entries(listed: outcome.skipped.listed, count: outcome.skipped.count)
        vanished = Entries(listed: outcome.vanished.listed, count: outcome.vanished.count)
        blocked = Entries(listed: outcome.blocked.listed, count: outcome.blocked.count)
    }

    /// Deletions that are not made because they are more than the limit.
    public var heldDeletions: Int {
        guard case .atMost(let limit) = options.deleting, let summary else { return 0 }
        return summary.deletionCount > limit ? summary.deletionCount : 0
    }

    /// Whether deletions are made.
    public var deletions: Deletions {
        switch options.deleting {
        case .nothing: .hold
        case .everything: .perform
        case .atMost: heldDeletions > 0 ? .hold : .perform
        }
    }

    /// Whether what is to be written has room.
    public var fit: Fit {
        guard let summary else { return .fits }
        let needed = ByteCount(summary.spaceNeeded)
        if needed <= available { return .fits }
        switch deletions {
        case .perform where needed <= available + ByteCount(summary.spaceFreedByDeletion):
            return .fitsAfterDeletions
        case .perform, .hold:
            return .doesNotFit(needed: needed, available: available)
        }
    }

    /// What could not be carried, without the destination where it is inside the source: that is as it should be.
    public var skippedCount: Int {
        skipped.count - skipped.listed.count { $0.reason == SkippedEntry.Reason.isDestination }
    }

    /// What the program ends with.
    public var status: ExitStatus {
        ExitStatus.worst(of: [
            failure?.status ?? .ok,
            heldDeletions > 0 ? .held : .ok,
            skippedCount + blocked.count > 0 ? .partial : .ok,
        ])
    }
}
