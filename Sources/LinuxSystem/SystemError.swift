public import SystemPackage

/// A system call that failed: which one, on what, and why.
///
/// It is the only error that `LinuxSystem` throws. Modules above wrap it in an error of their own where
/// they know more.
public struct SystemError: Error, Hashable, Sendable {
    /// The call's name as in section 2 of the manual: `openat2`, `fsync`.
    public let call: String
    /// What the call worked on, for people: a file's name, a device. May be empty.
    public let subject: FileName
    /// Why it failed.
    public let errno: Errno

    /// Describes a failed call.
    public init(call: String, subject: FileName = FileName(), errno: Errno) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }
}

extension SystemError {
    /// The kernel's reason alone: `no space left on device`.
    public var reason: String {
        errno.description.prefix(1).lowercased() + errno.description.dropFirst()
    }
}

extension SystemError: CustomStringConvertible {
    /// One line in the form `'photos/a.jpg': no space left on device (openat2)`.
    public var description: String {
        subject.bytes.isEmpty ? "\(reason) (\(call))" : "\(subject): \(reason) (\(call))"
    }
}

/// Runs a call that returns -1 on failure, again when a signal interrupted it, and throws what it set in
/// `errno`.
@discardableResult @inlinable
public func check<Result: FixedWidthInteger & SignedInteger>(
    _ call: StaticString,
    _ subject: @autoclosure () -> FileName = FileName(),
    _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        #if DEBUG
            var fault: Errno?
            switch FaultPlan.reaction(to: call, subject) {
            case .proceed: fault = nil
            case .failAfterwards(let reason):
                _ = body()
                fault = reason
            case .fail(let reason): fault = reason
            case .die: fault = .noSuchProcess
            }
            if fault == .interrupted { continue }
            if let fault { throw SystemError(call: call.description, subject: subject(), errno: fault) }
        #endif
        let result = body()
        if result != -1 { return result }
        let reason = currentErrno()
        if reason == .interrupted { continue }
        throw SystemError(call: call.description, subject: subject(), errno: reason)
    }
}
