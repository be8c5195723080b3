internal import CXXHash
public import LinuxSystem

/// What a drive's hashes are keyed with: nobody without it can make two files that hash the same.
public struct ContentKey: Sendable {
    /// The 16 bytes that a manifest keeps.
    public let bytes: [UInt8]
    let secret: HashSecret

    /// Number of bytes in a key.
    public static var byteCount: Int { 16 }

    /// Makes a key of 16 bytes; nil for another number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        if bytes.count != Self.byteCount { return nil }
        self.bytes = Array(bytes)
        secret = HashSecret(self.bytes)
    }

    /// Makes a new key of the kernel's random generator.
    public static func random() throws(SystemError) -> ContentKey {
        let bytes = try SecretBytes(randomCount: byteCount).withBytes { Array($0) }
        return ContentKey(checked: bytes)
    }

    private init(checked bytes: [UInt8]) {
        self.bytes = bytes
        secret = HashSecret(bytes)
    }

    /// The hash of all these bytes.
    public func hash(_ bytes: UnsafeRawBufferPointer) -> ContentHash {
        ContentHash(
            XXH3_128bits_withSecret(
                bytes.baseAddress,
                bytes.count,
                secret.memory.baseAddress,
                secret.memory.count
            )
        )
    }
}

/// The 192 bytes that XXH3 mixes with the data, in memory that does not move: a streaming state points to it.
final class HashSecret: Sendable {
    nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// As long as xxHash's own secret.
    private static let byteCount = 192

    /// Piece n of 16 bytes is XXH3-128 of the key and the byte n. xxHash's own XXH3_generateSecret is not among
    /// the functions whose results it holds stable, and these hashes are read again after years.
    init(_ key: [UInt8]) {
        memory = .allocate(byteCount: Self.byteCount, alignment: 64)
        for piece in 0..<Self.byteCount / ContentHash.byteCount {
            let seed = key + [UInt8(piece)]
            let hash = seed.withUnsafeBytes { ContentHash(XXH3_128bits($0.baseAddress, $0.count)) }
            hash.store(
                into: UnsafeMutableRawBufferPointer(rebasing: memory[(piece * ContentHash.byteCount)...])
            )
        }
    }

    deinit {
        memory.deallocate()
    }
}

extension ContentHash {
    init(_ hash: XXH128_hash_t) {
        self.init(high: hash.high64, low: hash.low64)
    }
}
