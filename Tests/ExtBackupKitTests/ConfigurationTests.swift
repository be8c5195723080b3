import Copying
import Indicators
import LinuxSystem
import Reporting
import Testing

@testable import ExtBackupKit

@Suite("A configuration")
struct ConfigurationTests {
    private func configuration(_ text: String) throws -> Configuration {
        try Configuration(parsing: Array(text.utf8), file: "config.toml")
    }

    @Test("of one source has sensible values for everything else")
    func defaults() throws {
        let read = try configuration("[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\n")
        let source = SourceConfiguration(
            name: "photos",
            path: "/srv/photos",
            requiresMount: false,
            staysOnFileSystem: false,
            excludes: [],
            lock: nil
        )
        #expect(read.sources == [source])
        #expect(source.hooks == .none)
        #expect(read.hooks == .none)
        #expect(read.deletionLimit == DeletionLimit(files: 1000, percent: 20))
        #expect(read.replugging == .approves)
        #expect(read.light == LightConfiguration(serial: nil, index: 0, brightness: 10, colors: [:]))
        #expect(read.mail.recipients == ["root"])
        #expect(read.mail.policy == MailPolicy(on: [.failure, .held, .recovered]))
        #expect(read.mail.sendmail == "/usr/sbin/sendmail")
        #expect(read.drive.ending == .powerOff)
    }

    /// Texts with a key that has to be there and is misspelled: where that is told, which key it is, and what was meant.
    static let slips: [(text: String, place: String, key: String, meant: String)] = [
        ("[[source]]\nname = 'p'\npth = '/srv'\n", "3:1", "'pth' in 'source'", "path"),
        ("[[source]]\nnmae = 'p'\npath = '/srv'\n", "2:1", "'nmae' in 'source'", "name"),
        ("[[soruce]]\nname = 'p'\n", "1:3", "'soruce' in 'the top level'", "source"),
        ("[[source]]\nname = 'p'\npath = '/p'\nlock = { knd = 'borg' }\n", "4:10", "'knd' in 'lock'", "kind"),
        (
            "[[source]]\nname = 'p'\npath = '/p'\nlock = { kind = 'command', comand = ['/c'] }\n", "4:28",
            "'comand' in 'lock'", "command"
        ),
    ]

    @Test("with a required key that is misspelled is told so there", arguments: slips)
    func slip(text: String, place: String, key: String, meant: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error?.description == "config.toml:\(place): unknown key \(key)")
        #expect(error?.hint == "did you mean '\(meant)'?")
    }

    private static let everything =
        """
        [[source]]
        name = "Fotos.2_a"
        path = "/srv/fotos"
        require_mount = true
        one_file_system = true
        exclude = ["*.tmp", "/cache/"]
        exclude_caches = true
        ignore_files = true
        min_size = "1"
        max_size = "4 GB"
        lock = { kind = "command", command = ["/bin/hold", "-x"], wait = "2h" }
        before = ["/bin/dump", "all"]
        after = ["/bin/clean"]
        hook_timeout = "10m"
        [[source]]
        name = "borg"
        path = "/srv/borg"
        lock = { kind = "borg" }
        [[source]]
        name = "db"
        path = "/srv/db"
        lock = { kind = "flock", path = "/run/lock/db", wait = "0s" }
        [run]
        after = ["/bin/ping", ""]
        timeout = "1h"
        [guard]
        max_delete = { files = 5, percent = 0 }
        replug_approves = false
        [led]
        serial = "BS1"
        index = 3
        brightness = 100
        working = "0000ff"
        [mail]
        to = []
        on = []
        sendmail = "/usr/bin/msmtp"
        [drive]
        when_done = "leave"
        """

    @Test("with everything is read")
    func everything() throws {
        let read = try configuration(Self.everything)
        #expect(read.sources.map(\.name) == ["Fotos.2_a", "borg", "db"])
        #expect(read.sources[0].requiresMount)
        #expect(read.sources[0].staysOnFileSystem)
        #expect(read.sources[0].excludes == ["*.tmp", "/cache/"])
        #expect(read.sources.map(\.taggedCaches) == [.leftEmpty, .carried, .carried])
        #expect(read.sources.map(\.ignoreFiles) == [.obeyed, .disregarded, .disregarded])
        #expect(read.sources.map(\.sizes) == [SizeLimits(minimum: 1, maximum: 4_000_000_000), .any, .any])
        let locks = read.sources.map(\.lock)
        #expect(
            locks == [
                SourceLock(kind: .command(["/bin/hold", "-x"]), wait: .seconds(7200)),
                SourceLock(kind: .borg, wait: .seconds(1800)),
                SourceLock(kind: .flock(path: "/run/lock/db"), wait: .zero),
            ]
        )
        let hooks = read.sources.map(\.hooks)
        #expect(
            hooks == [
                Hooks(before: ["/bin/dump", "all"], after: ["/bin/clean"], timeout: .seconds(600)), .none,
                .none,
            ]
        )
        #expect(read.hooks == Hooks(before: nil, after: ["/bin/ping", ""], timeout: .seconds(3600)))
        #expect(read.deletionLimit == DeletionLimit(files: 5, percent: 0))
        #expect(read.replugging == .disregarded)
        #expect(
            read.light
                == LightConfiguration(
                    serial: "BS1",
                    index: 3,
                    brightness: 100,
                    colors: [.working: try RGB("0000ff")]
                )
        )
        #expect(read.mail.recipients == [])
        #expect(read.mail.policy.occasions == [])
        #expect(read.mail.sendmail == "/usr/bin/msmtp")
        #expect(read.drive.ending == .leave)
    }

    @Test("takes patterns of a file behind its own, and names the file's mistakes with their lines")
    func excludeFile() throws {
        let home = try TemporaryFolder()
        let path = String(decoding: home.path.bytes, as: UTF8.self) + "/patterns"
        let text = "[[source]]\nname = 'a'\npath = '/a'\nexclude_from = '\(path)'\nexclude = ['+ x', 'y']\n"
        try home.write("patterns", "# mine\nold\n!\n\n- z\n")
        #expect(try configuration(text).sources[0].excludes == ["+ x", "y", "- z"])
        try home.write("patterns", "a\r\n\r\n- \r\n")
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error?.description == "\(path):3:1: the filter rule '- ' has no pattern")
    }

    @Test("says what of a source is carried")
    func selection() throws {
        let text = "[[source]]\nname='a'\npath='/a'\nignore_files=true\nexclude_caches=true\nmax_size='1k'\n"
        let selection = try configuration(text).sources[0].selection(reserving: ["/keys/***"])
        #expect(selection.ignoreFiles == .obeyed)
        #expect(selection.taggedCaches == .leftEmpty)
        #expect(selection.sizes == SizeLimits(maximum: 1000))
    }

    @Test(
        "tells sizes in bytes or with a unit",
        arguments: [
            ("0", 0), ("512", 512), ("512B", 512), ("1k", 1000), ("1K", 1000), ("1KiB", 1024),
            ("2 MB", 2_000_000),
            ("4G", 4_000_000_000), ("4GB", 4_000_000_000), ("4GiB", 4_294_967_296), ("3T", 3_000_000_000_000),
            ("9223372036854775807", Int64.max), ("9223372036854775808", nil), ("9223372036854775807k", nil),
            ("8388608TiB", nil), ("", nil), ("G", nil), ("-1", nil), ("+1", nil), ("1.5G", nil),
            ("4  G", nil),
            ("4 ", nil), (" 4", nil), ("4g", nil), ("4GBs", nil), ("٤G", nil),
        ] as [(String, Int64?)]
    )
    func sizes(text: String, bytes: Int64?) {
        #expect(ByteCount(configured: text)?.bytes == bytes)
    }

    @Test("may switch the light off")
    func noLight() throws {
        #expect(try configuration("[led]\nenabled = false\n[[source]]\nname='a'\npath='/a'\n").light == nil)
    }

    @Test("is the commented example, which is also in the documentation")
    func example() throws {
        let file = FileName(#filePath).components.dropLast(3).reduce(FileName("/")) { $0.appending($1) }
            .appending("docs/config.toml")
        let read = try Configuration(readingFrom: file)
        #expect(read.sources.map(\.name) == ["photos"])
        #expect(read.light?.colors == [.working: try RGB("33c280")])
        #expect(try file.configurationText(whenMissing: "") == Array(ConfigurationForm.example.utf8))
    }

    @Test("is the example with a person's answers in the place of samples")
    func template() throws {
        let template = ConfigurationTemplate(
            sources: [
                .init(name: "a", path: "/srv/with \"quotes\"\n", requiresMount: true),
                .init(name: "b", path: "/b", requiresMount: false),
            ],
            recipients: ["anna@example.org", "root"],
            hasLight: false
        )
        let read = try configuration(template.text)
        #expect(read.sources.map(\.name) == ["a", "b"])
        #expect(read.sources.map(\.path) == ["/srv/with \"quotes\"\n", "/b"])
        #expect(read.sources.map(\.requiresMount) == [true, false])
        #expect(read.sources[0].excludes == [])
        #expect(!read.sources[0].staysOnFileSystem)
        #expect(read.mail.recipients == ["anna@example.org", "root"])
        #expect(read.light == nil)
        let example = ConfigurationForm.example.split(separator: "\n").filter { $0.hasPrefix("#") }
        let comments = Set(template.text.split(separator: "\n"))
        #expect(example.allSatisfy { comments.contains($0) })
        #expect(comments.contains("# one_file_system = true"))
    }

    @Test(
        "tells times with a unit",
        arguments: [
            ("90s", 90), ("30m", 1800), ("2h", 7200), ("0s", 0), ("168h", 604_800), ("169h", nil),
            ("30", nil),
            ("", nil), ("m", nil), ("-1s", nil), ("1.5h", nil), ("30 m", nil), ("1d", nil),
            ("99999999999999999999s", nil), ("9223372036854775807h", nil),
        ] as [(String, Int?)]
    )
    func durations(text: String, seconds: Int?) {
        #expect(Duration(configured: text) == seconds.map { .seconds($0) })
    }
}

@Suite("Spelling")
struct SpellingTests {
    @Test(
        "finds what a slip of the finger meant, and nothing else",
        arguments: [
            ("exlude", "exclude"), ("excldue", "exclude"), ("paht", "path"), ("Path", "path"),
            ("nam", "name"),
            ("to", "to"), ("ot", "to"), ("compression", nil), ("", nil), ("x", nil),
        ] as [(String, String?)]
    )
    func nearest(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, in: ["name", "path", "exclude", "to"]) == meant)
    }

    @Test(
        "counts edits, a swap as one",
        arguments: [("", "", 0), ("a", "", 1), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3)]
    )
    func distance(left: String, right: String, edits: Int) {
        #expect(Spelling.distance(left, right) == edits)
        #expect(Spelling.distance(right, left) == edits)
    }

    @Test("of nothing is nothing")
    func none() {
        #expect(Spelling.nearest(to: "a", in: []) == nil)
    }
}
