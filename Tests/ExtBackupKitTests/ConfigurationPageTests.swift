import LinuxSystem
import Testing

@testable import ExtBackupKit

/// The manual's page of the configuration says neither less nor more than the program reads.
@Suite("extbackup.toml(5)")
struct ConfigurationPageTests {
    private static let source = "[[source]]\nname = 'a'\npath = '/a'\n"
    private static let stranger = "zzzzzzzz = 1\n"

    /// Tables of `config.toml`, each as the page's heading and as texts in which all is right but the last key.
    static let tables: [(heading: String, texts: [String])] = [
        ("[[source]]", [source]),
        (
            "[source.lock]",
            ["kind = 'borg'", "kind = 'flock'\npath = '/l'", "kind = 'command'\ncommand = ['/c']"].map {
                source + "[source.lock]\n" + $0 + "\n"
            }
        ),
        ("[run]", [source + "[run]\n"]),
        ("[guard]", [source + "[guard]\n"]),
        ("[guard.max_delete]", [source + "[guard.max_delete]\n"]),
        ("[led]", [source + "[led]\n"]),
        ("[mail]", [source + "[mail]\n"]),
        ("[drive]", [source + "[drive]\n"]),
    ]

    @Test("has every key of each table", arguments: tables)
    func keys(heading: String, texts: [String]) throws {
        let known = try texts.map { text in
            try Self.known { () throws(ConfigurationError) in
                _ = try Configuration(parsing: Array((text + Self.stranger).utf8), file: "config.toml")
            }
        }
        #expect(try Self.page()[heading] == Set(known.joined()))
    }

    @Test("has every table")
    func headings() throws {
        let known = try Self.known { () throws(ConfigurationError) in
            _ = try Configuration(parsing: Array((Self.stranger + Self.source).utf8), file: "config.toml")
        }
        let headings = try Self.page().keys.filter { $0.hasPrefix("[") }
        let names = headings.map { String($0.drop { $0 == "[" }.prefix { $0.isLetter }) }
        #expect(Set(names) == known)
        #expect(Set(headings) == Set(Self.tables.map(\.heading)), "each table's keys are compared")
    }

    @Test("has every key of a drive's file")
    func drive() throws {
        let text = """
            name = "red"
            luks_uuid = "0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11"
            filesystem = "ext4"
            label = "red"
            marker = "00112233445566778899aabbccddeeff"

            """
        let known = try Self.known { () throws(ConfigurationError) in
            _ = try DriveFile(parsing: Array((text + Self.stranger).utf8), file: "red.toml")
        }
        #expect(try Self.page()["NAME.toml"] == known)
    }

    /// What the reader knows beside the one key that it refuses.
    private static func known(_ read: () throws(ConfigurationError) -> Void) throws -> Set<String> {
        let error = try #require(throws: ConfigurationError.self) { try read() }
        let hint = try #require(error.hint)
        let start = "known here: "
        try #require(hint.hasPrefix(start), "\(error)")
        return Set(hint.dropFirst(start.count).split(separator: ", ").map(String.init))
    }

    /// The keys under each heading: what follows `.SS` and `.TP`.
    private static func page() throws -> [String: Set<String>] {
        let path = FileName(#filePath).components.dropLast(3).reduce(FileName("/")) { $0.appending($1) }
            .appending("docs/man/extbackup.toml.5")
        let text = String(decoding: try Descriptor.open(path, .read).readAll(limit: 1 << 20), as: UTF8.self)
        var keys: [String: Set<String>] = [:]
        var heading = ""
        var isTag = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix(".SS ") { heading = String(line.dropFirst(4)) }
            if isTag {
                let words = line.split(separator: " ").dropFirst()
                let names = words.filter { $0.allSatisfy { $0 == "_" || $0.isLetter } }
                keys[heading, default: []].formUnion(names.map(String.init))
            }
            isTag = line == ".TP"
        }
        return keys
    }
}
