internal import LinuxSystem
internal import SystemPackage

/// Reads what is on a device, not what the page cache holds of it.
struct DirectReader: ~Copyable {
    private let file: Descriptor
    private let isCached: Bool
    /// Enough for every sector size, and for the devices that want whole pages.
    private static let unit = 4096

    /// Opens the device once more.
    init(_ device: borrowing Descriptor) throws(SystemError) {
        let path = FileName("/proc/self/fd/\(device.rawValue)")
        do {
            file = try Descriptor.open(path, [.read, .direct, .followLink])
            isCached = false
        } catch {
            // An image in a file whose file system knows its pages only, as tmpfs: what it holds is what there is.
            if error.errno != .invalidArgument { throw error }
            file = try Descriptor.open(path, [.read, .followLink])
            isCached = true
        }
    }

    /// The bytes at `offset`, fewer where the device ends.
    func bytes(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        let unit = Self.unit
        let skipped = Int(offset % Int64(unit))
        let length = (skipped + count + unit - 1) / unit * unit
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: unit)
        defer { buffer.deallocate() }
        let start = offset - Int64(skipped)
        if isCached { file.forgetCached(start..<start + Int64(length)) }
        let got = try file.read(into: buffer, at: start)
        return Array(buffer[min(skipped, got)..<min(skipped + count, got)])
    }
}

extension [UInt8] {
    /// The number of fixed size at an offset that the caller knows to be inside.
    func littleEndian<Number: FixedWidthInteger>(at offset: Int, _ type: Number.Type) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    /// The number of fixed size at an offset that the caller knows to be inside.
    func bigEndian<Number: FixedWidthInteger>(at offset: Int, _ type: Number.Type) -> Number {
        withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
