import LinuxSystem
import Testing

@Suite("The time since the boot")
struct BootTimeTests {
    @Test("is that of /proc/uptime, and goes on")
    func uptime() throws {
        let before = BootTime.now()
        let text = try Descriptor.open("/proc/uptime", .read).readAll(limit: 4096)
        let uptime = try #require(
            Int64(String(decoding: text.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self))
        )
        let after = BootTime.now()
        #expect((before.seconds...after.seconds + 1).contains(uptime))
        #expect(before.asleepSeconds >= 0)
        #expect(after.asleepSeconds == before.asleepSeconds)
    }
}
