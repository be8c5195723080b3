/// A number of bytes, shown in decimal units as drives are sold: 1 GB is 10⁹ bytes.
public struct ByteCount: Hashable, Sendable {
    /// The exact number.
    public var bytes: Int64

    /// Counts bytes.
    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    /// The exact number with its thousands apart: `1 500 000 000 bytes`.
    public var exact: String {
        bytes.magnitude == 1 ? "\(bytes) byte" : "\(Self.grouped(bytes)) bytes"
    }

    /// Both: `1.5 GB (1 500 000 000 bytes)`; below 1000 bytes only the exact number.
    public var full: String {
        bytes.magnitude < 1_000 ? exact : "\(self) (\(exact))"
    }

    /// `1 500 000`, with plain spaces.
    public static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return text
    }
}

extension ByteCount: CustomStringConvertible {
    /// `1.5 GB`, `12 GB`, `999 bytes`: one decimal below ten, cut rather than rounded, so that a shortage of
    /// space never shows as enough.
    public var description: String {
        var divisor: UInt64 = 1
        var unit = ""
        for (next, name) in [
            (1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB"),
        ]
            as [(UInt64, String)]
        where bytes.magnitude >= next {
            divisor = next
            unit = name
        }
        if divisor == 1 { return exact }
        let tenths = bytes.magnitude / (divisor / 10)
        let sign = bytes < 0 ? "-" : ""
        return tenths < 100 ? "\(sign)\(tenths / 10).\(tenths % 10) \(unit)" : "\(sign)\(tenths / 10) \(unit)"
    }
}

extension ByteCount: ExpressibleByIntegerLiteral, Comparable, AdditiveArithmetic {
    /// Counts bytes.
    public init(integerLiteral bytes: Int64) { self.bytes = bytes }
    /// Fewer is less.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
    /// The sum.
    public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes.addingUpToLimits(right.bytes))
    }
    /// The difference, which may be negative.
    public static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes.addingUpToLimits(right.bytes == .min ? .max : -right.bytes))
    }
}

extension ByteCount: Codable {
    /// Reads a plain number.
    public init(from decoder: any Decoder) throws {
        bytes = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a plain number.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(bytes)
    }
}

extension Int64 {
    /// The sum, or the limit that it goes beyond: numbers that were kept in a file may be any.
    func addingUpToLimits(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        if !overflows { return sum }
        return other > 0 ? .max : .min
    }
}
