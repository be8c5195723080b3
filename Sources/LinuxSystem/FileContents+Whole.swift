extension Descriptor {
    /// Reads at `offset` until the buffer is full or the file ends, and gives the number of bytes.
    public func readAll(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(SystemError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let got = try read(into: rest, at: offset + Int64(count))
            if got == 0 { break }
            count += got
        }
        return count
    }
}
