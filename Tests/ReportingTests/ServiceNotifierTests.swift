import Glibc
import LinuxSystem
import Reporting
import Testing

/// Serialized: libsystemd finds its socket through the environment of the whole process.
@Suite("The service manager", .serialized)
struct ServiceNotifierTests {
    /// A socket as systemd listens on.
    private final class Listener {
        let directory: TemporaryDirectory
        private let socket: CInt

        init() throws {
            directory = try TemporaryDirectory()
            socket = try check("socket") { Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0) }
            let path = directory.path.appending("notify").bytes
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
            let length = socklen_t(MemoryLayout<sockaddr_un>.size)
            try check("bind") {
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
                }
            }
            setenv("NOTIFY_SOCKET", String(decoding: path, as: UTF8.self), 1)
        }

        deinit {
            unsetenv("NOTIFY_SOCKET")
            close(socket)
        }

        /// Everything that was said so far.
        func messages() -> [String] {
            var messages: [String] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count < 0 { return messages }
                messages.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
        }
    }

    @Test("hears what the service does")
    func messages() throws {
        let listener = try Listener()
        let notifier = ServiceNotifier()
        notifier.ready()
        notifier.status("copying: 12 of 340 files\nREADY=1")
        notifier.extendTimeout(.milliseconds(90_500))
        notifier.stopping()
        #expect(
            listener.messages() == [
                "READY=1", "STATUS=copying: 12 of 340 files READY=1", "EXTEND_TIMEOUT_USEC=90500000",
                "STOPPING=1",
            ]
        )
    }

    @Test("gets a sign of life only when there was progress")
    func progress() throws {
        let listener = try Listener()
        let notifier = ServiceNotifier(interval: .zero)
        for progress in [0, 0, 7, 7, 7, 8] as [UInt64] { notifier.watchdog(progress: progress) }
        #expect(listener.messages() == ["WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"])
    }

    @Test("gets signs of life no more often than necessary")
    func rate() throws {
        let listener = try Listener()
        let notifier = ServiceNotifier(interval: .seconds(3_600))
        for progress in 0..<100 as Range<UInt64> { notifier.watchdog(progress: progress) }
        #expect(listener.messages() == ["WATCHDOG=1"])
    }

    @Test("can be told that silence is in order for a while")
    func silence() throws {
        let listener = try Listener()
        let notifier = ServiceNotifier(usualSilence: .seconds(60))
        notifier.allowSilence(for: .seconds(3_600))
        notifier.allowSilence(for: nil)
        notifier.beat()
        // Without a watchdog there is nothing to change.
        ServiceNotifier().allowSilence(for: .seconds(3_600))
        #expect(
            listener.messages() == [
                "WATCHDOG_USEC=3600000000\nWATCHDOG=1", "WATCHDOG_USEC=60000000\nWATCHDOG=1", "WATCHDOG=1",
            ]
        )
    }

    @Test("is not missed when there is none")
    func nobody() {
        unsetenv("NOTIFY_SOCKET")
        let notifier = ServiceNotifier()
        notifier.ready()
        notifier.watchdog(progress: 1)
        notifier.stopping()
    }
}
