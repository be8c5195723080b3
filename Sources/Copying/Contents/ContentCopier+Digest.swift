internal import LinuxSystem

extension ContentCopier {
    /// Hashes a file as `copy` does, and writes nothing.
    ///
    /// - Returns: nil without a key.
    func digest(
        of source: borrowing Descriptor,
        _ status: EntryStatus
    ) throws(TransferEnd) -> ContentHash? {
        guard let key else { return nil }
        if status.size < ContentBlock.minimumFileSize {
            return key.hash(try read(0..<status.size, of: source))
        }
        var digest = DigestBuilder(key) { _ in }
        var extents = DataExtents(size: status.size, isDense: status.allocatedBytes >= status.size)
        var position: Int64 = 0
        while position < status.size {
            if interruption.isRequested { throw .run(.interrupted) }
            let from = position
            try TransferEnd.reading { () throws(SystemError) in try extents.move(to: from, in: source) }
            let data =
                extents.current.isEmpty ? status.size : ContentBlock.start(of: extents.current.lowerBound)
            do throws(CopyError) {
                if data > position {
                    try digest.appendHole(data - position)
                    position = data
                    continue
                }
            } catch {
                throw .run(error)
            }
            let end = min(position + Int64(Self.pieceSize), status.size)
            try append(try read(position..<end, of: source), to: &digest, key)
            position = end
        }
        do throws(CopyError) { return try digest.finish() } catch { throw .run(error) }
    }

    private func append(
        _ bytes: UnsafeRawBufferPointer,
        to digest: inout DigestBuilder,
        _ key: ContentKey
    ) throws(TransferEnd) {
        var start = 0
        while start < bytes.count {
            let end = min(start + ContentBlock.byteCount, bytes.count)
            do throws(CopyError) {
                try digest.append(key.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
            } catch {
                throw .run(error)
            }
            start = end
        }
    }

    /// - Throws: `changed` when the file ends before that.
    private func read(
        _ range: Range<Int64>,
        of source: borrowing Descriptor
    ) throws(TransferEnd) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
        let count = try TransferEnd.reading { () throws(SystemError) in
            try source.readAll(into: memory, at: range.lowerBound)
        }
        if count < range.count { throw .changed }
        return UnsafeRawBufferPointer(memory)
    }
}
