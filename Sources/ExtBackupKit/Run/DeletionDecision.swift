/// Whether a source's deletions go ahead: pure, so that its table can be tested.
enum DeletionDecision: Hashable, Sendable {
    /// They are made.
    case perform
    /// They wait for a person.
    case hold(reason: String)

    /// Decides by what the plan counted.
    ///
    /// - Parameters:
    ///   - count: entries that would go.
    ///   - total: entries that the drive has of this source.
    ///   - sourceCount: entries that the source has.
    ///   - approved: so many were approved by a person. What was approved for a source that shrank says nothing about
    ///     one that is gone: an empty source needs exactly the number that was approved for it.
    init(deleting count: Int, of total: Int, sourceCount: Int, limit: DeletionLimit, approved: Int) {
        if count == 0 || (sourceCount == 0 ? count == approved : count <= approved) {
            self = .perform
        } else if sourceCount == 0 {
            self = .hold(reason: "the source is empty, but the drive has \(total) entries of it")
        } else if limit.isExceeded(deleting: count, of: total) {
            self = .hold(
                reason: "\(count) of \(total) entries would be deleted, "
                    + "more than \(limit.files) or \(limit.percent) percent"
            )
        } else {
            self = .perform
        }
    }
}
