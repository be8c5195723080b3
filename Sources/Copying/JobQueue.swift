/// Files that wait to be copied, in order.
struct JobQueue: Sendable {
    /// How many jobs are handed over at once: small files take less time than that.
    static let lotCount = 32
    /// And how many bytes, beyond the first job of a lot.
    static let lotBytes: Int64 = 1 << 20

    /// A disk that spins need not jump about between two large files.
    let takesTurns: Bool
    private var jobs: [FileJob] = []
    /// Jobs before this one are taken.
    private var next = 0
    private var isAtLargeFile = false

    init(takesTurns: Bool) {
        self.takesTurns = takesTurns
    }

    mutating func add(_ more: [FileJob]) {
        jobs += more
    }

    /// A lot to be done by one thread; nil when there is none now.
    mutating func take() -> [FileJob]? {
        var bytes: Int64 = 0
        var last = next
        while last < jobs.count, last < next + Self.lotCount && bytes < Self.lotBytes || belongsTogether(last)
        {
            if takesTurns && jobs[last].isLarge {
                if last > next { break }
                if isAtLargeFile { return nil }
                isAtLargeFile = true
            }
            bytes += jobs[last].bytes
            last += 1
        }
        if last == next { return nil }
        // An array of its own: a slice would hold the queue, which would be copied at its next change.
        let taken = Array(jobs[next..<last])
        next = last
        // What was taken is let go of: each job keeps two folders open.
        if next == jobs.count || next >= 256 {
            jobs.removeFirst(next)
            next = 0
        }
        return taken
    }

    /// A folder takes one name at a time: two threads would wait for each other.
    private func belongsTogether(_ index: Int) -> Bool {
        index > next && jobs[index].first != nil && jobs[index].mirror === jobs[index - 1].mirror
    }

    /// Call it with every lot that was taken.
    mutating func didFinish(_ taken: [FileJob]) {
        if taken.contains(where: \.isLarge) { isAtLargeFile = false }
    }

    mutating func removeAll() {
        jobs.removeAll()
        next = 0
    }
}
