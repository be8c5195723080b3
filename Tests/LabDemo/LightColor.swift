import Lab

/// A color of the light, as the stick was told it.
struct LightColor: Equatable {
    /// Red, green and blue as a terminal shows them: full brightness, of which the stick gets 10 percent.
    let red: Int, green: Int, blue: Int
    /// What the README calls it.
    let word: String

    /// The color of six hexadecimal digits; dark when they are none.
    init(_ digits: String) {
        let number = Int(digits, radix: 16) ?? 0
        (red, green, blue) = (
            min(255, (number >> 16 & 0xff) * 10), min(255, (number >> 8 & 0xff) * 10),
            min(255, (number & 0xff) * 10)
        )
        word = Self.words[digits] ?? digits
    }

    static let off = LightColor(Light.off)

    private static let words = [
        Light.off: "off", Light.working: "blue", Light.safe: "green", Light.held: "amber",
        Light.failed: "red",
    ]
}
