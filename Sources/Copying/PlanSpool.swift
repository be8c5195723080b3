internal import LinuxSystem

/// A sequence of planned folders that is written once and read several times.
///
/// A plan may hold millions of steps while the machine has little memory: what is more than a few MiB goes to a file
/// without a name.
final class PlanSpool {
    private static let segmentSize = 4 << 20

    private let file: SpoolFile
    private var segments: [SpoolFile.Segment] = []
    private var writer = RecordWriter()
    private(set) var stepCount = 0

    /// - Parameter workFolder: where the file is made once it is needed.
    init(workFolder: FileName) {
        file = SpoolFile(in: workFolder)
    }

    var isEmpty: Bool { segments.isEmpty && writer.bytes.isEmpty }

    func append(_ planned: PlannedFolder) throws(CopyError) {
        stepCount += planned.steps.count
        writer.append(planned)
        if writer.bytes.count < Self.segmentSize { return }
        segments.append(try file.append(writer.bytes))
        writer.bytes.removeAll(keepingCapacity: true)
    }

    /// Calls `body` with every folder in order.
    func forEach(_ body: (PlannedFolder) throws(CopyError) -> Void) throws(CopyError) {
        for segment in segments {
            var reader = RecordReader(try file.read(segment))
            while !reader.isAtEnd { try body(reader.folder()) }
        }
        var reader = RecordReader(writer.bytes)
        while !reader.isAtEnd { try body(reader.folder()) }
    }
}
