internal import CLinux
import Glibc
import SystemPackage

extension Descriptor {
    /// Takes an advisory lock on the open file, waiting for it at most `timeout`. Blocks.
    ///
    /// flock(2) has no time limit of its own and a signal to end it would be the whole process's, so this asks
    /// every 10 ms.
    ///
    /// - Throws: `ETIMEDOUT` when somebody else held the lock all the time.
    public func lock(_ kind: LockKind, timeout: Duration) throws(SystemError) {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while try !tryLock(kind) {
            if clock.now >= deadline { throw SystemError(call: "flock", errno: .timedOut) }
            usleep(10_000)
        }
    }
}
