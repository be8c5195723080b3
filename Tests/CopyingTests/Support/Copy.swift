import Copying
import LinuxSystem

/// Plans and applies with deletions, and gives both results.
@discardableResult
func copy(
    _ source: borrowing Descriptor,
    to destination: borrowing Descriptor,
    excluding patterns: [FileName] = [],
    boundary: CopyRequest.Boundary = .oneFileSystem,
    protected: Set<FileName> = [],
    manifest: ManifestPart? = nil,
    update: CopyRequest.Update = .atomic,
    comparison: CopyRequest.Comparison = .sizeAndTime,
    keepingIn earlier: FileName? = nil,
    linkingFrom references: [FileName] = [],
    deletions: Deletions = .perform,
    order: DeletionOrder = .last,
    interruption: Interruption = Interruption(),
    progress: @escaping (CopyProgress) -> Void = { _ in }
) throws -> (summary: PlanSummary, outcome: CopyOutcome) {
    let plan = try plan(
        source,
        destination,
        excluding: patterns,
        boundary: boundary,
        protected: protected,
        manifest: manifest,
        update: update,
        comparison: comparison,
        keepingIn: earlier,
        linkingFrom: references
    )
    let outcome = try plan.apply(
        deletions: deletions,
        order: order,
        interruption: interruption,
        progress: progress
    )
    return (plan.summary, outcome)
}

/// Plans only.
func plan(
    _ source: borrowing Descriptor,
    _ destination: borrowing Descriptor,
    excluding patterns: [FileName] = [],
    boundary: CopyRequest.Boundary = .oneFileSystem,
    protected: Set<FileName> = [],
    manifest: ManifestPart? = nil,
    update: CopyRequest.Update = .atomic,
    comparison: CopyRequest.Comparison = .sizeAndTime,
    keepingIn earlier: FileName? = nil,
    linkingFrom references: [FileName] = []
) throws -> CopyPlan {
    var request = try CopyRequest(
        source: source,
        destination: destination,
        selection: EntrySelection(rules: FilterRules(excluding: patterns)),
        boundary: boundary,
        protected: protected,
        manifest: manifest,
        update: update,
        comparison: comparison
    )
    if let earlier { try request.keepEarlierVersions(in: Descriptor.open(earlier, .directory)) }
    for path in references { try request.linkUnchanged(from: Descriptor.open(path, .directory)) }
    return try CopyPlan.make(request, interruption: Interruption())
}

/// How a run ended.
enum Ending: Sendable {
    /// In order, with entries that it names.
    case partial
    /// Before its end.
    case broken
}

/// Copies beside a manifest, which is trusted when it is sealed, and is sealed when nothing was left out.
@discardableResult
func copy(
    _ source: borrowing Descriptor,
    to destination: borrowing Descriptor,
    manifestAt path: FileName?,
    trusting trust: ManifestPart.Trust = .sealed,
    update: CopyRequest.Update = .atomic,
    keepingIn earlier: FileName? = nil
) throws -> (summary: PlanSummary, outcome: CopyOutcome) {
    guard let path else { return try copy(source, to: destination, update: update, keepingIn: earlier) }
    let manifest = try Manifest.open(at: path)
    let part = try ManifestPart(of: manifest, trusting: trust)
    let result = try copy(source, to: destination, manifest: part, update: update, keepingIn: earlier)
    if !result.outcome.isPartial && manifest.state == .open { try manifest.seal() }
    return result
}

/// Runs to the end or to an error, and gives all that it names, one line each.
func namedFailures(
    _ source: borrowing Descriptor,
    _ destination: borrowing Descriptor,
    manifestAt path: FileName? = nil,
    update: CopyRequest.Update = .atomic,
    keepingIn earlier: FileName? = nil
) -> (ending: Ending, lines: [String]) {
    do {
        let outcome = try copy(
            source,
            to: destination,
            manifestAt: path,
            update: update,
            keepingIn: earlier
        ).outcome
        return (.partial, (outcome.skipped.listed + outcome.vanished.listed).map(\.description))
    } catch {
        return (.broken, ["\(error)"])
    }
}
