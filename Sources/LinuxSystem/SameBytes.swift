import Glibc

extension UnsafeRawBufferPointer {
    /// True when both hold the same bytes (memcmp(3): a loop in Swift takes several times as long).
    public func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }
}
