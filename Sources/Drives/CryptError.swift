public import SystemPackage

/// What libcryptsetup refused, and what it said about it.
public struct CryptError: Error, Hashable, Sendable {
    /// The library's function: `crypt_load`.
    public let call: String
    /// Why: the library answers with a negated `errno`. A wrong key is `EPERM`.
    public let errno: Errno
    /// The library's own messages, joined by `; `. May be empty.
    public let message: String

    /// Describes a refused call.
    public init(call: String, errno: Errno, message: String = "") {
        self.call = call
        self.errno = errno
        self.message = message
    }
}

extension CryptError: CustomStringConvertible {
    /// One line in the form `device is still in use: device or resource busy (crypt_deactivate_by_name)`.
    public var description: String {
        let reason = errno.description.prefix(1).lowercased() + errno.description.dropFirst()
        return message.isEmpty ? "\(reason) (\(call))" : "\(message): \(reason) (\(call))"
    }
}
