/// When a mail is due.
public struct MailPolicy: Hashable, Sendable {
    /// An occasion that `[mail] on = […]` may name.
    public enum Occasion: String, Codable, CaseIterable, Sendable {
        /// A run failed, was interrupted, did not copy everything, or was skipped for a reason that it tells.
        case failure
        /// Deletions wait for approval.
        case held
        /// The first success after a mail of another kind was due.
        case recovered
    }

    /// The occasions that are mailed.
    public var occasions: Set<Occasion>

    /// Mails on these occasions.
    public init(on occasions: Set<Occasion> = Set(Occasion.allCases)) {
        self.occasions = occasions
    }

    /// The one mail that a run leads to; nil for none.
    ///
    /// - Parameter previous: the verdict of the drive's run before, skipped ones left out; nil for its first.
    public func occasion(for report: RunReport, previous: Verdict?) -> Occasion? {
        guard let occasion = Self.occasion(for: report, previous: previous) else { return nil }
        return occasions.contains(occasion) ? occasion : nil
    }

    private static func occasion(for report: RunReport, previous: Verdict?) -> Occasion? {
        switch report.verdict {
        case .failed, .partial: .failure
        case .held: .held
        // Who pressed Ctrl-C knows; who was at the other end of a shutdown does not.
        case .interrupted: report.invocation == nil ? nil : .failure
        case .skipped: report.failure == nil ? nil : .failure
        case .succeeded:
            switch previous {
            case .failed, .partial, .held, .interrupted: .recovered
            case .succeeded, .skipped, nil: nil
            }
        }
    }
}
