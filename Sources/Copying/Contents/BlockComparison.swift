internal import LinuxSystem
internal import SystemPackage

/// What is known of an earlier version that the destination has.
enum EarlierContents {
    /// The hashes of its blocks by part, made with the copier's key; an empty list for a part that is not known.
    case listed((_ part: Int) throws(CopyError) -> [ContentHash])
    /// Nothing: it is read and compared.
    case compared
}

/// Tells which blocks the target holds already, and keeps its holes as the source's are.
///
/// Called from the start of the file to its end. Where data and holes of the target are is asked of its file
/// system, so that a block of zeros in a hole is written where the source holds zeros.
struct BlockComparison: ~Copyable {
    /// How long the target was.
    let size: Int64
    /// How long it will be.
    private let newSize: Int64
    private let contents: EarlierContents
    private var extents: DataExtents
    private var part: (index: Int, hashes: [ContentHash]) = (-1, [])
    /// The target's bytes of the piece, when it is read.
    private let buffer: UnsafeMutableRawBufferPointer
    private var loaded: Range<Int64> = 0..<0

    init(_ contents: EarlierContents, size: Int64, becoming newSize: Int64) {
        self.size = size
        self.newSize = newSize
        self.contents = contents
        extents = DataExtents(size: size, isDense: false)
        switch contents {
        case .listed: buffer = .allocate(byteCount: 0, alignment: 4096)
        case .compared: buffer = .allocate(byteCount: ContentCopier.pieceSize, alignment: 4096)
        }
    }

    deinit {
        buffer.deallocate()
    }

    /// Makes ready for the blocks of a piece.
    mutating func load(_ piece: Range<Int64>, _ target: borrowing Descriptor) throws(TransferEnd) {
        switch contents {
        case .listed: return
        case .compared:
            let wanted = piece.clamped(to: 0..<max(size, piece.lowerBound))
            let memory = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted.count])
            let count = try TransferEnd.writing { () throws(SystemError) in
                try target.readAll(into: memory, at: wanted.lowerBound)
            }
            loaded = wanted.lowerBound..<wanted.lowerBound + Int64(count)
        }
    }

    /// True when the target holds these bytes of the source, data as data and holes as holes.
    mutating func holds(
        _ bytes: UnsafeRawBufferPointer,
        _ hash: ContentHash?,
        at block: Range<Int64>,
        _ segments: [Range<Int64>],
        _ target: borrowing Descriptor
    ) throws(TransferEnd) -> Bool {
        var isSame = try hasSameBytes(bytes, hash, block)
        var position = block.lowerBound
        for segment in segments where segment.overlaps(block) {
            let data = segment.clamped(to: block)
            try empty(position..<data.lowerBound, target)
            try move(to: data.lowerBound, target)
            if extents.current.clamped(to: data) != data { isSame = false }
            position = data.upperBound
        }
        try empty(position..<block.upperBound, target)
        return isSame
    }

    private mutating func hasSameBytes(
        _ bytes: UnsafeRawBufferPointer,
        _ hash: ContentHash?,
        _ block: Range<Int64>
    ) throws(TransferEnd) -> Bool {
        switch contents {
        case .compared:
            if loaded.clamped(to: block) != block { return false }
            let start = Int(block.lowerBound - loaded.lowerBound)
            return UnsafeRawBufferPointer(rebasing: buffer[start..<start + bytes.count]).hasSameBytes(
                as: bytes
            )
        case .listed(let list):
            let number = Int(block.lowerBound / Int64(ContentBlock.byteCount))
            let index = number / ContentBlock.countInPart
            if part.index != index {
                part = (index, try TransferEnd.running { () throws(CopyError) in try list(index) })
            }
            let place = number % ContentBlock.countInPart
            // The file is shorter than its list says: somebody else wrote to it.
            if place >= part.hashes.count || block.upperBound > size { return false }
            return part.hashes[place] == hash
        }
    }

    /// Makes a range of the target a hole, unless it is one.
    mutating func empty(_ range: Range<Int64>, _ target: borrowing Descriptor) throws(TransferEnd) {
        if range.isEmpty { return }
        try move(to: range.lowerBound, target)
        if extents.current.isEmpty || extents.current.lowerBound >= range.upperBound { return }
        try punch(range, target)
    }

    /// The block in which the earlier version ended became data when the file grew; it is a hole again where the
    /// source has one.
    mutating func finish(
        _ source: borrowing Descriptor,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) {
        let block = size & ~4095..<(size + 4095) & ~4095
        if block.isEmpty || newSize <= size { return }
        let isHole = try TransferEnd.reading { () throws(SystemError) in
            try source.nextData(from: block.lowerBound) ?? .max >= block.upperBound
        }
        let isData = try TransferEnd.writing { () throws(SystemError) in
            try target.nextData(from: block.lowerBound) ?? .max < block.upperBound
        }
        if isHole && isData { try punch(block, target) }
    }

    /// At the end of the file the last block goes as a whole: there is nothing behind it that stays.
    private func punch(_ hole: Range<Int64>, _ target: borrowing Descriptor) throws(TransferEnd) {
        let end = hole.upperBound == newSize ? ContentBlock.end(of: newSize) : hole.upperBound
        do {
            try target.punchHole(hole.lowerBound..<end)
        } catch {
            if error.errno != .notSupported { throw .destination(error) }
            try writeZeros(hole.clamped(to: 0..<size), target)
        }
    }

    private func writeZeros(
        _ range: Range<Int64>,
        _ target: borrowing Descriptor
    ) throws(TransferEnd) {
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: ContentBlock.byteCount, alignment: 64)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var position = range.lowerBound
        while position < range.upperBound {
            let count = Int(min(Int64(zeros.count), range.upperBound - position))
            let offset = position
            let part = UnsafeRawBufferPointer(rebasing: zeros[..<count])
            try TransferEnd.writing { () throws(SystemError) in try target.write(part, at: offset) }
            position += Int64(count)
        }
    }

    private mutating func move(to position: Int64, _ target: borrowing Descriptor) throws(TransferEnd) {
        try TransferEnd.writing { () throws(SystemError) in try extents.move(to: position, in: target) }
    }
}
