/// The keyed XXH3-128 of some bytes: of a block, or of a whole file as `ContentHasher` defines it.
///
/// It answers whether bytes are the same; it is no signature against somebody who knows the key.
public struct ContentHash: Hashable, Sendable {
    /// The upper 64 bits.
    public let high: UInt64
    /// The lower 64 bits.
    public let low: UInt64

    /// Makes a hash of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Number of bytes in `bytes`.
    public static var byteCount: Int { 16 }

    /// The 16 bytes, highest first, as xxh128sum prints them.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            store(into: UnsafeMutableRawBufferPointer(buffer))
            count = Self.byteCount
        }
    }

    /// Makes a hash of 16 bytes as `bytes` gives them; nil for another number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        if bytes.count != Self.byteCount { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Writes the 16 bytes to the start of `buffer`.
    func store(into buffer: UnsafeMutableRawBufferPointer) {
        buffer.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
}

extension ContentHash: CustomStringConvertible {
    /// 32 hexadecimal digits.
    public var description: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// The hashes of adjacent blocks as one piece of bytes: how a manifest keeps them.
extension [ContentHash] {
    /// 16 bytes for each hash.
    public var packed: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count * ContentHash.byteCount) { buffer, size in
            for (index, hash) in enumerated() {
                let rest = buffer[(index * ContentHash.byteCount)...]
                hash.store(
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[rest.indices]
                    )
                )
            }
            size = count * ContentHash.byteCount
        }
    }

    /// Takes hashes apart again; nil when the number of bytes is no multiple of 16.
    public init?(packed bytes: some Collection<UInt8>) {
        if !bytes.count.isMultiple(of: ContentHash.byteCount) { return nil }
        self = []
        reserveCapacity(bytes.count / ContentHash.byteCount)
        var rest = bytes[...]
        while let hash = ContentHash(bytes: rest.prefix(ContentHash.byteCount)) {
            append(hash)
            rest = rest.dropFirst(ContentHash.byteCount)
        }
    }
}
