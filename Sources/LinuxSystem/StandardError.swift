import Glibc
import SystemPackage

/// The process's standard error: where talk goes.
public enum StandardError {
    /// Writes all bytes, in one piece as far as the other end allows. What cannot be told is dropped.
    public static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, currentErrno() != .interrupted { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// `DEVICE:INODE` of what standard error is connected to, in the form of systemd's `JOURNAL_STREAM`
    /// (systemd.exec(5)); nil when it is closed.
    public static func streamIdentity() -> String? {
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return nil }
        return "\(status.st_dev):\(status.st_ino)"
    }
}
