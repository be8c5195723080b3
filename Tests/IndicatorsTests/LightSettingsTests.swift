import Testing

@testable import Indicators

@Suite("The light's settings")
struct LightSettingsTests {
    @Test("are valid as they stand")
    func standard() throws {
        #expect(try LightSettings() == .standard)
    }

    @Test(
        "refuse what no stick can show",
        arguments: [
            (-1, nil, RGB.safe, .index(-1)),
            (64, nil, .safe, .index(64)),
            (0, "", .safe, .emptySerial),
            (0, nil, .off, .safeIsDark),
            // 9 * 25 / 255 is 0: dark at 10 percent.
            (0, nil, RGB(0x000900), .safeIsDark),
        ] as [(Int, String?, RGB, LightSettingsError)]
    )
    func refusing(index: Int, serial: String?, safe: RGB, expected: LightSettingsError) {
        #expect(throws: expected) {
            try LightSettings(index: index, serial: serial, colors: [.safe: safe])
        }
    }

    @Test("refuse every color that could be taken for green", arguments: LightRole.allCases)
    func green(role: LightRole) throws {
        // As bright as 008000 is at 10 percent: the stick gets the same bytes.
        let colors = [role: RGB(0x007f00)]
        if role == .safe {
            _ = try LightSettings(colors: colors)
        } else {
            #expect(throws: LightSettingsError.looksSafe(role)) {
                try LightSettings(colors: [role: RGB(0x008000)])
            }
            #expect(throws: LightSettingsError.looksSafe(role)) {
                try LightSettings(colors: [role: RGB(0x008100)])
            }
        }
    }

    @Test("dim the color of work for verifying, unless it has its own")
    func verifying() throws {
        let blue = try LightSettings(colors: [.working: RGB(0x0000ff)])
        #expect(blue.color(for: .verifying) == RGB(0x00004c))
        let own = try LightSettings(colors: [.verifying: RGB(0x0000aa)])
        #expect(own.color(for: .verifying) == RGB(0x0000aa))
    }

    @Test("never let a light that nobody drives say that a drive may be pulled")
    func resting() {
        let settings = LightSettings.standard
        #expect(settings.restingColor(of: .failedUnsafe) == settings.color(for: .working))
        #expect(settings.restingColor(of: .due) == .off)
        #expect(settings.restingColor(of: .unknownDrive) == .off)
    }
}

@Suite("A state of the light")
struct LightStateTests {
    @Test(
        "has its color and its pattern",
        arguments: [
            (.off, .off, .steady),
            (.safe, .safe, .steady),
            (.unknownDrive, .white, .twice(flash: .milliseconds(200), pause: .seconds(2))),
            (.due, .amber, .pulse(period: .seconds(4))),
            (.verifying, RGB(0x0f3926), .steady),
            (.working, .working, .steady),
            (.held, .amber, .steady),
            (.failedSafe, .red, .steady),
            (.failedUnsafe, .red, .blink(on: .milliseconds(150), off: .milliseconds(150))),
        ] as [(LightState, RGB, LightPattern)]
    )
    func looks(state: LightState, color: RGB, pattern: LightPattern) {
        #expect(LightSettings.standard.litColor(of: state) == color)
        #expect(state.pattern == pattern)
    }
}

@Suite("A pattern")
struct LightPatternTests {
    @Test(
        "shows its level at each moment, and for how long",
        arguments: [
            (.steady, 12345, 255, nil),
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 0, 255, 100),
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 99, 255, 1),
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 100, 0, 50),
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 149, 0, 1),
            // The next round, and one after a day.
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 150, 255, 100),
            (.blink(on: .milliseconds(100), off: .milliseconds(50)), 86_400_000 + 130, 0, 20),
            // Breathes from dark to bright and back in 40 steps.
            (.pulse(period: .seconds(4)), 0, 0, 100),
            (.pulse(period: .seconds(4)), 150, 12, 50),
            (.pulse(period: .seconds(4)), 2000, 255, 100),
            (.pulse(period: .seconds(4)), 3999, 12, 1),
            (.twice(flash: .milliseconds(200), pause: .seconds(2)), 0, 255, 200),
            (.twice(flash: .milliseconds(200), pause: .seconds(2)), 200, 0, 200),
            (.twice(flash: .milliseconds(200), pause: .seconds(2)), 450, 255, 150),
            (.twice(flash: .milliseconds(200), pause: .seconds(2)), 600, 0, 2000),
            (.twice(flash: .milliseconds(200), pause: .seconds(2)), 2600, 255, 200),
        ] as [(LightPattern, Int, Int, Int?)]
    )
    func moments(pattern: LightPattern, milliseconds: Int, level: Int, remaining: Int?) {
        let moment = pattern.moment(at: .milliseconds(milliseconds))
        #expect(moment.level == level)
        #expect(moment.remaining == remaining.map { .milliseconds($0) })
    }

    @Test("moves on at every step, at every time", arguments: LightState.allCases)
    func progress(state: LightState) throws {
        guard !state.pattern.isSteady else { return }
        var time = Duration.seconds(1_000_000)
        for _ in 0..<100 {
            let moment = state.pattern.moment(at: time)
            let remaining = try #require(moment.remaining)
            #expect(remaining > .zero)
            time += remaining
            #expect(state.pattern.moment(at: time).level != moment.level)
        }
    }
}
