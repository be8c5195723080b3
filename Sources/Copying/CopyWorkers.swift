internal import LinuxSystem
internal import Synchronization

/// Threads that copy the contents of files, fed through a queue of limited length.
///
/// Whoever made them must `stop()` them: they hold the destination open.
final class CopyWorkers: Sendable {
    private struct State: Sendable {
        var queue: JobQueue
        var results: [FileResult] = []
        /// Jobs that are queued or being done.
        var unfinished = 0
        var running = 0
        var isClosed = false
    }

    private static let threadCount = 2

    private let queueLength: Int
    private let state: Monitor<State>
    /// Ends what the threads are at.
    private let interruption = Interruption()
    let progress = ByteProgress()

    /// - Parameter queueLength: how many jobs and results may wait. Each result has its file and perhaps two folders open.
    init(_ request: CopyRequest, queueLength: Int, ability: Ability) {
        self.queueLength = queueLength
        var start = State(queue: JobQueue(takesTurns: request.destination.descriptor.isOnSpinningDisk()))
        start.running = Self.threadCount
        state = Monitor(start)
        let (state, interruption, progress) = (state, interruption, progress)
        for number in 1...Self.threadCount {
            Thread.start(named: "copy-\(number)", atEnd: { state.change { $0.running -= 1 } }) {
                var writer = FileWriter(
                    request,
                    ability: ability,
                    interruption: interruption,
                    progress: progress
                )
                Self.work(state, &writer)
            }
        }
    }

    private static func work(_ state: Monitor<State>, _ writer: inout FileWriter) {
        while true {
            let jobs = state.waitAndChange(atMost: .seconds(3600)) { state -> [FileJob]? in
                if let jobs = state.queue.take() { return jobs }
                return state.isClosed ? [] : nil
            }
            guard let jobs else { continue }
            if jobs.isEmpty { return }
            var results: [FileResult] = []
            for job in jobs { results.append(writer.write(job)) }
            let done = results
            state.change {
                $0.results += done
                $0.unfinished -= done.count
                $0.queue.didFinish(jobs)
            }
        }
    }

    /// Queues jobs. False when the queue stays full for `limit`: take results, and try again.
    func submit(_ jobs: [FileJob], atMost limit: Duration) -> Bool {
        state.waitAndChange(atMost: limit) { state -> Bool? in
            if state.unfinished + state.results.count >= queueLength {
                // Only who takes results makes room.
                return state.results.isEmpty ? nil : false
            }
            state.queue.add(jobs)
            state.unfinished += jobs.count
            return true
        } ?? false
    }

    /// What was done since the last call.
    func takeResults() -> [FileResult] {
        state.change { state in
            let results = state.results
            state.results.removeAll(keepingCapacity: true)
            return results
        }
    }

    /// Waits until something is done or nothing is left to do; nil when that takes longer than `limit`, an empty list when
    /// all jobs are done and taken.
    func waitForResults(atMost limit: Duration) -> [FileResult]? {
        state.waitAndChange(atMost: limit) { state -> [FileResult]? in
            if state.results.isEmpty && state.unfinished > 0 { return nil }
            let results = state.results
            state.results.removeAll(keepingCapacity: true)
            return results
        }
    }

    /// Drops what is queued, ends what is being done, and waits until the threads have let go of all files.
    func stop() {
        interruption.request()
        state.change {
            $0.queue.removeAll()
            $0.isClosed = true
        }
        while !state.wait(atMost: .seconds(3600), until: { $0.running == 0 }) {}
        state.change {
            $0.results.removeAll()
            $0.unfinished = 0
        }
    }
}

/// Bytes that are done, counted by several threads.
final class ByteProgress: Sendable {
    private let bytes = Atomic<Int64>(0)

    func add(_ count: Int64) {
        bytes.wrappingAdd(count, ordering: .relaxed)
    }

    var current: Int64 { bytes.load(ordering: .relaxed) }
}
