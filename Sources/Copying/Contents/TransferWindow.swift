internal import LinuxSystem

/// Bounds what one large file has on its way to the device: each window starts to the device while the next is
/// copied, and is waited for after that, so that progress is true and stopping is quick. What was written
/// leaves the page cache; what was read does when it was not there before.
struct TransferWindow {
    /// How much may be on its way, and how often an interruption is looked for.
    private static let size: Int64 = 64 << 20
    /// Smaller files stay in the page cache: they may be wanted there, and do not push others out.
    private static let forgetLimit: Int64 = 8 << 20
    /// In how many places of a window the page cache is looked at.
    private static let probes: Int64 = 4

    private let fileSize: Int64
    private let interruption: Interruption
    private var start: Int64 = 0
    private var hasWritten = false
    private var previous: Range<Int64>?
    private var forgets = false

    init(_ source: borrowing Descriptor, fileSize: Int64, _ interruption: Interruption) {
        self.fileSize = fileSize
        self.interruption = interruption
        if fileSize >= Self.forgetLimit { source.expectSequentialReading() }
        probe(source)
    }

    /// Something was written in this window.
    mutating func didWrite() {
        hasWritten = true
    }

    /// Everything before `position` is done.
    mutating func advance(
        to position: Int64,
        _ source: borrowing Descriptor,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) {
        if position - start < Self.size { return }
        if interruption.isRequested { throw .run(.interrupted) }
        let current = start..<position
        let before = previous
        if hasWritten {
            try TransferEnd.writing { () throws(SystemError) in try target.startWriting(current) }
        }
        if let before {
            try TransferEnd.writing { () throws(SystemError) in try target.finishWriting(before) }
            target.forgetCached(before)
        }
        if forgets { source.forgetCached(current) }
        previous = hasWritten ? current : nil
        hasWritten = false
        start = position
        probe(source)
    }

    func finish(_ source: borrowing Descriptor) {
        if forgets { source.forgetCached(start..<fileSize) }
    }

    /// Asks the page cache before this window is read: read-ahead does not reach as far as the first place.
    private mutating func probe(_ source: borrowing Descriptor) {
        let end = min(start + Self.size, fileSize)
        if fileSize < Self.forgetLimit || end == start {
            forgets = false
            return
        }
        forgets = true
        for place in 1...Self.probes
        where source.isCached(at: start + (end - start) * place / Self.probes - 1) {
            forgets = false
        }
    }
}
