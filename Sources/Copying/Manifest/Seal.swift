internal import CXXHash
public import LinuxSystem
internal import SystemPackage

/// What an unmounted file system says of its last change: as long as it says the same, nobody wrote since.
///
/// | file system | what is digested | a seal is refused | mounted read-only in between |
/// |---|---|---|---|
/// | ext4 | the superblock: number of mounts, time of the last write, checksum | not marked as cleanly unmounted, errors noted, journal to be replayed | says the same: nothing is written unless the journal must be replayed |
/// | xfs | the superblock, with the log sequence number of its last write (`sb_lsn`), and the end of the log | the log does not end with the record of an unmount | says the same: the log is written only when it must be replayed |
/// | btrfs | the superblock with its generation, which grows at each commit | a log tree is to be replayed | says the same |
///
/// A writable mount changes it even when no file is touched: ext4 counts mounts, xfs writes its log at the unmount,
/// btrfs commits. So does a check that repairs, or that notes the time of the check; so read the seal before one.
public struct Seal: Hashable, Sendable {
    /// The file systems that say enough.
    public enum FileSystem: String, Hashable, Sendable, CaseIterable {
        /// ext4, and its elders that it mounts.
        case ext4
        /// XFS with its log inside.
        case xfs
        /// Btrfs on one device.
        case btrfs
    }

    /// What kind it is.
    public let fileSystem: FileSystem
    /// Of everything in the table.
    private let digest: ContentHash

    init(_ fileSystem: FileSystem, digestOf bytes: UnsafeRawBufferPointer) {
        self.fileSystem = fileSystem
        digest = ContentHash(unkeyedHashOf: bytes)
    }
}

extension Seal: CustomStringConvertible, LosslessStringConvertible {
    /// One word for a file: `ext4:` and 32 hexadecimal digits.
    public var description: String { "\(fileSystem.rawValue):\(digest)" }

    /// Reads what `description` says; nil for anything else.
    public init?(_ description: String) {
        let parts = description.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2,
            let fileSystem = FileSystem(rawValue: String(decoding: parts[0], as: UTF8.self)),
            parts[1].count == 32,
            let high = UInt64(String(decoding: parts[1].prefix(16), as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: parts[1].dropFirst(16), as: UTF8.self), radix: 16)
        else { return nil }
        self.fileSystem = fileSystem
        digest = ContentHash(high: high, low: low)
    }
}

extension Seal {
    /// Reads the seal of an unmounted file system. Blocks.
    ///
    /// The device was mounted a moment ago, and XFS and btrfs write past the cache of the device, so what that holds
    /// may be old: the device is read directly.
    ///
    /// - Parameter device: open for reading; a block device or an image in a file.
    /// - Returns: nil for other file systems, and for one that was not unmounted in order.
    public static func read(from device: borrowing Descriptor) throws(SystemError) -> Seal? {
        let reader = try DirectReader(device)
        if let seal = try btrfs(reader) { return seal }
        let start = try reader.bytes(at: 0, count: 4096)
        guard start.count == 4096 else { return nil }
        if start.prefix(4).elementsEqual("XFSB".utf8) { return try xfs(Array(start[..<512]), reader) }
        return ext4(Array(start[1024..<2048]))
    }

    /// The superblock alone would not do: counts are in it since the unmount only, so a drive that was pulled while it
    /// was mounted may have the old one. But nothing is written before the log is.
    private static func xfs(
        _ block: [UInt8],
        _ reader: borrowing DirectReader
    ) throws(SystemError) -> Seal? {
        guard let log = XFSLog(superblock: block), let record = try log.unmountRecord(reader) else {
            return nil
        }
        return (block + record).withUnsafeBytes { Seal(.xfs, digestOf: $0) }
    }

    /// `struct ext4_super_block` (the kernel's Documentation/filesystems/ext4/super.rst).
    private static func ext4(_ block: [UInt8]) -> Seal? {
        let isClean: UInt16 = 1
        let hasErrors: UInt16 = 2
        let needsReplay: UInt32 = 4
        let state = block.littleEndian(at: 0x3a, UInt16.self)
        guard block.littleEndian(at: 0x38, UInt16.self) == 0xef53, state & isClean != 0,
            state & hasErrors == 0,
            block.littleEndian(at: 0x60, UInt32.self) & needsReplay == 0
        else { return nil }
        return block.withUnsafeBytes { Seal(.ext4, digestOf: $0) }
    }

    /// `struct btrfs_super_block` (the kernel's include/uapi/linux/btrfs_tree.h).
    private static func btrfs(_ reader: borrowing DirectReader) throws(SystemError) -> Seal? {
        let block = try reader.bytes(at: 65536, count: 4096)
        let logRoot = 0x60
        guard block.count == 4096, block[0x40..<0x48].elementsEqual("_BHRfS_M".utf8),
            block.littleEndian(at: logRoot, UInt64.self) == 0
        else { return nil }
        return block.withUnsafeBytes { Seal(.btrfs, digestOf: $0) }
    }
}

extension ContentHash {
    /// XXH3-128 without a key, for what nobody hashes on purpose.
    fileprivate init(unkeyedHashOf bytes: UnsafeRawBufferPointer) {
        self.init(XXH3_128bits(bytes.baseAddress, bytes.count))
    }
}
