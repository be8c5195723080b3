import Copying
import Indicators
import LinuxSystem
import Reporting
import Testing

@testable import ExtBackupKit

@Suite("The configuration as it takes effect")
struct ConfigurationOverviewTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder()
    }

    private func overview(_ text: String) throws -> ConfigurationOverview {
        try home.write("config.toml", text)
        return try ConfigurationOverview(folder: home.path)
    }

    @Test("says all that the file does not say, and what the drives' files say")
    func defaults() throws {
        try home.write("drives.d/red.toml", Sandbox.driveFile)
        let path = String(decoding: home.path.bytes, as: UTF8.self)
        let lines = try overview("[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\n").lines
        #expect(
            lines.joined(separator: "\n") == """
                # \(path)/config.toml, with all that it does not say

                [[source]]
                name = "photos"
                path = "/srv/photos"
                require_mount = false
                one_file_system = false
                exclude = []
                exclude_caches = false
                ignore_files = false

                [guard]
                max_delete = { files = 1000, percent = 20 }
                replug_approves = true

                [led]
                enabled = true
                index = 0
                brightness = 10
                working = "33c280"
                verifying = "0f3926"
                safe = "008000"
                held = "ff8000"
                failed = "ff0000"
                due = "ff8000"
                unknown = "ffffff"

                [mail]
                to = ["root"]
                on = ["failure", "held", "recovered"]
                sendmail = "/usr/sbin/sendmail"

                [drive]
                due_after = "30d"
                when_done = "power-off"

                # \(path)/drives.d/red.toml
                #   name = "red"
                #   luks_uuid = "\(FakeDrive.uuid)"
                #   serial = "S1"
                #   disk = "Elements, 2.0 TB"
                #   key_slot = 0
                #   filesystem = "ext4"
                #   label = "red"
                #   prepared = "2026-11-01T10:00:00Z"
                #   marker = "\(FakeDrive.driveID)"
                #   sources = ["photos"]
                """
        )
    }

    static let files = [
        "[[source]]\nname = 'a'\npath = '/a'\n",
        """
        [[source]]
        name = "Fotos.2_a"
        path = "/srv/\\"fotos\\" \\u001b"
        require_mount = true
        one_file_system = true
        exclude = ["+ x", "*.tmp", "/cache/"]
        exclude_caches = true
        ignore_files = true
        min_size = "1"
        max_size = "4 GB"
        lock = { kind = "command", command = ["/bin/hold", "-x"], wait = "90s" }
        [[source]]
        name = "borg"
        path = "/srv/borg"
        lock = { kind = "borg" }
        [[source]]
        name = "db"
        path = "/srv/db"
        lock = { kind = "flock", path = "/run/lock/db", wait = "2h" }
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
        on = ["recovered", "failure"]
        sendmail = "/usr/bin/msmtp"
        [drive]
        due_after = "7d"
        when_done = "leave"
        """,
        "[[source]]\nname = 'a'\npath = '/a'\n[led]\nenabled = false\n",
    ]

    @Test("is a configuration of the same effect", arguments: files)
    func roundTrip(text: String) throws {
        let read = try Configuration(parsing: Array(text.utf8), file: "config.toml")
        let shown = try overview(text)
        let again = try Configuration(
            parsing: Array(shown.lines.joined(separator: "\n").utf8),
            file: "config.toml"
        )
        #expect(again.sources == read.sources)
        #expect(again.deletionLimit == read.deletionLimit)
        #expect((again.light == nil) == (read.light == nil))
        if let left = again.light, let right = read.light {
            #expect(left.serial == right.serial && left.index == right.index)
            #expect(left.brightness == right.brightness)
            for role in LightRole.allCases {
                #expect(try LightSettings(left).color(for: role) == LightSettings(right).color(for: role))
            }
        }
        #expect(again.mail == read.mail)
        #expect(again.drive == read.drive)
        #expect(try overview(shown.lines.joined(separator: "\n")).json() == shown.json())
    }

    @Test("has the patterns of files among its own, escaped where they are no text")
    func patterns() throws {
        let path = String(decoding: home.path.bytes, as: UTF8.self) + "/patterns"
        try Descriptor.open(home.path, .directory)
            .replaceFile("patterns", with: Array("old\n".utf8) + [0x61, 0xff], mode: 0o644)
        let lines = try overview(
            "[[source]]\nname='a'\npath='/a'\nexclude=['x']\nexclude_from='\(path)'\n"
        ).lines
        #expect(lines.contains(##"exclude = ["x", "old", "a\\#377"]"##))
    }

    @Test("for programs has the same keys, and an array of drives")
    func json() throws {
        try home.write("drives.d/red.toml", Sandbox.driveFile + "sources = [\"b\"]\n")
        let json = try overview(
            "[[source]]\nname='a'\npath='/a'\n[[source]]\nname='b'\npath='/b'\n"
        ).json()
        for part in [
            "\"source\" : [\n    {\n      \"exclude\" : [", "\"require_mount\" : false", "\"percent\" : 20",
            "\"drives\" : [\n    {\n      \"disk\" : \"Elements, 2.0 TB\",",
            "\"sources\" : [\n        \"b\"\n      ]",
        ] {
            #expect(json.contains(part), "\(part) in \(json)")
        }
    }

    @Test("is not told of files with a mistake, but the mistake is, with its line")
    func mistake() throws {
        let error = #expect(throws: Failure.self) { try overview("[[source]]\nnam = 'a'\npath='/a'\n") }
        #expect(error?.status == .config)
        #expect(error?.excerpt == ["nam = 'a'", "^"])
    }
}
