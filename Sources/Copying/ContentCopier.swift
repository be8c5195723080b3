internal import LinuxSystem
internal import SystemPackage

/// Copies the contents of one file after the other through one buffer: data only, holes stay holes.
struct ContentCopier: ~Copyable {
    /// What became of one attempt.
    enum Attempt {
        case complete(dataBytes: Int64)
        /// The source changed while it was read.
        case changed
        case sourceFailed(SystemError)
        /// The destination refused this file; other files may go.
        case refused(SystemError)
    }

    private enum End: Error {
        case source(SystemError)
        case destination(SystemError)
        case run(CopyError)
        case changed
    }

    /// How much may be on its way to the device inside one file, and how often an interruption is looked for.
    private static let window: Int64 = 64 << 20
    /// Smaller files stay in the page cache: they may be wanted there, and do not push others out.
    private static let forgetLimit: Int64 = 8 << 20

    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    private let interruption: Interruption

    init(interruption: Interruption) {
        self.interruption = interruption
    }

    deinit {
        buffer.deallocate()
    }

    /// Copies what `source` holds into the empty file `target`.
    ///
    /// - Parameter didWrite: called with the number of bytes after each piece.
    /// - Throws: only what ends the run.
    func copy(
        from source: borrowing Descriptor,
        _ status: EntryStatus,
        to target: borrowing Descriptor,
        didWrite: (Int64) -> Void
    ) throws(CopyError) -> Attempt {
        do throws(End) {
            let bytes = try copyData(from: source, status, to: target, didWrite)
            let after = try Self.reading { () throws(SystemError) in try source.status() }
            if (after.size, after.modified, after.changed)
                != (status.size, status.modified, status.changed)
            {
                return .changed
            }
            return .complete(dataBytes: bytes)
        } catch {
            switch error {
            case .changed: return .changed
            case .source(let reason):
                if let fatal = CopyError(onSource: reason) { throw fatal }
                return .sourceFailed(reason)
            case .destination(let reason):
                if let fatal = CopyError(onDestination: reason) { throw fatal }
                return .refused(reason)
            case .run(let reason): throw reason
            }
        }
    }

    private func copyData(
        from source: borrowing Descriptor,
        _ status: EntryStatus,
        to target: borrowing Descriptor,
        _ didWrite: (Int64) -> Void
    ) throws(End) -> Int64 {
        let size = status.size
        // What is smaller than a block has a hole only when it has no block at all.
        let mayHaveHoles = size >= 4096 || status.allocatedBytes < size
        if size >= Self.forgetLimit { source.expectSequentialReading() }
        var flow = Flow(forgets: size >= Self.forgetLimit)
        var position: Int64 = 0
        var written: Int64 = 0
        while position < size {
            var end = size
            if mayHaveHoles {
                let from = position
                let data = try Self.reading { () throws(SystemError) in try source.nextData(from: from) }
                guard let data, data < size else { break }
                position = data
                let hole = try Self.reading { () throws(SystemError) in try source.nextHole(from: data) }
                end = min(hole, size)
            }
            while position < end {
                let count = try copyPiece(from: source, to: target, at: position, end: end)
                position += count
                written += count
                didWrite(count)
                try flow.advance(to: position, source, target, interruption)
            }
        }
        // A hole at the end. Size comes last: a file of full size without its data could pass for the whole one.
        if position < size {
            try Self.writing { () throws(SystemError) in try target.setSize(size) }
        }
        flow.finish(source, size)
        return written
    }

    private func copyPiece(
        from source: borrowing Descriptor,
        to target: borrowing Descriptor,
        at position: Int64,
        end: Int64
    ) throws(End) -> Int64 {
        let wanted = Int(min(Int64(buffer.count), end - position))
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count = try Self.reading { () throws(SystemError) in try source.read(into: part, at: position) }
        // The file became shorter.
        if count == 0 { throw .changed }
        let data = UnsafeRawBufferPointer(rebasing: part[..<count])
        try Self.writing { () throws(SystemError) in try target.write(data, at: position) }
        return Int64(count)
    }

    /// Bounds what is in flight: each window starts to the device while the next is copied, and is waited for
    /// after that, so that progress is true and stopping is quick.
    private struct Flow {
        let forgets: Bool
        private var start: Int64 = 0
        private var previous: Range<Int64>?

        init(forgets: Bool) {
            self.forgets = forgets
        }

        mutating func advance(
            to position: Int64,
            _ source: borrowing Descriptor,
            _ target: borrowing Descriptor,
            _ interruption: Interruption
        ) throws(End) {
            if position - start < ContentCopier.window { return }
            if interruption.isRequested { throw .run(.interrupted) }
            let current = start..<position
            let before = previous
            try ContentCopier.writing { () throws(SystemError) in
                try target.startWriting(current)
                if let before { try target.finishWriting(before) }
            }
            if let before { target.forgetCached(before) }
            if forgets { source.forgetCached(current) }
            previous = current
            start = position
        }

        func finish(_ source: borrowing Descriptor, _ size: Int64) {
            if forgets { source.forgetCached(start..<size) }
        }
    }

    private static func reading<Result>(_ body: () throws(SystemError) -> Result) throws(End) -> Result {
        do { return try body() } catch { throw .source(error) }
    }

    private static func writing(_ body: () throws(SystemError) -> Void) throws(End) {
        do { try body() } catch { throw .destination(error) }
    }
}
