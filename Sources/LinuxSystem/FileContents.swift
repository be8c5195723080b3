internal import CLinux
import Glibc
import SystemPackage

/// Contents of open files, at offsets in bytes.
extension Descriptor {
    /// Reads at `offset`; 0 at the end of the file.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(SystemError) -> Int {
        try check("pread") { ext_pread(rawValue, buffer.baseAddress, buffer.count, offset) }
    }

    /// Writes all bytes at `offset`.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let position = offset + Int64(written)
            written += try check("pwrite") { ext_pwrite(rawValue, rest.baseAddress, rest.count, position) }
        }
    }

    /// Reads `count` bytes at `offset`, fewer at the end of the file.
    public func read(_ count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let position = offset + Int64(done)
            let start = done
            let length = try check("pread") {
                bytes[start...].withUnsafeMutableBytes {
                    ext_pread(rawValue, $0.baseAddress, $0.count, position)
                }
            }
            if length == 0 { return Array(bytes[..<done]) }
            done += length
        }
        return bytes
    }

    /// The first offset from `offset` on where data is; nil when only a hole follows (`SEEK_DATA`).
    public func nextData(from offset: Int64) throws(SystemError) -> Int64? {
        do {
            return Int64(try check("lseek") { lseek(rawValue, off_t(offset), EXT_SEEK_DATA) })
        } catch {
            if error.errno == .noSuchAddressOrDevice { return nil }
            throw error
        }
    }

    /// The first offset from `offset` on where a hole is; the end of the file counts as one (`SEEK_HOLE`).
    public func nextHole(from offset: Int64) throws(SystemError) -> Int64 {
        Int64(try check("lseek") { lseek(rawValue, off_t(offset), EXT_SEEK_HOLE) })
    }

    /// Sets the size; a longer file gets a hole.
    public func setSize(_ size: Int64) throws(SystemError) {
        try check("ftruncate") { ftruncate(rawValue, off_t(size)) }
    }

    /// Starts to write a range to the device and does not wait (sync_file_range(2)).
    public func startWriting(_ range: Range<Int64>) throws(SystemError) {
        try check("sync_file_range") {
            ext_sync_file_range(
                rawValue,
                range.lowerBound,
                range.upperBound - range.lowerBound,
                EXT_SYNC_FILE_RANGE_WRITE
            )
        }
    }

    /// Waits until the device took a range. Blocks. It makes nothing durable: it bounds what is in flight.
    public func finishWriting(_ range: Range<Int64>) throws(SystemError) {
        let flags =
            EXT_SYNC_FILE_RANGE_WAIT_BEFORE | EXT_SYNC_FILE_RANGE_WRITE | EXT_SYNC_FILE_RANGE_WAIT_AFTER
        try check("sync_file_range") {
            let length = range.upperBound - range.lowerBound
            return ext_sync_file_range(rawValue, range.lowerBound, length, flags)
        }
    }

    /// Tells the kernel that the file is read once, from start to end.
    public func expectSequentialReading() {
        // Advice: what becomes of it changes no result.
        _ = posix_fadvise(rawValue, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// Lets the kernel drop a range of the file from its page cache.
    public func forgetCached(_ range: Range<Int64>) {
        // Advice: what becomes of it changes no result.
        _ = posix_fadvise(
            rawValue,
            off_t(range.lowerBound),
            off_t(range.upperBound - range.lowerBound),
            POSIX_FADV_DONTNEED
        )
    }
}
