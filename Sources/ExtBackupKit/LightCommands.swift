import Drives
import Indicators
import LinuxSystem
import Logging
import Reporting

/// The light, for people and for the unit that keeps it blinking.
public struct LightCommands {
    private let context: RunContext

    /// Works with the stick and the board of `context`.
    public init(_ context: RunContext) {
        self.context = context
    }

    /// Shows every color for a second, then again what the light has to say. Blocks.
    ///
    /// - Parameter say: gets a line for each color before it is shown.
    /// - Throws: `locked` while a drive is in use; when there is no stick or it does not answer; `interrupted`.
    public func test(say: (String) -> Void) throws(Failure) {
        try show(LightRole.allCases, of: try lightSettings(), for: .seconds(1)) {
            say("\($0.rawValue): \($0.meaning)\($0.isUsed ? "" : " (not used yet)")")
        }
        if context.interruption.isRequested {
            throw Failure(.interrupted, "stopped; the light is as it was")
        }
    }

    /// Shows some colors, one after the other, until the interruption is requested, and then again what the board says.
    /// Blocks.
    ///
    /// - Throws: `locked` when the board says, before or meanwhile, that a drive is in use.
    func show(
        _ roles: [LightRole],
        of settings: LightSettings,
        for duration: Duration,
        beforeEach: (LightRole) -> Void = { _ in }
    ) throws(Failure) {
        let board = LightBoard(folder: context.layout.lightFolder)
        let output = context.lightOutput(settings)
        defer { output.rest() }
        var use: LightState?
        do throws(LightWarning) {
            var said = try board.read().worst
            for role in roles where !context.interruption.isRequested && !said.isInUse {
                try board.whileTesting { (reading) throws(LightWarning) in
                    said = reading.worst
                    if said.isInUse { return }
                    beforeEach(role)
                    try output.show(settings.color(for: role))
                }
                if !said.isInUse { Thread.sleep(for: duration) }
            }
            use = said.isInUse ? said : nil
            // Whoever uses the light paints it.
            if use == nil {
                try board.whileTesting { (reading) throws(LightWarning) in
                    try output.show(settings.restingColor(of: reading.worst))
                }
            }
        } catch {
            throw Failure(.failed, "\(error)", hint: error.hint)
        }
        if let use { throw .lightInUse(use) }
    }

    /// Forgets what ended runs said; a run that goes on keeps its light.
    public func clear() throws(Failure) {
        let board = LightBoard(folder: context.layout.lightFolder)
        do {
            for entry in try board.read().entries where !entry.state.isWork {
                try board.clear(job: entry.job)
            }
        } catch {
            throw Failure(.failed, "\(error)", hint: Failure.hint(toUse: context.layout.lightFolder))
        }
        show()
    }

    /// Shows the worst state of all jobs, for as long as it has to blink. Blocks.
    public func show() {
        guard let settings = settingsForRuns() else { return }
        Indicator(settings, in: context).run(until: context.interruption)
    }

    /// The light as runs use it: nil when it is switched off. When the configuration is broken it is the standard
    /// light, for then it has something to say.
    func settingsForRuns() -> LightSettings? {
        do {
            let configured = try Configuration(readingFrom: context.layout.configurationFile).light
            return try configured.map { light throws(LightSettingsError) in try LightSettings(light) }
        } catch {
            return .standard
        }
    }

    func lightSettings() throws(Failure) -> LightSettings {
        let light: LightConfiguration?
        do {
            light = try Configuration(readingFrom: context.layout.configurationFile).light
        } catch {
            throw Failure(error)
        }
        guard let light else {
            throw Failure(.failed, "the light is switched off", hint: "set 'enabled = true' in [led]")
        }
        do {
            return try LightSettings(light)
        } catch {
            throw Failure(.config, "the light: \(error)", hint: "correct [led] in the configuration")
        }
    }
}

extension LightState {
    /// A color that stands for nothing could cost the drive.
    var isInUse: Bool { isWork || self == .failedUnsafe }

    fileprivate var isWork: Bool {
        switch self {
        case .working, .verifying: true
        case .off, .safe, .unknownDrive, .due, .held, .failedSafe, .failedUnsafe: false
        }
    }
}

extension Failure {
    static func lightInUse(_ state: LightState) -> Failure {
        state == .failedUnsafe
            ? Failure(
                .locked,
                "the light is in use: a drive must not be pulled",
                hint: "'extbackup status' tells why"
            )
            : Failure(
                .locked,
                "the light is in use: a backup runs, or a drive is open",
                hint: "'extbackup status' tells how far it is"
            )
    }
}

extension LightRole {
    /// False for what nothing shows yet.
    var isUsed: Bool {
        switch self {
        case .working, .safe, .held, .failed: true
        case .verifying, .due, .unknown: false
        }
    }

    fileprivate var meaning: String {
        switch self {
        case .working: "a backup runs, or a drive is open: leave it in"
        case .verifying: "a drive is verified, leave it in"
        case .safe: "all well, the drive may be pulled"
        case .held: "the drive may be pulled, but the backup needs you"
        case .failed: "a backup failed; blinking fast: do not pull the drive"
        case .due: "slowly pulsing: a drive is due"
        case .unknown: "twice: a LUKS drive that was not prepared"
        }
    }
}

extension LightWarning {
    /// What to do.
    var hint: String? {
        switch self {
        case .absent: "plug the stick in; 'lsusb -d 20a0:41e5' must show it"
        case .notPermitted: "run it as root, or add yourself to the group 'extbackup'"
        case .stalled, .vanished, .timedOut, .usb: "unplug the stick and plug it in again"
        case .board, .busy, .foreignFile: nil
        }
    }
}

extension LightConfiguration {
    /// What holds without a configuration.
    static let standard = LightConfiguration(serial: nil, index: 0, brightness: 10, colors: [:])
}

extension LightSettings {
    /// The light as it is configured.
    init(_ light: LightConfiguration) throws(LightSettingsError) {
        try self.init(
            index: light.index,
            brightness: try Brightness(percent: light.brightness),
            serial: light.serial,
            colors: light.colors
        )
    }
}
