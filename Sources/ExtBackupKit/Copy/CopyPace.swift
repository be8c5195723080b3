public import Copying

/// How fast a copy gets on, from what it tells of itself.
public struct CopyPace: Sendable {
    /// Of bytes, or of changes where there are no bytes to copy.
    public private(set) var rate = ProgressRate()
    private var began: ContinuousClock.Instant?

    /// One of a copy that did not begin yet.
    public init() {}

    /// Takes how far the copy is. Scanning is not counted.
    public mutating func update(_ progress: CopyProgress, at now: ContinuousClock.Instant) {
        switch progress.phase {
        case .scanning: return
        case .copying, .deleting, .finishing: break
        }
        let began = self.began ?? now
        self.began = began
        let amount = progress.bytesTotal > 0 ? progress.bytesDone : Int64(progress.changesDone)
        rate.update(amount, at: now - began)
    }
}
