/// How contents are hashed, block by block.
///
/// The hash of a file below 1 MiB is XXH3-128 over its bytes. From 1 MiB on it is XXH3-128 over the hashes of its
/// blocks of 64 KiB, 16 bytes each, one after the other; the last block may be shorter. Bytes of holes count
/// as zeros in both, so that the hash is of what a reader sees; in blocks a hole of any length costs next to
/// nothing. All of them have the same key.
public enum ContentBlock {
    /// Bytes in a block.
    public static var byteCount: Int { 1 << 16 }
    /// Files from this size on, in bytes, are hashed in blocks.
    public static var minimumFileSize: Int64 { 1 << 20 }
    /// Blocks in a part: 64 MiB of the file, 16 KiB of hashes.
    public static var countInPart: Int { 1024 }
    /// Bytes of the file in a part.
    static var partBytes: Int64 { Int64(byteCount * countInPart) }

    /// The offset of the block that holds `offset`.
    static func start(of offset: Int64) -> Int64 {
        offset & ~Int64(byteCount - 1)
    }

    /// The offset of the first block that starts at `offset` or later.
    static func end(of offset: Int64) -> Int64 {
        start(of: offset + Int64(byteCount - 1))
    }
}

/// The hashes of adjacent blocks of one file.
public struct BlockPart: Sendable {
    /// Which part of the file it is; part n starts at n × 64 MiB.
    public let index: Int
    /// 1024 hashes, fewer in the last part.
    public let hashes: [ContentHash]
}

/// Gathers the hash of one file from the hashes of its blocks, and hands them out in parts.
///
/// Its memory is one part. A part that is a hole from end to end is not handed out: nothing is known about a
/// part without hashes, and a hole is found again without them.
struct DigestBuilder: ~Copyable {
    private let key: ContentKey
    private var hasher: ContentHasher
    private var part: [ContentHash] = []
    private var index = 0
    private let handOut: (BlockPart) throws(CopyError) -> Void
    private let zeros: UnsafeMutableRawBufferPointer
    private let zeroBlock: ContentHash
    private let zeroPart: [UInt8]

    init(_ key: ContentKey, _ handOut: @escaping (BlockPart) throws(CopyError) -> Void) {
        self.key = key
        self.handOut = handOut
        hasher = ContentHasher(key)
        part.reserveCapacity(ContentBlock.countInPart)
        zeros = .allocate(byteCount: ContentBlock.byteCount, alignment: 64)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        zeroBlock = key.hash(UnsafeRawBufferPointer(zeros))
        zeroPart = [ContentHash](repeating: zeroBlock, count: ContentBlock.countInPart).packed
    }

    deinit {
        zeros.deallocate()
    }

    /// Takes the next block's hash.
    mutating func append(_ hash: ContentHash) throws(CopyError) {
        part.append(hash)
        if part.count == ContentBlock.countInPart { try finishPart() }
    }

    /// Takes the next bytes, which are a hole; it ends where a block or the file ends.
    mutating func appendHole(_ byteCount: Int64) throws(CopyError) {
        var rest = byteCount
        while rest > 0 {
            if part.isEmpty && rest >= ContentBlock.partBytes {
                zeroPart.withUnsafeBytes { hasher.update($0) }
                index += 1
                rest -= ContentBlock.partBytes
                continue
            }
            let count = Int(min(rest, Int64(ContentBlock.byteCount)))
            let isWhole = count == ContentBlock.byteCount
            try append(isWhole ? zeroBlock : key.hash(UnsafeRawBufferPointer(rebasing: zeros[..<count])))
            rest -= Int64(count)
        }
    }

    /// Hands out the last part and gives the hash of the file.
    mutating func finish() throws(CopyError) -> ContentHash {
        if !part.isEmpty { try finishPart() }
        return hasher.hash
    }

    private mutating func finishPart() throws(CopyError) {
        part.packed.withUnsafeBytes { hasher.update($0) }
        try handOut(BlockPart(index: index, hashes: part))
        index += 1
        part.removeAll(keepingCapacity: true)
    }
}
