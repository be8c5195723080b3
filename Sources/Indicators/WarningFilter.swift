internal import LinuxSystem
internal import Synchronization

/// Passes each kind of warning on once, and again only after its source worked in between.
final class WarningFilter: Sendable {
    private let reported = Mutex<Set<LightWarning.Kind>>([])
    private let onWarning: @Sendable (LightWarning) -> Void

    init(_ onWarning: @escaping @Sendable (LightWarning) -> Void) {
        self.onWarning = onWarning
    }

    func report(_ warning: LightWarning) {
        let isNew = reported.withLock { $0.insert(warning.kind).inserted }
        if isNew { onWarning(warning) }
    }

    func stickWorks() {
        reported.withLock { kinds in kinds = kinds.filter { $0.source != .stick } }
    }

    /// The board was read; some of its files may have been ignored.
    func boardWorks(ignoring names: [FileName]) {
        reported.withLock { kinds in
            kinds = kinds.filter { $0.source != .board || ($0 == .foreignFile && !names.isEmpty) }
        }
        if let name = names.first { report(.foreignFile(name)) }
    }
}
