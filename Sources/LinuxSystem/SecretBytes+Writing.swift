import Glibc
import SystemPackage

extension Descriptor {
    /// Writes all bytes of a secret without a copy of it.
    public func writeAll(_ secret: borrowing SecretBytes) throws(SystemError) {
        var written = 0
        let count = secret.count
        while written < count {
            let done = written
            written += try secret.withBytes { (bytes) throws(SystemError) -> Int in
                try check("write") {
                    Glibc.write(rawValue, bytes.baseAddress?.advanced(by: done), count - done)
                }
            }
        }
    }
}
