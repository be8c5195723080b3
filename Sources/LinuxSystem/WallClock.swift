internal import CLinux
import Glibc
import SystemPackage

/// The machine's clock of day and its name. Modules take both as parameters; only the program's edge asks here.
public enum WallClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    public static func secondsSince1970() -> Int64 {
        var now = timespec()
        // It cannot fail: the clock exists and the address is valid.
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }
}

/// The machine's host name up to its first dot, for people: `nas`. Never empty.
public func shortHostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let bytes = buffer.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: ".")) }.map { UInt8(bitPattern: $0) }
    return bytes.isEmpty ? "localhost" : String(decoding: bytes, as: UTF8.self)
}
