internal import CLinux
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

    /// From now on this process leaves no core dump, and others of its user cannot look into its memory: keys are
    /// in it.
    public static func forbidLookingInside() {
        // It cannot fail with these arguments (prctl(2), PR_SET_DUMPABLE).
        _ = ext_no_core_dumps()
    }

    /// This process's number.
    public static var processID: Int32 { getpid() }

    /// True while a process of that number exists; it may be another one by now.
    public static func isRunning(_ processID: Int32) -> Bool {
        kill(processID, 0) == 0 || currentErrno() == .notPermitted
    }

    /// The host name up to its first dot, for people: `nas`. Never empty.
    public static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let bytes = buffer.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: ".")) }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "localhost" : String(decoding: bytes, as: UTF8.self)
    }

    /// True when another clock sets the kernel's (adjtimex(2)); nil when it does not say.
    public static func isClockSynchronized() -> Bool? {
        let answer = ext_clock_is_synchronized()
        return answer < 0 ? nil : answer == 1
    }

    /// Number of processors that are switched on; at least 1.
    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
