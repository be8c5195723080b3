internal import LinuxSystem

/// Makes one batch after the other durable and gives its files their names, on a thread of its own, while the next batch
/// is copied.
///
/// Whoever made it must `stop()` it: it holds the destination open.
final class Committer: Sendable {
    /// What became of a file.
    enum Result: Sendable {
        case placed(WrittenFile)
        /// It could not be given its name.
        case refused(WrittenFile, SystemError)
        /// The run ends.
        case fatal(CopyError)
    }

    private struct State: Sendable {
        var batch: [WrittenFile]?
        var isBusy = false
        var results: [Result] = []
        var isClosed = false
        var isRunning = true

        var isIdle: Bool { batch == nil && !isBusy }
    }

    private let state = Monitor(State())

    /// - Parameter destination: any file of the file system that is synced.
    init(destination: SharedDescriptor, placer: Placer) {
        let state = state
        Thread.start(named: "commit", atEnd: { state.change { $0.isRunning = false } }) {
            while let batch = Self.nextBatch(state) {
                let results = Self.commit(batch, destination, placer)
                state.change {
                    $0.results += results
                    $0.isBusy = false
                }
            }
        }
    }

    private static func nextBatch(_ state: Monitor<State>) -> [WrittenFile]? {
        while true {
            let next = state.waitAndChange(atMost: .seconds(3600)) { state -> [WrittenFile]? in
                if state.isClosed { return [] }
                guard let batch = state.batch else { return nil }
                state.batch = nil
                state.isBusy = true
                return batch
            }
            guard let next else { continue }
            return next.isEmpty ? nil : next
        }
    }

    private static func commit(
        _ batch: [WrittenFile],
        _ destination: SharedDescriptor,
        _ placer: Placer
    ) -> [Result] {
        do {
            try destination.descriptor.syncFileSystem()
        } catch {
            for file in batch { file.place.discard(in: file.job.mirror) }
            return [.fatal(CopyError(onDestination: error) ?? .destinationFailed(error))]
        }
        return batch.map { file in
            do throws(SystemError) {
                try placer.place(file)
                return .placed(file)
            } catch {
                return .refused(file, error)
            }
        }
    }

    /// Hands a batch over; false when the one before is not done within `limit`.
    func submit(_ batch: [WrittenFile], atMost limit: Duration) -> Bool {
        state.waitAndChange(atMost: limit) { state -> Bool? in
            guard state.isIdle else { return nil }
            state.batch = batch
            return true
        } ?? false
    }

    /// What was done since the last call.
    func takeResults() -> [Result] {
        state.change { state in
            let results = state.results
            state.results.removeAll()
            return results
        }
    }

    /// Waits until everything is done; false when that takes longer than `limit`.
    func waitUntilIdle(atMost limit: Duration) -> Bool {
        state.wait(atMost: limit) { $0.isIdle }
    }

    /// Ends the batch at hand, drops what comes after it, and waits until the thread has let go of all files.
    func stop() {
        state.change { state in
            state.isClosed = true
            for file in state.batch ?? [] { file.place.discard(in: file.job.mirror) }
            state.batch = nil
        }
        while !state.wait(atMost: .seconds(3600), until: { !$0.isRunning }) {}
        state.change { $0.results.removeAll() }
    }
}
