internal import CXXHash

/// XXH3-128 of bytes that come in pieces, with or without a key.
public struct ContentHasher: ~Copyable {
    private let state: OpaquePointer
    /// The state points to its memory.
    private let secret: HashSecret?

    /// One that hashes with `key`; without one it gives what xxh128sum gives.
    public init(_ key: ContentKey?) {
        guard let state = XXH3_createState() else { fatalError("no memory for a hash's state") }
        self.state = state
        secret = key?.secret
        reset()
    }

    deinit {
        XXH3_freeState(state)
    }

    /// Starts anew.
    public mutating func reset() {
        // It fails only without a state or with a secret below 136 bytes, ignoring.
        if let memory = secret?.memory {
            _ = XXH3_128bits_reset_withSecret(state, memory.baseAddress, memory.count)
        } else {
            _ = XXH3_128bits_reset(state)
        }
    }

    /// Takes the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // It fails only without a state, ignoring.
        _ = XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
    }

    /// Takes a block's hash as the next 16 bytes.
    mutating func update(_ hash: ContentHash) {
        var halves = (hash.high.bigEndian, hash.low.bigEndian)
        withUnsafeBytes(of: &halves) { update($0) }
    }

    /// The hash of all bytes since the start or the last `reset`.
    public var hash: ContentHash {
        ContentHash(XXH3_128bits_digest(state))
    }
}
