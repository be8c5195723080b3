import Testing

@testable import Indicators

@Suite("A report to the stick")
struct BlinkStickReportTests {
    @Test(
        "has the bytes that the maker's tool sends",
        arguments: [
            // blinkstick --index 1 --limit 10 --set-color 33c280
            ("33c280", 1, 10, 5, [0x05, 0x00, 0x01, 0x05, 0x13, 0x0c]),
            // blinkstick --index 1 --limit 10 --set-color green
            ("008000", 1, 10, 5, [0x05, 0x00, 0x01, 0x00, 0x0c, 0x00]),
            // blinkstick --set-color red
            ("ff0000", 0, 100, 1, [0x00, 0xff, 0x00, 0x00]),
            // blinkstick --limit 10 red
            ("ff0000", 0, 10, 1, [0x00, 0x19, 0x00, 0x00]),
            // blinkstick off
            ("off", 0, 100, 1, [0x00, 0x00, 0x00, 0x00]),
            // The last LED that has a number.
            ("010203", 63, 100, 5, [0x05, 0x00, 0x3f, 0x01, 0x02, 0x03]),
        ] as [(String, UInt8, Int, UInt8, [UInt8])]
    )
    func bytes(color: String, index: UInt8, percent: Int, number: UInt8, data: [UInt8]) throws {
        let report = try BlinkStickReport(
            color: RGB(color),
            index: index,
            brightness: Brightness(percent: percent)
        )
        #expect(report.number == number)
        #expect(report.data == data)
    }

    @Test("goes to the device, not to the interface")
    func recipient() {
        #expect(BlinkStickReport.requestType == 0x20)
        #expect(BlinkStickReport.request == 0x09)
        #expect(BlinkStickReport.wIndex == 0)
    }
}

@Suite("The brightness limit")
struct BrightnessTests {
    @Test(
        "is computed as the maker's tool does, in floating point",
        arguments: [
            (1, 2), (10, 25), (20, 51), (33, 84), (50, 127), (99, 252), (100, 255),
            // 0.29 * 255 = 73.9…, and 0.58 * 255 = 147.89…: no rounding.
            (29, 73), (58, 147),
        ]
    )
    func maximum(percent: Int, expected: Int) throws {
        #expect(try Brightness(percent: percent).maximum == expected)
    }

    @Test("must be 1 to 100 percent", arguments: [0, -1, 101])
    func range(percent: Int) {
        #expect(throws: LightSettingsError.brightness(percent)) { try Brightness(percent: percent) }
    }
}

@Suite("A color")
struct RGBTests {
    @Test(
        "is read from six digits, or 'off'",
        arguments: [
            ("33c280", RGB(red: 0x33, green: 0xc2, blue: 0x80)),
            ("#33C280", RGB(red: 0x33, green: 0xc2, blue: 0x80)),
            ("000000", .off),
            ("off", .off),
        ]
    )
    func reading(text: String, expected: RGB) throws {
        #expect(try RGB(text) == expected)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            ("", RGBError.wrongLength("")),
            ("33c28", .wrongLength("33c28")),
            ("#33c2800", .wrongLength("#33c2800")),
            ("green", .wrongLength("green")),  // CSS 008000, or 00ff00 elsewhere
            ("33c28g", .noDigit("33c28g")),
            ("##3c280", .noDigit("##3c280")),
            ("+3c280", .noDigit("+3c280")),
            ("33c2é", .noDigit("33c2é")),  // six bytes in UTF-8
        ]
    )
    func refusing(text: String, expected: RGBError) {
        #expect(throws: expected) { try RGB(text) }
    }

    @Test("says what is wrong without obeying hostile text")
    func escaping() {
        #expect(
            RGBError.noDigit("\u{1b}[31ma").description
                == "'\\x1b[31ma' is no color: only the digits 0-9 and a-f are allowed"
        )
    }

    @Test("is written as it is read")
    func writing() {
        #expect(RGB(0x0a00ff).description == "0a00ff")
    }
}
