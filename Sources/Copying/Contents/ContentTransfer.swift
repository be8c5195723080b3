internal import LinuxSystem
internal import SystemPackage

/// One file's way from the source to the destination, piece by piece, for all but small files.
///
/// Pieces start where a block starts and are read once. Into an empty target all data is written; over earlier
/// contents only blocks that differ, adjacent ones together. Data is data and holes are holes afterwards.
struct ContentTransfer: ~Copyable {
    private let buffer: UnsafeMutableRawBufferPointer
    private let size: Int64
    private let key: ContentKey?
    private var digest: DigestBuilder?
    private var earlier: BlockComparison?
    private var window: TransferWindow
    /// Where the source has data.
    private var extents: DataExtents
    /// What of the piece in the buffer is data.
    private var segments: [Range<Int64>] = []
    /// The hash of a file below the size where blocks begin.
    private var hash: ContentHash?
    private var bytesWritten: Int64 = 0
    /// How long the target is now.
    private var targetSize: Int64

    /// - Parameter earlier: what the target holds; nil when it is empty.
    init(
        _ copier: borrowing ContentCopier,
        from source: borrowing Descriptor,
        size: Int64,
        over earlier: consuming BlockComparison?,
        blocks: @escaping ContentCopier.BlockSink
    ) {
        buffer = copier.buffer
        self.size = size
        key = copier.key
        if let key, size >= ContentBlock.minimumFileSize {
            digest = DigestBuilder(key, blocks)
        } else {
            digest = nil
        }
        window = TransferWindow(source, fileSize: size, copier.interruption)
        extents = DataExtents(size: size, isDense: false)
        targetSize = earlier?.size ?? 0
        self.earlier = earlier
    }

    mutating func run(
        from source: borrowing Descriptor,
        to target: borrowing Descriptor,
        progress: (Int64) -> Void
    ) throws(TransferEnd) -> CopiedContents {
        var position: Int64 = 0
        while position < size {
            let start = position
            try TransferEnd.reading { () throws(SystemError) in try extents.move(to: start, in: source) }
            let hole = holeEnd()
            let end = hole > start ? hole : pieceEnd(from: start)
            if hole > start {
                try passHole(start..<end, target)
            } else {
                try fill(start..<end, from: source)
                try write(start..<end, to: target)
            }
            position = end
            progress(end - start)
            try window.advance(to: position, source, target)
        }
        try finishSize(target)
        try earlier?.finish(source, target)
        window.finish(source)
        let hash = try TransferEnd.running { () throws(CopyError) in try digest?.finish() ?? self.hash }
        return CopiedContents(hash: hash, bytesWritten: bytesWritten)
    }

    // MARK: - Pieces

    /// Where the hole ends that is here, in whole blocks; files below the size where blocks begin are one piece.
    private func holeEnd() -> Int64 {
        if size < ContentBlock.minimumFileSize { return 0 }
        return extents.current.isEmpty ? size : ContentBlock.start(of: extents.current.lowerBound)
    }

    private func pieceEnd(from position: Int64) -> Int64 {
        if size < ContentBlock.minimumFileSize { return size }
        let dataEnd = ContentBlock.end(of: extents.current.upperBound)
        return min(size, dataEnd, position + Int64(ContentCopier.pieceSize))
    }

    /// Nothing of it is read or written, but where the target has data, which goes.
    private mutating func passHole(
        _ hole: Range<Int64>,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) {
        try earlier?.empty(hole, target)
        try TransferEnd.running { () throws(CopyError) in
            try digest?.appendHole(hole.upperBound - hole.lowerBound)
        }
    }

    /// Reads a piece into the buffer; holes become zeros there.
    private mutating func fill(
        _ piece: Range<Int64>,
        from source: borrowing Descriptor
    ) throws(TransferEnd) {
        segments.removeAll(keepingCapacity: true)
        var position = piece.lowerBound
        while position < piece.upperBound {
            let from = position
            try TransferEnd.reading { () throws(SystemError) in try extents.move(to: from, in: source) }
            let data = extents.current.clamped(to: from..<piece.upperBound)
            let start = data.isEmpty ? piece.upperBound : data.lowerBound
            if start > from {
                memory(from..<start, in: piece).initializeMemory(as: UInt8.self, repeating: 0)
            }
            if !data.isEmpty {
                try read(data, from: source, into: memory(data, in: piece))
                segments.append(data)
            }
            position = max(start, data.upperBound)
        }
    }

    private func read(
        _ range: Range<Int64>,
        from source: borrowing Descriptor,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(TransferEnd) {
        let count = try TransferEnd.reading { () throws(SystemError) in
            try source.readAll(into: memory, at: range.lowerBound)
        }
        // The file became shorter.
        if count < memory.count { throw .changed }
    }

    /// The place of a range of the file in the buffer.
    private func memory(_ range: Range<Int64>, in piece: Range<Int64>) -> UnsafeMutableRawBufferPointer {
        let start = Int(range.lowerBound - piece.lowerBound)
        let end = Int(range.upperBound - piece.lowerBound)
        return UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
    }

    // MARK: - Blocks

    /// Hashes the piece in the buffer and writes what the target has not.
    private mutating func write(_ piece: Range<Int64>, to target: borrowing Descriptor) throws(TransferEnd) {
        try earlier?.load(piece, target)
        if size < ContentBlock.minimumFileSize {
            hash = key?.hash(UnsafeRawBufferPointer(memory(piece, in: piece)))
        }
        var run = piece.lowerBound..<piece.lowerBound
        var start = piece.lowerBound
        while start < piece.upperBound {
            let block = start..<min(start + Int64(ContentBlock.byteCount), piece.upperBound)
            if try isInPlace(block, of: piece, target) {
                try writeData(of: run, in: piece, to: target)
                run = block.upperBound..<block.upperBound
            } else {
                run = run.lowerBound..<block.upperBound
            }
            start = block.upperBound
        }
        try writeData(of: run, in: piece, to: target)
    }

    /// Hashes a block; true when the target holds it already.
    private mutating func isInPlace(
        _ block: Range<Int64>,
        of piece: Range<Int64>,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) -> Bool {
        let bytes = UnsafeRawBufferPointer(memory(block, in: piece))
        var blockHash: ContentHash?
        if let key, size >= ContentBlock.minimumFileSize {
            let hash = key.hash(bytes)
            blockHash = hash
            try TransferEnd.running { () throws(CopyError) in try digest?.append(hash) }
        }
        return try earlier?.holds(bytes, blockHash, at: block, segments, target) ?? false
    }

    private mutating func writeData(
        of run: Range<Int64>,
        in piece: Range<Int64>,
        to target: borrowing Descriptor
    ) throws(TransferEnd) {
        for segment in segments where segment.overlaps(run) {
            let range = segment.clamped(to: run)
            try leaveHole(before: range.lowerBound, target)
            let bytes = UnsafeRawBufferPointer(memory(range, in: piece))
            try TransferEnd.writing { () throws(SystemError) in try target.write(bytes, at: range.lowerBound)
            }
            bytesWritten += Int64(bytes.count)
            targetSize = max(targetSize, range.upperBound)
            window.didWrite()
        }
    }

    // MARK: - Size

    /// XFS reserves blocks behind the end of a file that grows, and keeps them when the end moves over them: what
    /// shall be a hole gives them back before.
    private func leaveHole(before position: Int64, _ target: borrowing Descriptor) throws(TransferEnd) {
        if position <= targetSize || targetSize == 0 { return }
        do {
            try target.punchHole(targetSize..<position)
        } catch {
            if error.errno != .notSupported { throw .destination(error) }
        }
    }

    /// A hole at the end, or the end of a longer version. Size comes last: a file of full size without its data
    /// could pass for the whole one.
    private func finishSize(_ target: borrowing Descriptor) throws(TransferEnd) {
        if targetSize == size { return }
        // Also of the last block as a whole: there is nothing behind it.
        if targetSize < size { try leaveHole(before: ContentBlock.end(of: size), target) }
        try TransferEnd.writing { () throws(SystemError) in try target.setSize(size) }
    }
}
