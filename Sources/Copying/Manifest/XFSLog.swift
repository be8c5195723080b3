internal import LinuxSystem

/// Where the log of an XFS ends, and whether an unmount is the last thing in it.
///
/// The log is a ring of blocks of 512 bytes. Each begins with the number of the round in which it was written, but for
/// the first block of a record, which begins with a magic number and has the round behind it (the kernel's
/// `fs/xfs/libxfs/xfs_log_format.h`; `xlog_find_head` and `xlog_check_unmount_rec` in `fs/xfs/xfs_log_recover.c`).
struct XFSLog {
    private let start: Int64
    private let blockCount: Int64
    private static let blockSize = 512
    private static let recordMagic: UInt32 = 0xfeed_babe
    /// A record is at most this long, in blocks: a stripe of the log is up to 256 KiB.
    private static let longestRecord: Int64 = 1024

    /// Reads from the superblock where the log is; nil when it is on a device of its own.
    init?(superblock block: [UInt8]) {
        let size = Int64(block.bigEndian(at: 0x04, UInt32.self))
        let logStart = block.bigEndian(at: 0x30, Int64.self)
        let groupBlocks = Int64(block.bigEndian(at: 0x54, UInt32.self))
        let logBlocks = Int64(block.bigEndian(at: 0x60, UInt32.self))
        let groupBits = Int64(block[0x7c])
        guard (512...65536).contains(size), logStart > 0, groupBits < 32, logBlocks > 0 else { return nil }
        let inGroup = logStart & (1 << groupBits - 1)
        start = ((logStart >> groupBits) &* groupBlocks &+ inGroup) &* size
        blockCount = logBlocks * size / Int64(Self.blockSize)
        // No device is so large that numbers of its bytes come near what an Int64 holds.
        guard (0...1 << 62).contains(start) else { return nil }
    }

    /// The record of the unmount with which the log ends; nil when it ends with anything else.
    func unmountRecord(_ reader: borrowing DirectReader) throws(SystemError) -> [UInt8]? {
        guard let end = try end(reader), let (index, header) = try lastRecord(before: end, reader) else {
            return nil
        }
        let operations = header.bigEndian(at: 40, UInt32.self)
        // Records of version 2 that are larger than 32 KiB have one more header for each 32 KiB.
        let size = header.bigEndian(at: 8, UInt32.self) & 2 == 0 ? 0 : header.bigEndian(at: 320, UInt32.self)
        let headers = max(1, Int64(size) / 32768)
        guard operations == 1, let operation = try block(index + headers, reader) else { return nil }
        let isUnmount: UInt8 = 0x20
        return operation[9] & isUnmount != 0 ? header + operation : nil
    }

    /// The first block that is of an earlier round than block 0, or of none; the number of blocks when there is none.
    private func end(_ reader: borrowing DirectReader) throws(SystemError) -> Int64? {
        guard let round = try round(of: 0, reader) else { return nil }
        var low: Int64 = 1
        var high = blockCount
        while low < high {
            let middle = (low + high) / 2
            guard let other = try self.round(of: middle, reader) else { return nil }
            if other == round { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func lastRecord(
        before end: Int64,
        _ reader: borrowing DirectReader
    ) throws(SystemError) -> (Int64, [UInt8])? {
        for distance in 1...min(Self.longestRecord, blockCount) {
            guard let block = try block(end - distance, reader) else { return nil }
            if block.bigEndian(at: 0, UInt32.self) == Self.recordMagic { return (end - distance, block) }
        }
        return nil
    }

    private func round(of index: Int64, _ reader: borrowing DirectReader) throws(SystemError) -> UInt32? {
        guard let block = try block(index, reader) else { return nil }
        let first = block.bigEndian(at: 0, UInt32.self)
        return first == Self.recordMagic ? block.bigEndian(at: 4, UInt32.self) : first
    }

    /// A block of the ring; nil when the device ends before it.
    private func block(_ index: Int64, _ reader: borrowing DirectReader) throws(SystemError) -> [UInt8]? {
        let place = (index + blockCount) % blockCount
        let bytes = try reader.bytes(at: start + place * Int64(Self.blockSize), count: Self.blockSize)
        return bytes.count == Self.blockSize ? bytes : nil
    }
}
