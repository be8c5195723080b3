internal import LinuxSystem
internal import Synchronization

/// A BlinkStick on USB, or all that are plugged in when no serial number is given.
///
/// No kernel driver is detached and no interface claimed, so that other programs may use the stick too. It is
/// opened for a color and stays open until `rest()`, so that an animation costs one transfer per frame.
public final class BlinkStick: LightOutput {
    private let settings: LightSettings
    private let session = Mutex<BlinkStickSession?>(nil)

    /// A stick as the settings describe it. Nothing is opened yet.
    public init(_ settings: LightSettings) {
        self.settings = settings
    }

    /// Sends the color to each stick. After a failure everything is closed, and the next call looks for the
    /// stick anew.
    public func show(_ color: RGB) throws(LightWarning) {
        let report = BlinkStickReport(
            color: color,
            index: UInt8(settings.index),
            brightness: settings.brightness
        )
        try session.withLock { (session) throws(LightWarning) in
            if session == nil { session = try BlinkStickSession(serial: settings.serial) }
            do throws(LightWarning) {
                try session?.send(report)
            } catch {
                session = nil
                throw error
            }
        }
        // While the stick clocks a frame out to its LEDs it does not listen on USB.
        Thread.sleep(for: .milliseconds(2))
    }

    /// Opens each stick.
    public func reach() throws(LightWarning) {
        try session.withLock { (session) throws(LightWarning) in
            if session == nil { session = try BlinkStickSession(serial: settings.serial) }
        }
    }

    /// Closes the stick.
    public func rest() {
        session.withLock { $0 = nil }
    }
}
