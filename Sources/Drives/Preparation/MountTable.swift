internal import LinuxSystem

/// What is mounted and what is swap, as the kernel tells it in /proc.
struct MountTable {
    /// One line of mountinfo (proc(5)).
    struct Mount: Hashable {
        let device: DeviceNumber
        let mountPoint: FileName
        let fileSystem: FileName
        let source: FileName
    }

    let mounts: [Mount]
    /// Devices and files that are swap space.
    let swaps: [FileName]

    /// Reads both tables of this process.
    init() throws(SystemError) {
        let mounts = try Self.read("/proc/self/mountinfo")
        let swaps = try Self.read("/proc/swaps")
        self.init(mountinfo: mounts, swaps: swaps)
    }

    /// Takes the two files' contents. Lines that do not follow proc(5) are left out.
    init(mountinfo: [UInt8], swaps: [UInt8]) {
        mounts = Self.lines(mountinfo).compactMap(Self.mount)
        self.swaps = Self.lines(swaps).dropFirst().compactMap { $0.first.map(Self.unescape) }
    }

    private static func read(_ path: FileName) throws(SystemError) -> [UInt8] {
        try Descriptor.open(path, .read).readAll(limit: 64 << 20)
    }

    private static func lines(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        bytes.split(separator: UInt8(ascii: "\n"))
            .map { $0.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) }
    }

    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`: optional fields end with a hyphen.
    private static func mount(_ fields: [ArraySlice<UInt8>]) -> Mount? {
        guard fields.count > 6, let device = DeviceNumber(String(decoding: fields[2], as: UTF8.self)),
            let hyphen = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
            fields.count > hyphen + 2
        else { return nil }
        return Mount(
            device: device,
            mountPoint: unescape(fields[4]),
            fileSystem: unescape(fields[hyphen + 1]),
            source: unescape(fields[hyphen + 2])
        )
    }

    /// Space, tab, newline and backslash are written as three octal digits.
    private static func unescape(_ field: ArraySlice<UInt8>) -> FileName {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return FileName(bytes: bytes)
    }
}

extension MountTable {
    /// The block devices below a mount: several for btrfs, none for tmpfs.
    static func devices(of mount: Mount, btrfsGroups: [[DeviceNumber]]) -> [DeviceNumber] {
        if mount.device.major != 0 { return [mount.device] }
        guard let source = blockDeviceNumber(at: mount.source) else { return [] }
        return btrfsGroups.first { $0.contains(source) } ?? [source]
    }

    /// The number of the block device at a path; nil when there is none.
    static func blockDeviceNumber(at path: FileName) -> DeviceNumber? {
        guard path.bytes.first == UInt8(ascii: "/") else { return nil }
        // Sources may be names of nothing, or out of reach in this root, ignoring.
        return (try? Descriptor.open(path, [.path, .followLink]).blockDeviceNumber()) ?? nil
    }
}
