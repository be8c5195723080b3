import Copying
import Fuzzing
import LinuxSystem
import Reporting
import Testing

@testable import Drives
@testable import ExtBackupKit

private typealias ReadFile = ExtBackupKit.DriveFile

/// What is read of a text, as the program reads it.
private enum Reading {
    /// Nil when it is accepted.
    static func configuration(_ bytes: [UInt8]) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try Configuration(parsing: bytes, file: "config.toml")
            return nil
        } catch {
            return error
        }
    }

    /// Nil when it is accepted.
    static func driveFile(_ bytes: [UInt8]) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try ReadFile(parsing: bytes, file: "red.toml")
            return nil
        } catch {
            return error
        }
    }

    /// What a person is told, as the program prints it.
    static func complaint(_ error: ConfigurationError) -> String {
        let failure = Failure(error)
        let lines = [failure.message] + failure.excerpt.map { "    \($0)" }
        return (lines + ["  hint: \(failure.hint ?? "")"]).joined(separator: "\n") + "\n"
    }
}

@Suite("The corpus")
struct CorpusTests {
    @Test("of configurations is accepted and refused as it was", arguments: try Corpus("config").entries)
    func configurations(entry: Corpus.Entry) {
        #expect(Reading.configuration(entry.bytes).map(Reading.complaint) == entry.complaint)
        #expect(entry.name.hasPrefix(entry.complaint == nil ? "good-" : "bad-"))
    }

    @Test("of drives' files is accepted and refused as it was", arguments: try Corpus("drive").entries)
    func driveFiles(entry: Corpus.Entry) {
        #expect(Reading.driveFile(entry.bytes).map(Reading.complaint) == entry.complaint)
        #expect(entry.name.hasPrefix(entry.complaint == nil ? "good-" : "bad-"))
    }
}

@Suite("Whatever happened to a text,")
struct ConfigurationFuzzTests {
    private static let fragments = [
        "[[source]]\n", "[guard]\n", "[led]\n", "[mail]\n", "[drive]\n", "[run]\n",
        "lock = { kind = \"borg\" }\n",
        "max_delete = { files = 99999999999999999999 }\n", "index = -9223372036854775808\n",
        "brightness = 1e999\n",
        "= ", "\"\"\"", "'''", "\\u0000", "\\U0010FFFF", "\\ud800", "0x",
        "1979-05-27T07:32:00.999999999+23:59",
        "nan", "inf", "{a=", "[", "]", "}", ".a.a.a.a", "\"a\".", "# ", "\r", "\r\n", "\u{feff}", "\u{202e}",
        "\u{0}",
        "to = [\"a@b\\n\"]\n", "wait = \"9223372036854775807h\"\n", "max_size = \"8388608TiB\"\n", "../../",
        "sources = []\n", "luks_uuid = \"\"\n",
    ]

    @Test(
        "a configuration is read within its limits, or refused with a place in it",
        .timeLimit(.minutes(10))
    )
    func configurations() throws {
        let fuzz = Fuzz(try Corpus("config"), fragments: Self.fragments, rounds: 4000)
        try fuzz.run("configurations") { bytes, seed in
            if let error = Reading.configuration(bytes) {
                Self.check(error, of: bytes, "config.toml", "\(seed)")
            } else {
                let configuration = try Configuration(parsing: bytes, file: "config.toml")
                Self.check(configuration, "\(seed)")
                let lines = JSONValue.tomlLines(configuration.effectiveSettings)
                let text = Array(lines.map { $0 + "\n" }.joined().utf8)
                let again = try Configuration(parsing: text, file: "config.toml")
                #expect(JSONValue.tomlLines(again.effectiveSettings) == lines, "\(seed)")
            }
        }
    }

    @Test(
        "what is said of a long text is short, whatever its characters are",
        arguments: ["ö", "x", "漢", "a\u{301}\u{302}\u{303}", "a\u{301}漢"]
    )
    func longText(character: String) throws {
        for length in 2000..<2004 {
            let path = String(repeating: "x", count: length % 4) + String(repeating: character, count: length)
            let error = try #require(
                Reading.configuration(Array("[[source]]\nname = \"a\"\npath = \"\(path)\"\n".utf8))
            )
            #expect(error.message.hasPrefix("'path' must be an absolute path, not "))
            #expect(error.message.unicodeScalars.contains("…"))
            #expect(error.message.utf8.count < 1000)
            #expect(!error.message.unicodeScalars.contains("\u{fffd}"))
        }
    }

    @Test("a drive's file is read within its limits, or refused with a place in it", .timeLimit(.minutes(10)))
    func driveFiles() throws {
        let fuzz = Fuzz(try Corpus("drive"), fragments: Self.fragments, rounds: 4000)
        try fuzz.run("drives' files") { bytes, seed in
            if let error = Reading.driveFile(bytes) {
                Self.check(error, of: bytes, "red.toml", seed)
                return
            }
            let file = try ReadFile(parsing: bytes, file: "red.toml")
            #expect(DriveName(file.name) != nil, "\(seed)")
            #expect(
                file.luksUUID.utf8.count == 36 && !file.luksUUID.contains { "/.".contains($0) },
                "\(seed)"
            )
            #expect(file.driveID.utf8.count == 32 && !file.driveID.contains { "/.".contains($0) }, "\(seed)")
            #expect((0...31).contains(file.keySlot), "\(seed)")
            #expect(file.sources?.isEmpty != true, "\(seed)")
            _ = try file.identity()
        }
    }

    @Test("the seal beside a catalogue is one that is written so again, or none")
    func catalogueSeals() {
        let good = "seal ext4:00112233445566778899aabbccddeeff\nmanifest 42\nsource photos\nsource borg\n"
        Fuzz([Array(good.utf8)], fragments: ["seal ", "source \n", "xfs:"], rounds: 2000).run("seals") {
            bytes,
            seed in
            guard let seal = CatalogueSeal(String(decoding: bytes, as: UTF8.self)) else { return }
            #expect(CatalogueSeal(seal.text) == seal, "\(seed)")
        }
    }

    /// A mistake has a place in the text, and what is said of it is one line that moves no cursor.
    private static func check(
        _ error: ConfigurationError,
        of bytes: [UInt8],
        _ file: FileName,
        _ seed: String
    ) {
        for line in [error.message] + error.excerpt + [error.hint ?? ""] {
            #expect(SingleLine.escape(line) == line, "\(seed)")
        }
        #expect(!error.message.isEmpty && error.message.utf8.count < 1200, "\(seed)")
        // The other one is the file of 'exclude_from'.
        guard error.file == file else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let line = error.line, let column = error.column, lines.indices.contains(line - 1) else {
            Issue.record("no place in the text: \(error) \(seed)")
            return
        }
        #expect((1...lines[line - 1].count + 2).contains(column), "\(error) \(seed)")
    }

    /// Every setting is within what the documentation says of it.
    private static func check(_ configuration: Configuration, _ seed: String) {
        #expect(!configuration.sources.isEmpty, "\(seed)")
        #expect(Set(configuration.sources.map(\.name)).count == configuration.sources.count, "\(seed)")
        for source in configuration.sources { check(source, seed) }
        #expect(isLimit(configuration.hooks.timeout), "\(seed)")
        #expect(configuration.deletionLimit.files >= 0, "\(seed)")
        #expect((0...100).contains(configuration.deletionLimit.percent), "\(seed)")
        if let light = configuration.light {
            #expect((0...63).contains(light.index) && (1...100).contains(light.brightness), "\(seed)")
        }
        #expect(throws: Never.self, "\(seed)") { try configuration.mail.addresses() }
        #expect(isPath(configuration.mail.sendmail), "\(seed)")
        let days = configuration.drive.dueAfter / .seconds(86400)
        #expect((1...3650).contains(days), "\(seed)")
    }

    private static func check(_ source: SourceConfiguration, _ seed: String) {
        #expect((1...64).contains(source.name.utf8.count), "\(seed)")
        #expect(!source.name.contains("/") && !source.name.hasPrefix("."), "\(seed)")
        #expect(isPath(source.path), "\(seed)")
        #expect(source.sizes.minimum <= source.sizes.maximum && source.sizes.minimum >= 0, "\(seed)")
        #expect(source.excludes.allSatisfy { !$0.bytes.isEmpty && !$0.bytes.contains(0) }, "\(seed)")
        #expect(isLimit(source.hooks.timeout), "\(seed)")
        if let lock = source.lock {
            #expect(lock.wait <= .seconds(7 * 86400) && lock.wait >= .zero, "\(seed)")
        }
    }

    private static func isLimit(_ time: Duration) -> Bool { time > .zero && time <= .seconds(7 * 86400) }

    private static func isPath(_ path: FileName) -> Bool {
        path.bytes.first == UInt8(ascii: "/") && path.bytes.count < 4096 && !path.components.contains("..")
            && !path.bytes.contains(0)
    }
}
