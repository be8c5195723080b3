internal import LinuxSystem

/// Walks forward over the parts of a file that are data, two calls for each.
struct DataExtents {
    private let size: Int64
    /// The part that holds the position or follows it; empty, at the end of the file, when only a hole follows.
    private(set) var current: Range<Int64>

    /// - Parameter isDense: true when the file has no hole; then no call is made.
    init(size: Int64, isDense: Bool) {
        self.size = size
        current = isDense ? 0..<size : 0..<0
    }

    /// Moves on to `position`; never goes back to a part that was left.
    mutating func move(to position: Int64, in file: borrowing Descriptor) throws(SystemError) {
        if position < current.upperBound || current.lowerBound == size { return }
        guard position < size, let data = try file.nextData(from: position), data < size else {
            current = size..<size
            return
        }
        // The two calls may see two states of a file that changes: the part has one byte at least.
        current = data..<min(max(try file.nextHole(from: data), data + 1), size)
    }
}
