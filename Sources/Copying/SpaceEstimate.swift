internal import LinuxSystem

/// What an entry takes up on its file system.
struct Occupancy {
    let kind: EntryKind
    /// Bytes of content, holes included.
    let size: Int64
    /// Bytes on the file system.
    let allocatedBytes: Int64
    /// How many names share it.
    let linkCount: UInt32
}

extension Occupancy {
    init(_ status: EntryStatus) {
        kind = status.kind
        size = status.size
        allocatedBytes = status.allocatedBytes
        linkCount = status.linkCount
    }
}

/// How much must be free on the destination.
///
/// A changed file exists twice until it is renamed into place, so the peak of the running sum counts; and a batch is
/// renamed as a whole.
struct SpaceEstimate {
    private let unit: Int64
    /// True when what is replaced stays somewhere else.
    private let keepsReplaced: Bool
    private var running: Int64 = 0
    private var peak: Int64 = 0
    private var replaced: Int64 = 0

    /// What an inode with its name costs about (ext4 256, xfs and btrfs up to 1024 bytes).
    private static let entryCost: Int64 = 1024

    init(unit: Int64, keepsReplaced: Bool) {
        self.unit = unit
        self.keepsReplaced = keepsReplaced
    }

    mutating func add(_ source: Occupancy, replacing mirror: Occupancy?) {
        var bytes = Self.entryCost
        if source.kind == .file {
            let whole = (source.size + unit - 1) / unit * unit
            // Fewer blocks than bytes: holes, which are kept.
            bytes += source.allocatedBytes < source.size ? min(whole, source.allocatedBytes) : whole
        }
        running += bytes
        peak = max(peak, running)
        if keepsReplaced { return }
        let old = mirror.map { $0.linkCount > 1 ? 0 : $0.allocatedBytes } ?? 0
        running -= old
        replaced += old
    }

    mutating func addFolder() {
        running += Self.entryCost + unit
        peak = max(peak, running)
    }

    mutating func addName() {
        running += Self.entryCost / 4
        peak = max(peak, running)
    }

    var needed: Int64 { peak + min(replaced, CommitBatch.byteLimit) }
}
