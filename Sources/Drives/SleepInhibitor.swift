internal import CSystemd
internal import LinuxSystem
internal import SystemPackage

/// Keeps the machine awake as long as this value lives (logind, `Inhibit("sleep", …, "block")`).
///
/// Where there is no D-Bus or no logind it does nothing and says so: a machine that may fall asleep is no
/// reason to make no backup.
public struct SleepInhibitor: ~Copyable, Sendable {
    /// Why the machine may fall asleep all the same; nil when it is kept awake.
    public let warning: String?
    private let lock: Descriptor?

    /// Asks logind. Blocks, at most some seconds.
    ///
    /// - Parameters:
    ///   - reason: what people see in `systemd-inhibit --list`.
    public init(reason: String) {
        do {
            lock = try Self.inhibit(reason)
            warning = nil
        } catch {
            lock = nil
            warning = "the machine may fall asleep meanwhile: \(error)"
        }
    }

    private static let timeoutMicroseconds: UInt64 = 5_000_000

    private static func inhibit(_ reason: String) throws(SystemError) -> Descriptor {
        var opened: OpaquePointer?
        try require("sd_bus_open_system", sd_bus_open_system(&opened))
        defer { sd_bus_flush_close_unref(opened) }
        var created: OpaquePointer?
        let logind = "org.freedesktop.login1"
        try require(
            "sd_bus_message_new_method_call",
            sd_bus_message_new_method_call(
                opened,
                &created,
                logind,
                "/org/freedesktop/login1",
                "org.freedesktop.login1.Manager",
                "Inhibit"
            )
        )
        defer { sd_bus_message_unref(created) }
        for argument in ["sleep", "extbackup", reason, "block"] {
            try require("sd_bus_message_append_basic", append(argument, to: created))
        }
        var reply: OpaquePointer?
        try require("sd_bus_call", sd_bus_call(opened, created, timeoutMicroseconds, nil, &reply))
        defer { sd_bus_message_unref(reply) }
        var number: CInt = -1
        try require("sd_bus_message_read_basic", sd_bus_message_read_basic(reply, fileDescriptor, &number))
        // The message closes its own descriptor.
        return try duplicateDescriptor(number)
    }

    private static let string = CChar(bitPattern: UInt8(ascii: "s"))
    private static let fileDescriptor = CChar(bitPattern: UInt8(ascii: "h"))

    private static func append(_ text: String, to message: OpaquePointer?) -> Int32 {
        text.withCString { sd_bus_message_append_basic(message, string, $0) }
    }

    private static func require(_ call: StaticString, _ result: Int32) throws(SystemError) {
        if result < 0 { throw SystemError(call: call.description, errno: Errno(rawValue: -result)) }
    }
}
