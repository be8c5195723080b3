internal import LinuxSystem

/// The swap space in use, as the kernel tells it in /proc/swaps.
struct SwapTable {
    /// Devices and files.
    let paths: [FileName]

    /// Reads the table. A kernel without swap has none.
    init() {
        let bytes = Sysfs.bytes("/proc/swaps", limit: 1 << 20) ?? []
        self.init(contents: bytes)
    }

    /// Takes the file's contents: a head line, then paths that end with white space.
    init(contents: [UInt8]) {
        paths = contents.split(separator: UInt8(ascii: "\n")).dropFirst()
            .compactMap { line in
                let field = line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
                return field.isEmpty ? nil : Self.unescape(field)
            }
    }

    /// Space, tab, newline and backslash are written as three octal digits (proc(5)).
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

extension MountTable.Entry {
    /// The block devices below a mount: several for btrfs, whose mounts carry a number of their own; none for tmpfs.
    func blockDevices(btrfsGroups: [[DeviceNumber]]) -> [DeviceNumber] {
        if device.major != 0 { return [device] }
        guard let number = source.blockDeviceNumber else { return [] }
        return btrfsGroups.first { $0.contains(number) } ?? [number]
    }
}

extension FileName {
    /// The number of the block device at this absolute path; nil when there is none.
    var blockDeviceNumber: DeviceNumber? {
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        do {
            return try Descriptor.open(self, [.path, .followLink]).blockDeviceNumber()
        } catch {
            // Sources of mounts may name nothing that is in reach, ignoring.
            return nil
        }
    }
}
