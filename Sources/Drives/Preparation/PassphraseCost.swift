/// What opening with the passphrase costs (argon2id): much for who guesses, bearable for the smallest machine that
/// must restore.
///
/// Fixed numbers instead of a benchmark: what this machine can do in two seconds may take a small one minutes, and
/// memory that it lacks cannot be waited for. RFC 9106 recommends at least 64 MiB, 3 passes and 4 lanes where memory
/// is scarce.
struct PassphraseCost: Hashable, Sendable {
    let passes: UInt32
    let memoryKiB: UInt32
    let lanes: UInt32

    /// At most 256 MiB, and at most a quarter of the memory of the machine that formats.
    init(machineMemoryBytes: UInt64) {
        passes = 4
        lanes = 4
        let quarterKiB = machineMemoryBytes / 4 / 1024
        memoryKiB = max(Self.leastKiB, UInt32(min(quarterKiB, Self.mostKiB)))
    }

    /// One that tests can afford.
    init(passes: UInt32, memoryKiB: UInt32, lanes: UInt32) {
        self.passes = passes
        self.memoryKiB = memoryKiB
        self.lanes = lanes
    }

    private static let mostKiB: UInt64 = 256 << 10
    /// libcryptsetup accepts no less.
    private static let leastKiB: UInt32 = 32
}
