import LinuxSystem
import SystemPackage
import Testing

/// The units as `make install` writes them.
private struct RenderedUnits {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let sources = Program.repository.appending("units")
        for name in try Descriptor.open(sources, .directory).entryNames() {
            guard name.bytes.suffix(3) == Array(".in".utf8)[...] else { continue }
            let text = String(
                decoding: try Descriptor.open(sources.appending(name), .read).readAll(limit: 1 << 20),
                as: UTF8.self
            )
            let rendered = Self.replace("@BINDIR@/extbackup", "/bin/true", in: text)
            #expect(!rendered.contains("@BINDIR@"))
            let unit = FileName(bytes: name.bytes.dropLast(3))
            try folder.write(unit, rendered)
            if unit.bytes.contains(UInt8(ascii: "@")) {
                try folder.write(FileName(Self.replace("@", "@red", in: "\(unit)".trimming("'"))), rendered)
            }
        }
    }

    private static func replace(_ old: String, _ new: String, in text: String) -> String {
        text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}

extension String {
    fileprivate func trimming(_ mark: Character) -> String {
        String(drop { $0 == mark }.prefix { $0 != mark })
    }
}

@Suite("The units", Need.program("/usr/bin/systemd-analyze"))
struct UnitTests {
    @Test(
        "are understood by systemd without a complaint",
        arguments: [
            "extbackup@red.service", "extbackup-failed@red.service", "extbackup-led.service",
            "extbackup-mail.path", "extbackup-mail.service",
        ]
    )
    func verify(unit: FileName) throws {
        let units = try RenderedUnits()
        let outcome = try ChildProcess([
            "/usr/bin/systemd-analyze", "verify", "--man=no", units.folder.path.appending(unit),
        ]).run()
        #expect(outcome.isSuccess)
        // Units of this machine that they refer to may have faults of their own.
        let complaints = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
            .filter { $0.contains("extbackup") }
        #expect(complaints == [])
    }

    /// Measured with systemd 252; a rule that is taken away shows here.
    @Test(
        "expose no more than they did",
        arguments: [
            ("extbackup@red.service", 4.0), ("extbackup-failed@red.service", 3.3),
            ("extbackup-led.service", 4.2),
        ] as [(FileName, Double)]
    )
    func exposure(unit: FileName, limit: Double) throws {
        let units = try RenderedUnits()
        let outcome = try ChildProcess([
            "/usr/bin/systemd-analyze", "security", "--no-pager", "--offline=true",
            units.folder.path.appending(unit),
        ]).run()
        let line = outcome.lastLine
        let words = line.split(separator: " ")
        let at = try #require(words.firstIndex(of: "\(unit)".trimming("'") + ":"), "\(line)")
        let score = try #require(Double(words[at + 1]))
        #expect(score <= limit)
    }

    @Test("of udev have the form that udev knows", Need.program("/usr/bin/udevadm"))
    func rules() throws {
        let rules = Program.repository.appending("udev/70-extbackup.rules")
        let outcome = try ChildProcess(["/usr/bin/udevadm", "verify", rules]).run()
        // Before systemd 254 there is no such command; then the lab is the test.
        if outcome.lastLine.contains("Unknown command verb") { return }
        #expect(outcome.isSuccess, "\(outcome.lastLine)")
    }
}
