/// What one run of one program cost.
struct Measurement {
    /// Requests that a disk got, and bytes.
    struct Requests {
        var reads = 0
        var readBytes = 0
        var writes = 0
        var writtenBytes = 0
    }

    /// To the end of the sync of the destination.
    var seconds = 0.0
    /// User and system time of all its processes.
    var processorSeconds = 0.0
    /// Memory of all its processes at their peaks.
    var peakBytes = 0
    var source = Requests()
    var destination = Requests()

    /// Reads the report of the C program's `measure`.
    init(report path: String) throws(BenchFailure) {
        guard let lines = Host.lines(of: path) else {
            throw .unexpected("there is no measurement in '\(path)'")
        }
        var disks: [Requests] = []
        var status = -1
        for line in lines {
            let fields = line.split(separator: " ")
            let values = fields.dropFirst().compactMap { Int($0) }
            guard let key = fields.first, let value = values.first else { continue }
            switch key {
            case "status": status = value
            case "wall": seconds = Double(value) / 1e6
            case "user", "system": processorSeconds += Double(value) / 1e6
            case "peak": peakBytes = value * 1024
            case "disk" where values.count == 4:
                disks.append(
                    Requests(
                        reads: values[0],
                        readBytes: values[1] * 512,
                        writes: values[2],
                        writtenBytes: values[3] * 512
                    )
                )
            default: throw .unexpected("a measurement has the line '\(line)'")
            }
        }
        guard disks.count == 2, status >= 0 else { throw .unexpected("'\(path)' is no whole measurement") }
        guard status == 0 else { throw .unexpected("exit status \(status)") }
        source = disks[0]
        destination = disks[1]
    }
}

extension [Double] {
    /// The middle one; the mean of both when there are two.
    var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
