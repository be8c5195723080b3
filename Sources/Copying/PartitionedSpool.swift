internal import LinuxSystem

/// Records in a number of partitions, of which one at a time is read: so what belongs together comes together, and what
/// is to be in order is sorted, with the memory of one partition.
final class PartitionedSpool {
    static let partitionCount = 256
    private struct Partition {
        var segments: [SpoolFile.Segment] = []
        var writer = RecordWriter()
    }

    private let file: SpoolFile
    private let bufferSize: Int
    private var partitions = [Partition](repeating: Partition(), count: partitionCount)

    /// - Parameters:
    ///   - workFolder: where the file is made once it is needed.
    ///   - bufferSize: bytes of each partition that stay in memory; by default a few MiB together.
    init(workFolder: FileName, bufferSize: Int = 16 << 10) {
        self.bufferSize = bufferSize
        file = SpoolFile(in: workFolder)
    }

    /// Adds what `write` writes, whole, behind what the partition has.
    func append(to partition: Int, _ write: (inout RecordWriter) -> Void) throws(CopyError) {
        write(&partitions[partition].writer)
        if partitions[partition].writer.bytes.count < bufferSize { return }
        partitions[partition].segments.append(try file.append(partitions[partition].writer.bytes))
        partitions[partition].writer.bytes.removeAll(keepingCapacity: true)
    }

    /// Takes all records of a partition out, in the order in which they came.
    func take<Record>(
        _ partition: Int,
        _ record: (inout RecordReader) -> Record
    ) throws(CopyError) -> [Record] {
        let taken = partitions[partition]
        partitions[partition] = Partition()
        var records: [Record] = []
        for segment in taken.segments {
            var reader = RecordReader(try file.read(segment))
            while !reader.isAtEnd { records.append(record(&reader)) }
        }
        var reader = RecordReader(taken.writer.bytes)
        while !reader.isAtEnd { records.append(record(&reader)) }
        return records
    }
}
