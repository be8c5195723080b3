import LinuxSystem
import Testing

@testable import Copying

@Suite("The queue of files")
struct JobQueueTests {
    /// What the lots hold that can be taken without finishing any.
    private func lots(_ queue: inout JobQueue) -> [[FileJob]] {
        var lots: [[FileJob]] = []
        while let lot = queue.take() { lots.append(lot) }
        return lots
    }

    private func queue(takesTurns: Bool, sizes: [Int64]) throws -> JobQueue {
        let folder = SharedDescriptor(try Descriptor.open("/", .directory))
        var queue = JobQueue(takesTurns: takesTurns)
        queue.add(sizes.map { job(in: folder, size: $0) })
        return queue
    }

    private func job(in folder: SharedDescriptor, size: Int64 = 0) -> FileJob {
        FileJob(
            folder: FileName(),
            name: "f",
            replacing: .nothing,
            group: nil,
            number: .top,
            size: size,
            source: folder,
            mirror: folder
        )
    }

    @Test("hands out lots of few files and few bytes, in order")
    func lots() throws {
        let sizes = [Int64](repeating: 4096, count: 40) + [5 << 20, 1, 6 << 20, 2]
        var queue = try queue(takesTurns: false, sizes: sizes)
        let taken = lots(&queue)
        #expect(taken.flatMap { $0.map(\.size) } == sizes)
        #expect(taken.map(\.count) == [32, 9, 2, 1])
    }

    @Test("of a disk that spins gives out one large file at a time, and small ones up to the next")
    func turns() throws {
        var queue = try queue(takesTurns: true, sizes: [5 << 20, 1, 2, 6 << 20, 3, 7 << 20])
        let first = lots(&queue)
        #expect(first.map { $0.map(\.size) } == [[5 << 20], [1, 2]])
        queue.didFinish(first[1])
        let next = queue.take()
        #expect(next == nil, "the large one goes on")
        queue.didFinish(first[0])
        let second = lots(&queue)
        #expect(second.map { $0.map(\.size) } == [[6 << 20], [3]])
        queue.didFinish(second[0])
        #expect(lots(&queue).map { $0.map(\.size) } == [[7 << 20]])
    }

    @Test("gives all further names of a folder to one thread, however large the files are")
    func links() throws {
        let folders = try ["/", "/usr"].map { SharedDescriptor(try Descriptor.open($0, .directory)) }
        let place = LinkTable.Leader(folder: FileName(), number: .top, name: "first")
        let first = FirstName(place: place, folder: folders[0], mirrorIsEqual: false)
        var queue = JobQueue(takesTurns: true)
        for (folder, count) in [(folders[0], 100), (folders[1], 40), (folders[0], 1)] {
            for _ in 0..<count {
                var job = job(in: folder, size: 5 << 20)
                job.first = first
                queue.add([job])
            }
        }
        #expect(lots(&queue).map(\.count) == [100, 40, 1])
    }
}
