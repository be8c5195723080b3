internal import CLinux
import Glibc
import SystemPackage

/// Key material: kept out of swap, wiped when it goes, never printed.
///
/// It has no description, no `Equatable`, and cannot be copied, so that it cannot end in a log by accident.
public struct SecretBytes: ~Copyable, Sendable {
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// Reads a whole key file of 1 to `limit` bytes.
    ///
    /// - Throws: what the read said; `EINVAL` for an empty file, `EFBIG` for a longer one.
    public init(readingFrom file: borrowing Descriptor, limit: Int = 8 << 20) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limit + 1, alignment: 16)
        defer { Self.wipe(buffer) }
        var count = 0
        while count <= limit {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let got = try file.read(into: part)
            if got == 0 { break }
            count += got
        }
        if count == 0 { throw SystemError(call: "read", errno: .invalidArgument) }
        if count > limit { throw SystemError(call: "read", errno: .fileTooLarge) }
        self.init(copying: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// Copies bytes; the caller wipes its own.
    public init(copying bytes: UnsafeRawBufferPointer) {
        memory = .allocate(byteCount: bytes.count, alignment: 16)
        // Swap is out of reach where the limit on locked memory is 0; then the key is as safe as the process.
        _ = mlock(memory.baseAddress, memory.count)
        memory.copyMemory(from: bytes)
    }

    /// Copies bytes and wipes where they came from.
    public init(wiping bytes: inout [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 16)
        _ = mlock(memory.baseAddress, memory.count)
        memory.copyBytes(from: bytes)
        for index in bytes.indices { bytes[index] = 0 }
    }

    /// `count` random bytes of the kernel's generator.
    public init(randomCount count: Int) throws(SystemError) {
        memory = .allocate(byteCount: count, alignment: 16)
        _ = mlock(memory.baseAddress, memory.count)
        let buffer = memory
        try check("getrandom") { ext_getrandom(buffer.baseAddress, buffer.count) }
    }

    deinit {
        Self.wipe(memory)
    }

    /// Number of bytes.
    public var count: Int { memory.count }

    /// Gives the bytes to `body`; they are gone when this value is.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }

    private static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let start = buffer.baseAddress else { return }
        explicit_bzero(start, buffer.count)
        munlock(start, buffer.count)
        buffer.deallocate()
    }
}

extension SecretBytes {
    /// True when both hold the same bytes.
    public func hasSameBytes(as other: borrowing SecretBytes) -> Bool {
        withBytes { left in other.withBytes { right in left.elementsEqual(right) } }
    }

    /// The bytes before the first line's end.
    public func firstLine() -> SecretBytes {
        let end = withBytes { $0.firstIndex(of: UInt8(ascii: "\n")) } ?? count
        return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: memory[..<end]))
    }
}
