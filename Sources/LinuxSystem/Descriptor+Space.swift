import Glibc

extension Descriptor {
    /// Bytes that are free for everybody on this file's file system (statvfs(3), `f_bavail`).
    public func availableBytes() throws(SystemError) -> Int64 {
        var status = statvfs()
        try check("fstatvfs") { fstatvfs(rawValue, &status) }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
