import LinuxSystem
import Testing

@testable import Reporting

@Suite("A byte count")
struct ByteCountTests {
    @Test(
        "is shown in decimal units and exactly",
        arguments: [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB (1 000 bytes)"),
            (1_500_000_000, "1.5 GB (1 500 000 000 bytes)"),
            (9_999_999_999, "9.9 GB (9 999 999 999 bytes)"),  // cut, not rounded up
            (10_000_000_000, "10 GB (10 000 000 000 bytes)"),
            (999_999_999_999, "999 GB (999 999 999 999 bytes)"),
            (20_000_000_000_000, "20 TB (20 000 000 000 000 bytes)"),
            (-1_500, "-1.5 kB (-1 500 bytes)"),
        ] as [(Int64, String)]
    )
    func text(bytes: Int64, expected: String) {
        #expect(ByteCount(bytes).full == expected)
    }
}

@Suite("A time span")
struct DurationTests {
    @Test(
        "is shown in at most two units",
        arguments: [
            (.zero, "0 s"),
            (.milliseconds(340), "0.3 s"),
            (.seconds(48), "48 s"),
            (.milliseconds(1_900), "1 s"),
            (.seconds(60), "1 min"),
            (.seconds(125), "2 min 5 s"),
            (.seconds(2 * 3_600 + 14 * 60 + 59), "2 h 14 min"),
            (.seconds(3 * 86_400), "3 d"),
            (.seconds(3 * 86_400 + 4 * 3_600), "3 d 4 h"),
            (.seconds(-90), "-1 min 30 s"),
        ] as [(Duration, String)]
    )
    func text(duration: Duration, expected: String) {
        #expect(duration.text == expected)
    }

    @Test(
        "since a moment is told in words",
        arguments: [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (3 * 86_400, "3 days ago"),
            (59 * 86_400, "59 days ago"),
            (60 * 86_400, "2 months ago"),
            (800 * 86_400, "2 years ago"),
            (-3 * 86_400, "in 3 days"),
            (-3 * 86_400 - 120, "in 3 days"),
            (-30 * 86_400 + 120, "in 30 days"),
        ] as [(Int64, String)]
    )
    func age(seconds: Int64, expected: String) {
        let now = Timestamp(seconds: 1_800_000_000)
        #expect(Timestamp(seconds: now.seconds - seconds).age(asOf: now) == expected)
    }
}

@Suite("A moment")
struct TimestampTests {
    @Test(
        "has one text, which is read back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),  // a leap year, though a century
            (1_772_345_345, "2026-03-01T06:09:05Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),  // the day after February 28
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
        ] as [(Int64, String)]
    )
    func text(seconds: Int64, expected: String) {
        #expect(Timestamp(seconds: seconds).description == expected)
        #expect(Timestamp(expected)?.seconds == seconds)
    }

    @Test("of the machine's clock agrees with date(1)")
    func clock() throws {
        let before = UnixTime.now().seconds
        let output = try ChildProcess(["/bin/date", "-u", "+%Y-%m-%dT%H:%M:%SZ"]).run().lastLine
        let moment = try #require(Timestamp(output))
        #expect((before...UnixTime.now().seconds).contains(moment.seconds))
    }

    @Test(
        "is not read from other texts",
        arguments: [
            "", "2026-03-01", "2026-03-01 06:09:05Z", "2026-03-01T06:09:05+00:00", "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-03-00T00:00:00Z", "2026-03-01T24:00:00Z",
            "2026-03-01T06:09:60Z", "２026-03-01T06:09:05Z",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("survives the way to text and back")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let moment = Timestamp(
                seconds: Int64.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            )
            #expect(Timestamp(moment.description) == moment, "\(moment.seconds)")
        }
    }

    @Test("outside the years 0 to 9999 becomes the nearest inside")
    func bounds() {
        #expect(Timestamp(seconds: .max).description == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min).description == "0000-01-01T00:00:00Z")
    }
}

@Suite("Text from elsewhere")
struct SingleLineTests {
    @Test(
        "cannot break, move, reorder or hide a line",
        arguments: [
            ("plain 'text' \\n größe", "plain 'text' \\n größe"),  // names in messages are escaped already
            ("a\r\nBcc: x", "a\\r\\nBcc: x"),
            ("\u{1b}[31mred", "\\x1b[31mred"),
            ("\u{7}", "\\x07"),
            ("a\u{202e}b\u{200b}c", "a\\u{202e}b\\u{200b}c"),
            ("a\u{2028}b\u{a0}c", "a\\u{2028}b\\u{a0}c"),
        ]
    )
    func escaping(text: String, expected: String) {
        #expect(SingleLine.escape(text) == expected)
    }

    @Test("is broken between words at 78 columns, and inside words only when there is no other way")
    func wrapping() {
        #expect(TextLayout.wrap("") == [""])
        let words = TextLayout.wrap(String(repeating: "abcd ", count: 16), first: "- ", hanging: "  ")
        #expect(words.map(\.count) == [76, 6])
        #expect(words.last == "  abcd")
        let long = TextLayout.wrap("a " + String(repeating: "x", count: 100), hanging: "  ")
        #expect(long.map(\.count) == [1, 78, 26])
        let wide = TextLayout.wrap(String(repeating: "漢", count: 50))
        #expect(wide.map(\.count) == [39, 11])
    }
}
