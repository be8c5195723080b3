internal import LinuxSystem
internal import SystemPackage

/// Copies the contents of one file after the other through one buffer, and hashes what it reads: only data is
/// read and written, holes stay holes.
///
/// One per thread. What is written is not durable yet, and gets its name from the caller.
struct ContentCopier: ~Copyable {
    /// What became of one attempt.
    enum Attempt {
        case complete(CopiedContents)
        /// The source changed while it was read.
        case changed
        case sourceFailed(SystemError)
        /// The destination refused this file; other files may go.
        case refused(SystemError)
    }

    /// What takes the hashes of a large file's blocks, in order. After anything but `complete` they are void.
    typealias BlockSink = (BlockPart) throws(CopyError) -> Void

    /// Read and written at once.
    static let pieceSize = 1 << 20
    /// Files up to this size are read and written with one call each.
    private static let smallSize: Int64 = 256 << 10
    /// Blocks are given out before writing from this size on: a file system that knows how much comes finds one
    /// place for it.
    private static let preallocationLimit: Int64 = 4 << 20

    /// One byte more than a piece, to see that a small file ends where it should.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize + 4096, alignment: 4096)
    let interruption: Interruption
    let key: ContentKey?

    /// - Parameter key: what contents are hashed with; without one there are no hashes.
    init(key: ContentKey? = nil, interruption: Interruption) {
        self.key = key
        self.interruption = interruption
    }

    deinit {
        buffer.deallocate()
    }

    /// Copies what `source` holds into the empty file `target`.
    ///
    /// - Parameters:
    ///   - status: what the open source said before.
    ///   - blocks: takes the hashes of blocks of files from 1 MiB on.
    ///   - progress: called with the number of bytes that are done after each piece, holes included.
    /// - Throws: only what ends the run.
    func copy(
        from source: borrowing Descriptor,
        _ status: EntryStatus,
        to target: borrowing Descriptor,
        blocks: @escaping BlockSink = { _ in },
        progress: (Int64) -> Void
    ) throws(CopyError) -> Attempt {
        do throws(TransferEnd) {
            let contents: CopiedContents
            if status.size <= Self.smallSize && Self.isDense(status) {
                contents = try copySmall(from: source, status.size, to: target, progress)
            } else {
                try preallocate(status, from: 0, target)
                var transfer = ContentTransfer(
                    self,
                    from: source,
                    size: status.size,
                    over: nil,
                    blocks: blocks
                )
                contents = try transfer.run(from: source, to: target, progress: progress)
            }
            return try Self.verdict(contents, source, status)
        } catch {
            return try Self.verdict(error)
        }
    }

    // MARK: - Verdict

    static func verdict(
        _ contents: CopiedContents,
        _ source: borrowing Descriptor,
        _ before: EntryStatus
    ) throws(TransferEnd) -> Attempt {
        let after = try TransferEnd.reading { () throws(SystemError) in try source.status() }
        let isSame =
            (after.size, after.modified, after.changed) == (before.size, before.modified, before.changed)
        return isSame ? .complete(contents) : .changed
    }

    static func verdict(_ end: TransferEnd) throws(CopyError) -> Attempt {
        switch end {
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

    // MARK: - Small files

    /// True when the file has all its blocks and no other: such a file has no hole. One with a hole and as many
    /// blocks for its attributes passes too, and becomes a file without a hole.
    private static func isDense(_ status: EntryStatus) -> Bool {
        status.allocatedBytes == (status.size + 4095) & ~4095
    }

    private func copySmall(
        from source: borrowing Descriptor,
        _ size: Int64,
        to target: borrowing Descriptor,
        _ progress: (Int64) -> Void
    ) throws(TransferEnd) -> CopiedContents {
        let wanted = Int(size)
        // The byte after the end tells of a file that grew; that it is not there is seen without another call.
        var count = 0
        while count < wanted {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<wanted + 1])
            let offset = Int64(count)
            let got = try TransferEnd.reading { () throws(SystemError) in
                try source.read(into: rest, at: offset)
            }
            if got == 0 { throw .changed }
            count += got
        }
        if count > wanted { throw .changed }
        let data = UnsafeRawBufferPointer(rebasing: buffer[..<wanted])
        if wanted > 0 {
            try TransferEnd.writing { () throws(SystemError) in try target.write(data, at: 0) }
        }
        progress(size)
        return CopiedContents(hash: key?.hash(data), bytesWritten: size)
    }

    // MARK: - Preallocation

    /// Asks for all blocks from `start` on of a file without holes; what the file system does not know is left.
    func preallocate(
        _ status: EntryStatus,
        from start: Int64,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) {
        if status.size - start < Self.preallocationLimit || status.allocatedBytes < status.size { return }
        do {
            // There, what was given out before is not compressed.
            if try target.isOnBtrfs() { return }
            try target.preallocate(start..<status.size)
        } catch {
            if error.errno != .notSupported { throw .destination(error) }
        }
    }
}

/// What was copied of one file.
struct CopiedContents {
    /// The hash of the file as `ContentBlock` defines it; nil when the copier has no key.
    let hash: ContentHash?
    /// Bytes that were written to the destination: no holes, no blocks that were right already.
    let bytesWritten: Int64
}
