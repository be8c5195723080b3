public import Copying
import LinuxSystem
import Reporting

/// How far a copy is, in words: a function of numbers alone.
public struct ProgressText: Sendable {
    private let progress: CopyProgress
    private let rate: ProgressRate

    /// Tells of that progress; `rate` is of bytes, or of changes where there are no bytes to copy.
    public init(_ progress: CopyProgress, rate: ProgressRate) {
        self.progress = progress
        self.rate = rate
    }

    /// A line that has at most that many columns, for a terminal. What matters less is left out where it is narrow.
    public func bar(columns: Int) -> String {
        let parts = self.parts
        var text = parts.first ?? ""
        if let share, columns >= Self.leastColumnsWithMeter { text = Self.meter(share) + " " + text }
        for part in parts.dropFirst() {
            // What comes after one that has no room is left out as well, or it would come and go.
            if TextLayout.columns(text) + 2 + TextLayout.columns(part) > columns { break }
            text += "  " + part
        }
        let room = columns - TextLayout.columns(text) - 2
        if !progress.path.isEmpty, room >= Self.leastPathColumns {
            text += "  " + EscapedName(progress.path).end(columns: room)
        }
        return TextLayout.columns(text) <= columns ? text : ""
    }

    /// A sentence, for a log.
    public var sentence: String {
        parts.joined(separator: ", ")
    }

    /// How long the rest takes; nil when nobody can tell.
    var timeLeft: Duration? {
        switch progress.phase {
        case .copying: rate.time(for: rest)
        case .scanning, .deleting, .finishing: nil
        }
    }

    /// How fast contents are copied; nil while none are.
    var bytesPerSecond: ByteCount? {
        switch progress.phase {
        case .copying where progress.bytesTotal > 0 && rate.perSecond >= 1: ByteCount(Int64(rate.perSecond))
        case .scanning, .copying, .deleting, .finishing: nil
        }
    }

    private static let meterColumns = 12
    private static let leastColumnsWithMeter = 40
    private static let leastPathColumns = 12

    /// The most important one first.
    private var parts: [String] {
        switch progress.phase {
        case .scanning: return ["scanning", "\(Self.number(progress.entriesScanned)) entries"]
        case .copying:
            var parts = ["copying \(percent)%"]
            if progress.bytesTotal > 0 {
                parts.append("\(ByteCount(progress.bytesDone))/\(ByteCount(progress.bytesTotal))")
            }
            if let timeLeft { parts.append("\(timeLeft.text) left") }
            if let bytesPerSecond { parts.append("\(bytesPerSecond)/s") }
            return parts + [changes]
        case .deleting: return ["deleting", changes]
        case .finishing: return ["finishing", changes]
        }
    }

    private var changes: String {
        "\(Self.number(progress.changesDone))/\(Self.number(progress.changesTotal)) changes"
    }

    private var rest: Int64 {
        progress.bytesTotal > 0
            ? progress.bytesTotal - progress.bytesDone : Int64(progress.changesTotal - progress.changesDone)
    }

    /// From 0 to 1; nil where the whole is not known.
    private var share: Double? {
        switch progress.phase {
        case .scanning: return nil
        case .copying, .deleting, .finishing: break
        }
        let done = progress.bytesTotal > 0 ? progress.bytesDone : Int64(progress.changesDone)
        let total = progress.bytesTotal > 0 ? progress.bytesTotal : Int64(progress.changesTotal)
        return total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
    }

    /// Cut rather than rounded: 100 only when all is copied.
    private var percent: Int { Int((share ?? 0) * 100) }

    private static func meter(_ share: Double) -> String {
        let inside = meterColumns - 2
        let full = Int(share * Double(inside))
        return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: inside - full) + "]"
    }

    private static func number(_ count: Int) -> String { ByteCount.grouped(Int64(count)) }
}
