import LinuxSystem
import Testing

@testable import Copying

@Suite("A spool in partitions")
struct PartitionedSpoolTests {
    @Test(
        "gives each partition back in order, once, be it in memory or in the file",
        arguments: [1, 40, 1 << 20]
    )
    func order(bufferSize: Int) throws {
        let home = try TemporaryFolder()
        let spool = PartitionedSpool(workFolder: FileName(home.path), bufferSize: bufferSize)
        for number in 0..<1000 {
            try spool.append(to: number % 7) {
                $0.append(number)
                $0.append(FileName("name of \(number)"))
            }
        }
        for partition in 0..<7 {
            let records = try spool.take(partition) { "\($0.number()) \($0.name())" }
            #expect(records == stride(from: partition, to: 1000, by: 7).map { "\($0) 'name of \($0)'" })
            #expect(try spool.take(partition) { $0.number() }.isEmpty)
        }
        #expect(try spool.take(8) { $0.number() }.isEmpty)
    }
}
