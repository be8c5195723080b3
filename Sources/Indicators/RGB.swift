import LinuxSystem

/// A color of the light, before the brightness limit: three channels of 0 to 255.
public struct RGB: Hashable, Sendable {
    /// How much red.
    public let red: UInt8
    /// How much green.
    public let green: UInt8
    /// How much blue.
    public let blue: UInt8

    /// Mixes a color.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// The light is off.
    public static var off: RGB { RGB(red: 0, green: 0, blue: 0) }

    /// Reads `33c280`, `#33c280` or `off`; the case of the digits does not matter.
    ///
    /// Color names are not known: the same name means different colors to different programs.
    public init(_ text: String) throws(RGBError) {
        if text == "off" {
            self = .off
            return
        }
        let digits = text.utf8.first == UInt8(ascii: "#") ? text.utf8.dropFirst() : text.utf8[...]
        guard digits.count == 6 else { throw .wrongLength(text) }
        var number = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { throw .noDigit(text) }
            number = number << 4 | value
        }
        self.init(number)
    }

    /// The color of a number like `0x33c280`.
    init(_ number: Int) {
        self.init(
            red: UInt8(truncatingIfNeeded: number >> 16),
            green: UInt8(truncatingIfNeeded: number >> 8),
            blue: UInt8(truncatingIfNeeded: number)
        )
    }

    /// The color with each channel brought from 0…255 to 0…`maximum`, fractions dropped.
    func scaled(to maximum: Int) -> RGB {
        let scale = { (channel: UInt8) in UInt8(clamping: Int(channel) * maximum / 255) }
        return RGB(red: scale(red), green: scale(green), blue: scale(blue))
    }
}

extension RGB: CustomStringConvertible {
    /// Six digits, as in the configuration: `33c280`.
    public var description: String {
        [red, green, blue]
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
    }
}

/// Why a text is no color.
public enum RGBError: Error, Hashable, Sendable {
    /// It has not six digits.
    case wrongLength(String)
    /// Something in it is no hexadecimal digit.
    case noDigit(String)
}

extension RGBError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .wrongLength(let text): "\(FileName(text)) is no color: write six digits like '33c280', or 'off'"
        case .noDigit(let text): "\(FileName(text)) is no color: only the digits 0-9 and a-f are allowed"
        }
    }
}
