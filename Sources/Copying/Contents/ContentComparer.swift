internal import LinuxSystem

/// Compares contents by reading them: two files, or a file and a hash. Holes are zeros.
final class ContentComparer {
    private let copier: ContentCopier
    private let interruption: Interruption
    private let other: UnsafeMutableRawBufferPointer

    /// - Parameter key: what the hashes that it is given were made with.
    init(key: ContentKey?, interruption: Interruption) {
        copier = ContentCopier(key: key, interruption: interruption)
        self.interruption = interruption
        other = .allocate(byteCount: ContentCopier.pieceSize, alignment: 4096)
    }

    deinit {
        other.deallocate()
    }

    /// True when `hash` is that of the contents, made with the key.
    func has(
        _ hash: ContentHash,
        _ source: borrowing Descriptor,
        _ status: EntryStatus
    ) throws(TransferEnd) -> Bool {
        try copier.digest(of: source, status) == hash
    }

    /// True when both hold the same bytes; it stops reading at the first piece that differs.
    func areEqual(
        _ source: borrowing Descriptor,
        _ mirror: borrowing Descriptor,
        size: Int64
    ) throws(TransferEnd) -> Bool {
        source.expectSequentialReading()
        mirror.expectSequentialReading()
        var position: Int64 = 0
        while position < size {
            if interruption.isRequested { throw .run(.interrupted) }
            let count = Int(min(Int64(ContentCopier.pieceSize), size - position))
            let left = UnsafeMutableRawBufferPointer(rebasing: copier.buffer[..<count])
            let right = UnsafeMutableRawBufferPointer(rebasing: other[..<count])
            let offset = position
            let read = try TransferEnd.reading { () throws(SystemError) in
                try source.readAll(into: left, at: offset)
            }
            let present = try TransferEnd.writing { () throws(SystemError) in
                try mirror.readAll(into: right, at: offset)
            }
            if read < count || present < count { return false }
            if !UnsafeRawBufferPointer(left).hasSameBytes(as: UnsafeRawBufferPointer(right)) { return false }
            position += Int64(count)
        }
        return true
    }
}
