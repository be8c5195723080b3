import Glibc
internal import SystemPackage

/// What the machine has.
public enum Machine {
    /// The size of its memory in bytes; 0 when the system does not say.
    public static var memoryBytes: UInt64 {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        return pages > 0 && pageSize > 0 ? UInt64(pages) * UInt64(pageSize) : 0
    }

    /// Number of processors that are switched on; at least 1.
    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

extension Thread {
    /// Waits on the calling thread. Never call it on the cooperative pool.
    public static func sleep(for duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var rest = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        while true {
            let wanted = rest
            let isOver = withUnsafePointer(to: wanted) { nanosleep($0, &rest) } == 0
            if isOver || currentErrno() != .interrupted { return }
        }
    }
}
