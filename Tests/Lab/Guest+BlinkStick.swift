// The light: an emulated BlinkStick on the guest's virtual USB controller.

internal import Glibc

/// A colour that the light was told to show.
public struct LightChange: Sendable, Equatable {
    /// Seconds since the epoch by the guest's clock, which agrees with the host's.
    public let time: Double
    /// Index of the LED, from 0.
    public let led: Int
    /// Six hexadecimal digits: red, green, blue.
    public let rgb: String
}

/// How an emulated BlinkStick behaves.
public enum BlinkStickBehavior: Sendable {
    /// As it should.
    case normal
    /// It refuses every colour.
    case stalling
}

extension Guest {
    /// Plugs an emulated BlinkStick Square and waits until the guest has it. It is there again after a reset.
    public func attachBlinkStick(
        serial: String = "BS000001-3.0",
        behavior: BlinkStickBehavior = .normal
    ) throws(LabFailure) {
        try writeFile("/usr/local/bin/blinkstick-vhci", try Self.emulator(), mode: "0755")
        let options =
            switch behavior {
            case .normal: "--serial \(serial)"
            case .stalling: "--serial \(serial) --stall"
            }
        try writeFile("/etc/lab-blinkstick", "OPTIONS=\(options)\n")
        try check(
            """
            mkdir -p /etc/systemd/system/sysinit.target.wants
            ln -sf ../lab-blinkstick.service /etc/systemd/system/sysinit.target.wants/lab-blinkstick.service
            systemctl start lab-blinkstick.service
            """
        )
        try waitUntil("the BlinkStick is there", succeeds: Self.isAttached)
    }

    /// Pulls the BlinkStick and waits until it is gone.
    public func detachBlinkStick() throws(LabFailure) {
        try check(
            """
            rm -f /etc/systemd/system/sysinit.target.wants/lab-blinkstick.service
            systemctl kill --signal=KILL lab-blinkstick.service
            """
        )
        try waitUntil("the BlinkStick is gone", succeeds: "! { \(Self.isAttached); }")
    }

    /// All colours that the light was told to show, oldest first.
    public func lightLog() throws(LabFailure) -> [LightChange] {
        let text = try check("cat /var/lib/blinkstick.log 2>/dev/null || true").stdout
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 3, fields[1].hasPrefix("led="), let time = Double(fields[0]),
                let led = Int(fields[1].dropFirst(4))
            else { return nil }
            return LightChange(time: time, led: led, rgb: String(fields[2]))
        }
    }

    private static let isAttached =
        "grep -qs 41e5 /sys/bus/usb/devices/*/idProduct && test \"$(udevadm settle && echo yes)\" = yes"

    /// The emulator is built beside the program that runs.
    static func emulator() throws(LabFailure) -> [UInt8] {
        let program = try HostFile.resolved("/proc/self/exe")
        let folder = program.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/blinkstick-vhci"
        guard HostFile.exists(path) else { throw LabFailure("'\(path)' is missing; 'swift build' makes it") }
        return try HostFile.read(path)
    }
}
