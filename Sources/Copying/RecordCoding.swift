internal import LinuxSystem

/// Puts values into bytes: numbers as LEB128, names with their length in front.
struct RecordWriter {
    var bytes: [UInt8] = []

    mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ name: FileName) {
        append(name.bytes.count)
        bytes += name.bytes
    }

    mutating func append(_ number: FolderNumber) {
        append(Int(number.rawValue))
    }

    mutating func append(_ number: Int) {
        append(UInt64(bitPattern: Int64(number)))
    }

    mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ hash: ContentHash) {
        bytes += hash.bytes
    }
}

/// Takes values out of the bytes that a `RecordWriter` made, in the same order.
struct RecordReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() -> UInt8 {
        defer { position += 1 }
        return bytes[position]
    }

    mutating func name() -> FileName {
        let count = number()
        defer { position += count }
        return FileName(bytes: bytes[position..<(position + count)])
    }

    mutating func folderNumber() -> FolderNumber {
        FolderNumber(rawValue: Int64(number()))
    }

    mutating func number() -> Int {
        Int(Int64(bitPattern: bits()))
    }

    mutating func bits() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func hash() -> ContentHash {
        defer { position += ContentHash.byteCount }
        guard let hash = ContentHash(bytes: bytes[position..<(position + ContentHash.byteCount)]) else {
            Self.fail()
        }
        return hash
    }

    /// A value that has one byte.
    mutating func value<Value: RawRepresentable<UInt8>>() -> Value {
        guard let value = Value(rawValue: byte()) else { Self.fail() }
        return value
    }

    mutating func kind() -> EntryKind {
        guard let kind = EntryKind(code: byte()) else { Self.fail() }
        return kind
    }

    static func fail() -> Never {
        fatalError("a spool holds what its writer wrote")
    }
}
