internal import LinuxSystem

/// The fields of fixed size of an entry, as the column `status` holds them: 64 or 80 bytes, little endian.
///
/// | byte | what |
/// |--:|---|
/// | 0 | kind: 1 file, 2 folder, 3 symbolic link, 4 FIFO, 5 socket, 6 character device, 7 block device |
/// | 1 | 0 |
/// | 2 | permissions, 2 bytes: the lower twelve bits of the mode |
/// | 4 | flags, 4 bytes: bit 0 = contents are being changed in place, bit 1 = racy |
/// | 8 | uid, 4 bytes |
/// | 12 | gid, 4 bytes |
/// | 16 | size in bytes, 8 bytes |
/// | 24 | time of last modification, seconds since 1970, 8 bytes, signed |
/// | 32 | the source's ctime, seconds, 8 bytes, signed |
/// | 40 | the source's birth time, seconds, 8 bytes, signed |
/// | 48 | time of last modification, nanoseconds, 4 bytes |
/// | 52 | the source's ctime, nanoseconds, 4 bytes |
/// | 56 | the source's birth time, nanoseconds, 4 bytes; 0xffffffff: not known |
/// | 60 | number of names of the source's inode, 4 bytes |
/// | 64 | a device's number as `makedev` packs it, 8 bytes |
/// | 72 | the destination's inode, for files of several names, 8 bytes |
///
/// The last 16 bytes are left out when they are all 0.
enum ManifestStatus {
    static let shortLength = 64
    static let longLength = 80
    private static let unknownTime: UInt32 = 0xffff_ffff

    /// Writes the fields of `entry` and tells how many bytes they are.
    @inline(__always)
    static func pack(_ entry: ManifestEntry, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        func store(_ value: some FixedWidthInteger, _ offset: Int) {
            bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
        }
        store(code(of: entry.kind), 0)
        store(UInt8(0), 1)
        store(UInt16(truncatingIfNeeded: entry.permissions), 2)
        store(entry.flags.rawValue, 4)
        store(entry.uid, 8)
        store(entry.gid, 12)
        store(entry.size, 16)
        store(entry.modified.seconds, 24)
        store(entry.changed.seconds, 32)
        store(entry.born?.seconds ?? 0, 40)
        store(entry.modified.nanoseconds, 48)
        store(entry.changed.nanoseconds, 52)
        store(entry.born?.nanoseconds ?? unknownTime, 56)
        store(entry.linkCount, 60)
        if entry.deviceNumber == 0 && entry.destinationInode == 0 { return shortLength }
        store(entry.deviceNumber, 64)
        store(entry.destinationInode, 72)
        return longLength
    }

    /// Reads the fields; nil when they are no status.
    @inline(__always)
    static func unpack(_ bytes: UnsafeRawBufferPointer) -> ManifestEntry? {
        guard bytes.count == shortLength || bytes.count == longLength else { return nil }
        func load<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
            Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        guard let kind = kind(of: load(0, UInt8.self)) else { return nil }
        let bornNanoseconds = load(56, UInt32.self)
        return ManifestEntry(
            kind: kind,
            permissions: UInt32(load(2, UInt16.self)),
            flags: ManifestFlags(rawValue: load(4, UInt32.self)),
            uid: load(8, UInt32.self),
            gid: load(12, UInt32.self),
            size: load(16, Int64.self),
            modified: FileTime(seconds: load(24, Int64.self), nanoseconds: load(48, UInt32.self)),
            changed: FileTime(seconds: load(32, Int64.self), nanoseconds: load(52, UInt32.self)),
            born: bornNanoseconds == unknownTime
                ? nil : FileTime(seconds: load(40, Int64.self), nanoseconds: bornNanoseconds),
            linkCount: load(60, UInt32.self),
            deviceNumber: bytes.count == longLength ? load(64, UInt64.self) : 0,
            destinationInode: bytes.count == longLength ? load(72, UInt64.self) : 0
        )
    }

    private static func code(of kind: EntryKind) -> UInt8 {
        switch kind {
        case .file: 1
        case .directory: 2
        case .symbolicLink: 3
        case .fifo: 4
        case .socket: 5
        case .characterDevice: 6
        case .blockDevice: 7
        }
    }

    private static func kind(of code: UInt8) -> EntryKind? {
        switch code {
        case 1: .file
        case 2: .directory
        case 3: .symbolicLink
        case 4: .fifo
        case 5: .socket
        case 6: .characterDevice
        case 7: .blockDevice
        default: nil
        }
    }
}

extension ManifestEntry {
    @inline(__always)
    fileprivate init(
        kind: EntryKind,
        permissions: UInt32,
        flags: ManifestFlags,
        uid: UInt32,
        gid: UInt32,
        size: Int64,
        modified: FileTime,
        changed: FileTime,
        born: FileTime?,
        linkCount: UInt32,
        deviceNumber: UInt64,
        destinationInode: UInt64
    ) {
        self.kind = kind
        self.permissions = permissions
        self.flags = flags
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.changed = changed
        self.born = born
        self.inode = 0
        self.linkCount = linkCount
        self.deviceNumber = deviceNumber
        self.destinationInode = destinationInode
    }
}
