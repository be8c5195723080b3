import Glibc

/// A file's name, or a path relative to some directory: bytes, as Linux has them.
///
/// Names need not be UTF-8, and two names that Swift's `String` holds equal (NFC and NFD) are two names.
/// Never convert one to `String` for a system call; `description` is for people.
public struct FileName: Hashable, Sendable {
    /// The bytes without a terminator. They hold no NUL.
    public var bytes: [UInt8]

    /// Makes a name of bytes. Bytes from a NUL on are dropped.
    @inlinable
    public init(bytes: some Sequence<UInt8>) {
        self.init(cutting: Array(bytes))
    }

    /// Makes a name of bytes in memory, fast. Bytes from a NUL on are dropped.
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(cutting: Array(bytes))
    }

    /// The empty name.
    public init() {
        bytes = []
    }

    /// Makes a name of the text's UTF-8 bytes.
    public init(_ text: String) {
        self.init(bytes: text.utf8)
    }

    /// True for the empty name, which stands for the directory itself in a relative path.
    public var isEmpty: Bool { bytes.isEmpty }

    /// The path that leads through this directory to `name`.
    public func appending(_ name: FileName) -> FileName {
        if bytes.isEmpty { return name }
        if name.bytes.isEmpty { return self }
        var joined = bytes
        joined.reserveCapacity(bytes.count + 1 + name.bytes.count)
        if joined.last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
        joined.append(contentsOf: name.bytes)
        return FileName(unchecked: joined)
    }

    /// What is in front of the last slash; empty for a path without one.
    public var parent: FileName {
        guard let last = bytes.lastIndex(of: UInt8(ascii: "/")) else { return FileName() }
        return FileName(unchecked: Array(bytes[..<last]))
    }

    /// What is behind the last slash.
    public var lastComponent: FileName {
        guard let last = bytes.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return FileName(unchecked: Array(bytes[(last + 1)...]))
    }

    /// The parts between slashes; empty parts are left out.
    public var components: [FileName] {
        bytes.split(separator: UInt8(ascii: "/")).map { FileName(unchecked: Array($0)) }
    }

    /// Calls `body` with the bytes and a terminating NUL.
    @inlinable
    public func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 1) { buffer in
            let end = buffer.initialize(fromContentsOf: bytes)
            buffer.initializeElement(at: end, to: 0)
            return buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else {
                    fatalError("memory for a terminator has an address")
                }
                do throws(Failure) {
                    return Swift.Result<Result, Failure>.success(try body(start))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try result.get()
    }

    @usableFromInline
    init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Drops what is behind a NUL.
    @usableFromInline
    init(cutting bytes: [UInt8]) {
        self.bytes = bytes
        if let end = bytes.firstIndex(of: 0) { self.bytes.removeSubrange(end...) }
    }
}

extension FileName: ExpressibleByStringLiteral {
    /// Makes a name of a literal's UTF-8 bytes.
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

extension FileName: Comparable {
    /// Orders by bytes, as unsigned numbers.
    public static func < (left: FileName, right: FileName) -> Bool {
        right.bytes.withUnsafeBytes { left.order(beside: $0) } < 0
    }

    /// Negative when the name comes before the bytes, positive when it comes after them, 0 when it is them.
    public func order(beside other: UnsafeRawBufferPointer) -> Int {
        bytes.withUnsafeBytes { own in
            guard let left = own.baseAddress, let right = other.baseAddress else {
                return own.count - other.count
            }
            let order = memcmp(left, right, min(own.count, other.count))
            return order == 0 ? own.count - other.count : Int(order)
        }
    }
}

extension FileName: CustomStringConvertible {
    /// The name in single quotes for people: control characters, quotes, backslashes, bidirectional and other
    /// invisible marks and bytes that are no UTF-8 are escaped, so that a hostile name can neither move the
    /// cursor nor imitate other text.
    public var description: String {
        var text = "'"
        var rest = bytes[...]
        while let first = rest.first {
            guard let (scalar, length) = Self.decodeScalar(rest) else {
                text += Self.escape(byte: first)
                rest = rest.dropFirst()
                continue
            }
            text += Self.isPlain(scalar) ? String(scalar) : Self.escape(scalar: scalar)
            rest = rest.dropFirst(length)
        }
        return text + "'"
    }

    private static func decodeScalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return (scalar, UTF8.width(scalar))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "'" || scalar == "\\" { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            return false
        case .spaceSeparator:
            return scalar == " "
        default:
            return !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    private static func escape(byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }

    private static func escape(scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        case "'": "\\'"
        case "\\": "\\\\"
        default:
            scalar.isASCII ? escape(byte: UInt8(scalar.value)) : "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
}
