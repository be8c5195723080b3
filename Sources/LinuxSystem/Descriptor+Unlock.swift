import Glibc

extension Descriptor {
    /// Gives back what `tryLock` took.
    ///
    /// Closing would do, but only when nobody else has the open file: a program that is just being started
    /// by another thread holds every descriptor until its exec.
    public func unlock() throws(SystemError) {
        try check("flock") { flock(rawValue, LOCK_UN) }
    }
}
