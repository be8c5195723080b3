import Glibc
public import SystemPackage

/// The calling thread's `errno`. Read it in the expression after the call: anything in between may change
/// it.
public func currentErrno() -> Errno {
    Errno(rawValue: errno)
}
