/// What the issue asks for in a row.
enum Bar {
    /// So many times faster than the fastest row whose name begins so.
    case times(Double, String)
    /// At most so many times the time of the fastest such row.
    case within(Double, String)
    /// Less memory, in bytes, at its highest.
    case memory(Int)
    /// Less than this part of the read requests that such a row made to the destination.
    case reads(Double, String)
    /// At most so many times these bytes written to the destination.
    case writes(Double, bytes: Int)
    /// Next to nothing written, and the same inodes under the new names.
    case renamed

    var description: String {
        switch self {
        case .times(let factor, let peer): "\(short(factor)) times \(peer)"
        case .within(let factor, let peer): "within \(short(factor)) of \(peer)"
        case .memory(let bytes): "under \(bytes >> 20) MiB"
        case .reads(let part, let peer): "under \(short(part * 100)) % of \(peer)'s reads of the destination"
        case .writes(let factor, let bytes): "at most \(short(factor)) × \(mebibytes(bytes)) MiB written"
        case .renamed: "no file data written, one rename each"
        }
    }

    /// What was reached, and whether it is enough; nil when there is nothing to compare with.
    func outcome(of row: Row, among rows: [Row]) -> (figure: String, isMet: Bool)? {
        guard !row.measurements.isEmpty else { return nil }
        func fastest(_ peer: String) -> Row? {
            rows.filter { $0.name.hasPrefix(peer) && !$0.measurements.isEmpty }.min {
                $0.seconds < $1.seconds
            }
        }
        switch self {
        case .times(let factor, let peer):
            guard let other = fastest(peer) else { return nil }
            let reached = other.seconds / row.seconds
            return (short(reached), reached >= factor)
        case .within(let factor, let peer):
            guard let other = fastest(peer) else { return nil }
            let reached = row.seconds / other.seconds
            return (short(reached), reached <= factor)
        case .memory(let limit):
            return ("\(mebibytes(row.peakBytes)) MiB", row.peakBytes < limit)
        case .reads(let part, let peer):
            guard let other = fastest(peer) else { return nil }
            let reached = row.destinationReads / max(1, other.destinationReads)
            return ("\(short(reached * 100)) %", reached < part)
        case .writes(let factor, let bytes):
            let reached = row.writtenBytes / Double(max(1, bytes))
            return (short(reached), reached <= factor)
        case .renamed:
            let isSmall = row.writtenBytes < 16 * 1_048_576
            let text = row.keptInodes ? "renamed" : "copied"
            return ("\(text), \(mebibytes(Int(row.writtenBytes))) MiB", isSmall && row.keptInodes)
        }
    }
}

/// One program's runs in one table.
struct Row {
    let name: String
    let bars: [Bar]
    var measurements: [Measurement] = []
    /// Why it has no figures, or not all.
    var failure: String?
    /// After a move: all that was moved is still the same file.
    var keptInodes = true

    var seconds: Double { measurements.map(\.seconds).median }
    var peakBytes: Int { measurements.map(\.peakBytes).max() ?? 0 }
    var destinationReads: Double { measurements.map { Double($0.destination.reads) }.median }
    var writtenBytes: Double { measurements.map { Double($0.destination.writtenBytes) }.median }
}

/// Two places from 1 on, three below.
func short(_ value: Double) -> String {
    let places = value < 1 ? 1000.0 : value < 10 ? 100 : value < 100 ? 10 : 1
    let rounded = (value * places).rounded() / places
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}

func mebibytes(_ bytes: Int) -> String { short(Double(bytes) / 1_048_576) }
