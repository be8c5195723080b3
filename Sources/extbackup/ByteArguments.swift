import ArgumentParser
import LinuxSystem

/// The command line's arguments as texts that keep every byte.
///
/// The argument parser takes `String`s, and a name that is no UTF-8 would not survive that. So a byte that belongs to no
/// character becomes one of 128 characters of a private plane, U+10FF80 to U+10FFFF, and `FileName(argument:)` turns
/// them back. A mark that stands on other characters goes the same way: behind `=` it would make one character of
/// both, and the parser would not see the `=`.
enum ByteArguments {
    /// Those of this process, without the program's name.
    static var ofProcess: [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { encode(bytes(at: $0)) }
        }
    }

    /// Keeps the bytes in a text.
    static func encode(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var rest = bytes[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var iterator = rest.prefix(4).makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&iterator), survives(scalar) {
                text.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else if let byte = rest.popFirst(), let scalar = Unicode.Scalar(plane + UInt32(byte)) {
                text.append(scalar)
            }
        }
        return String(text)
    }

    /// The bytes of a text that `encode` made.
    static func decode(_ text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            isByte(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }

    private static let plane: UInt32 = 0x10ff00

    private static func isByte(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= plane + 0x80 }

    private static func survives(_ scalar: Unicode.Scalar) -> Bool {
        if isByte(scalar) { return false }
        if scalar.isASCII { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .format: return false
        default: return !scalar.properties.isGraphemeExtend
        }
    }

    private static func bytes(at start: UnsafeMutablePointer<CChar>) -> [UInt8] {
        var bytes: [UInt8] = []
        var next = start
        while next.pointee != 0 {
            bytes.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        return bytes
    }
}

extension FileName {
    /// The bytes that a person gave as an argument.
    init(argument: String) {
        self.init(bytes: ByteArguments.decode(argument))
    }
}
