internal import CLinux
import Glibc
import SystemPackage

/// The number by which the kernel knows a device: `8:17`.
public struct DeviceNumber: Hashable, Sendable {
    /// The driver's part.
    public let major: UInt32
    /// The device's part.
    public let minor: UInt32

    /// Joins two parts.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Reads the form of sysfs and mountinfo, `MAJOR:MINOR`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    /// The number as C libraries take it (`dev_t`).
    public var packed: UInt64 { ext_makedev(major, minor) }
}

extension DeviceNumber: CustomStringConvertible {
    /// The form of sysfs, `MAJOR:MINOR`.
    public var description: String { "\(major):\(minor)" }
}

/// Block devices.
extension Descriptor {
    /// The number of the block device that is open here; nil for everything else.
    public func blockDeviceNumber() throws(SystemError) -> DeviceNumber? {
        var status = stat()
        try check("fstat") { fstat(rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFBLK else { return nil }
        let number = UInt64(status.st_rdev)
        return DeviceNumber(major: ext_major(number), minor: ext_minor(number))
    }

    /// Makes a partition known to the kernel without reading the disk's table (BLKPG).
    ///
    /// - Parameters:
    ///   - number: from 1.
    ///   - bytes: where it lies, in bytes from the start of the disk.
    /// - Throws: `EBUSY` when it overlaps another one, `ENODEV` when the disk is gone.
    public func addPartition(_ number: Int32, at bytes: Range<Int64>) throws(SystemError) {
        try check("ioctl(BLKPG)") {
            ext_blkpg_add(rawValue, number, bytes.lowerBound, bytes.upperBound - bytes.lowerBound)
        }
    }

    /// Makes the kernel forget a partition; the disk is not written.
    ///
    /// - Throws: `EBUSY` when it is open, `ENXIO` when there is none.
    public func deletePartition(_ number: Int32) throws(SystemError) {
        try check("ioctl(BLKPG)") { ext_blkpg_delete(rawValue, number) }
    }

    /// The number that the kernel gives each disk that appears, never twice since boot (BLKGETDISKSEQ, Linux 5.15).
    public func diskSequence() throws(SystemError) -> UInt64 {
        var sequence: UInt64 = 0
        try check("ioctl(BLKGETDISKSEQ)") { ext_blkgetdiskseq(rawValue, &sequence) }
        return sequence
    }

    /// The length of a block device in bytes (BLKGETSIZE64).
    public func deviceSize() throws(SystemError) -> UInt64 {
        var bytes: UInt64 = 0
        try check("ioctl(BLKGETSIZE64)") { ext_blkgetsize64(rawValue, &bytes) }
        return bytes
    }

    /// Writes `bytes` at `offset`, all of them.
    public func write(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try check("pwrite") {
                bytes[written...].withUnsafeBytes {
                    pwrite(rawValue, $0.baseAddress, $0.count, off_t(offset) + off_t(written))
                }
            }
        }
    }
}
