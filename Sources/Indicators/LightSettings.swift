/// How a person wants the light: which LED, how bright, which colors.
public struct LightSettings: Hashable, Sendable {
    /// The LED on the stick, from 0. A stick with one LED, or one in its mode as delivered, has only 0.
    public let index: Int
    /// The most that any channel may show.
    public let brightness: Brightness
    /// The serial number of the stick (`BS012345-3.0`); nil: every stick that is plugged in.
    public let serial: String?
    private let colors: [LightRole: RGB]

    /// Checks what a person configured; a color that is not given is the standard one.
    ///
    /// - Throws: when a value is out of range, or when green could not be told from something else.
    public init(
        index: Int = 0,
        brightness: Brightness = .standard,
        serial: String? = nil,
        colors: [LightRole: RGB] = [:]
    ) throws(LightSettingsError) {
        guard Self.indices.contains(index) else { throw .index(index) }
        if serial == "" { throw .emptySerial }
        self.init(index: index, brightness: brightness, serial: serial, given: colors)
        let safe = color(for: .safe).scaled(to: brightness.maximum)
        if safe == .off { throw .safeIsDark }
        for role in LightRole.allCases where role != .safe {
            if color(for: role).scaled(to: brightness.maximum) == safe { throw .looksSafe(role) }
        }
    }

    private init(index: Int, brightness: Brightness, serial: String?, given: [LightRole: RGB]) {
        self.index = index
        self.brightness = brightness
        self.serial = serial
        colors = given
    }

    /// The first LED at 10 percent, with the standard colors.
    public static var standard: LightSettings {
        LightSettings(index: 0, brightness: .standard, serial: nil, given: [:])
    }

    /// The LEDs that a stick can drive on one channel.
    private static let indices = 0..<64

    /// The color of a role before the brightness limit. While a run is verified it is that of work, dim.
    public func color(for role: LightRole) -> RGB {
        if let given = colors[role] { return given }
        switch role {
        case .working: return RGB(0x33c280)
        case .verifying: return color(for: .working).scaled(to: 76)
        case .safe: return RGB(0x008000)
        case .held, .due: return RGB(0xff8000)
        case .failed: return RGB(0xff0000)
        case .unknown: return RGB(0xffffff)
        }
    }

    /// The color of a state where it is lit.
    func litColor(of state: LightState) -> RGB {
        switch state {
        case .off: .off
        case .safe: color(for: .safe)
        case .unknownDrive: color(for: .unknown)
        case .due: color(for: .due)
        case .verifying: color(for: .verifying)
        case .working: color(for: .working)
        case .held: color(for: .held)
        case .failedSafe, .failedUnsafe: color(for: .failed)
        }
    }

    /// What the light shows of a state when nobody drives it any longer.
    ///
    /// A pattern that stood still would say something else: red is "safe to pull", amber "needs you". So a
    /// drive that must not be pulled rests in the color of work, which nobody pulls, and a reminder is dark.
    public func restingColor(of state: LightState) -> RGB {
        switch state {
        case .off, .safe, .verifying, .working, .held, .failedSafe: litColor(of: state)
        case .failedUnsafe: color(for: .working)
        case .due, .unknownDrive: .off
        }
    }
}

/// What a color is for, named as in the configuration.
public enum LightRole: String, CaseIterable, Hashable, Sendable {
    /// A run is going on.
    case working
    /// The copy is compared with its manifest.
    case verifying
    /// The drive may be pulled, all is well.
    case safe
    /// Deletions wait for a person.
    case held
    /// A run failed; it blinks when the drive must not be pulled.
    case failed
    /// A drive should be brought.
    case due
    /// A LUKS drive that nobody prepared.
    case unknown
}

/// What is wrong with the light's configuration.
public enum LightSettingsError: Error, Hashable, Sendable {
    /// No stick has this LED.
    case index(Int)
    /// The brightness is not 1 to 100 percent.
    case brightness(Int)
    /// The serial number is an empty text.
    case emptySerial
    /// The color of `safe` is dark at this brightness.
    case safeIsDark
    /// This color cannot be told from that of `safe` at this brightness.
    case looksSafe(LightRole)
}

extension LightSettingsError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .index(let index): "'index' is \(index), but must be 0 to 63"
        case .brightness(let percent): "'brightness' is \(percent), but must be 1 to 100 percent"
        case .emptySerial: "'serial' is empty: name a stick like 'BS012345-3.0', or leave it out"
        case .safeIsDark: "the color of 'safe' is dark at this brightness"
        case .looksSafe(let role):
            "the color of '\(role.rawValue)' cannot be told from that of 'safe' at this brightness"
        }
    }
}
