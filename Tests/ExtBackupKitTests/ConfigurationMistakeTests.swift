import LinuxSystem
import Testing

@testable import ExtBackupKit

/// A text that is no configuration, and what a person is told of it.
private struct Mistake: CustomTestStringConvertible, Sendable {
    var text: String
    /// Behind the file's name: line, column, message.
    var message: String
    var hint: String?

    init(_ text: String, _ message: String, hint: String? = nil) {
        self.text = text
        self.message = message
        self.hint = hint
    }

    var testDescription: String { message }
}

private let source = "[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\n"
private let sourceRule = "use up to 64 letters, digits, '-', '_' and '.', beginning with a letter or a digit"
private let sourceKeys =
    "known here: after, before, exclude, exclude_caches, exclude_from, hook_timeout, ignore_files, lock, "
    + "max_size, min_size, name, one_file_system, path, require_mount"
private let sizes = "for example \"4GB\" (4 000 000 000 bytes) or \"4GiB\" (4 294 967 296 bytes)"
private let addresses = "write addresses as 'root' or 'name@example.org', one for each entry"
private let standOut = "green is the only color that says 'safe to pull': let it stand out"

private let unknownKeys: [Mistake] = [
    Mistake(
        "sorce = 1\n" + source,
        "1:1: unknown key 'sorce' in 'the top level'",
        hint: "did you mean 'source'?"
    ),
    Mistake(
        source + "[guards]\n",
        "4:2: unknown key 'guards' in 'the top level'",
        hint: "did you mean 'guard'?"
    ),
    Mistake(
        source + "exlude = []\n",
        "4:1: unknown key 'exlude' in 'source'",
        hint: "did you mean 'exclude'?"
    ),
    Mistake(source + "compression = 9\n", "4:1: unknown key 'compression' in 'source'", hint: sourceKeys),
    Mistake(
        source + "lock = { kind = \"borg\", wiat = \"1s\" }\n",
        "4:25: unknown key 'wiat' in 'lock'",
        hint: "did you mean 'wait'?"
    ),
    Mistake(
        source + "lock = { kind = \"borg\", path = \"/x\" }\n",
        "4:25: unknown key 'path' in 'lock'",
        hint: "known here: kind, wait"
    ),
    Mistake(
        source + "[guard]\nmax_deletes = {}\n",
        "5:1: unknown key 'max_deletes' in 'guard'",
        hint: "did you mean 'max_delete'?"
    ),
    Mistake(
        source + "[guard]\nmax_delete = { file = 1 }\n",
        "5:16: unknown key 'file' in 'max_delete'",
        hint: "did you mean 'files'?"
    ),
    Mistake(
        source + "[led]\nworkign = \"33c280\"\n",
        "5:1: unknown key 'workign' in 'led'",
        hint: "did you mean 'working'?"
    ),
    Mistake(
        source + "[mail]\nform = \"root\"\n",
        "5:1: unknown key 'form' in 'mail'",
        hint: "known here: on, sendmail, to"
    ),
    Mistake(
        source + "[drive]\nwhendone = \"stop\"\n",
        "5:1: unknown key 'whendone' in 'drive'",
        hint: "did you mean 'when_done'?"
    ),
]

private let wrongKinds: [Mistake] = [
    Mistake(
        "source = 1\n",
        "1:1: 'source' must be an array of tables, written [[source]], not a whole number"
    ),
    Mistake(
        "[source]\nname = \"a\"\n",
        "1:2: 'source' must be an array of tables, written [[source]], not a table"
    ),
    Mistake("source = [1]\n", "1:11: 'source' must be a table, not a whole number"),
    Mistake("[[source]]\nname = 1\n", "2:1: 'name' must be a text, not a whole number"),
    Mistake(source + "exclude = \"*.tmp\"\n", "4:1: 'exclude' must be an array of texts, not a text"),
    Mistake(
        source + "exclude = [\"a\", 2]\n",
        "4:17: 'exclude' holds a whole number, but only texts belong there"
    ),
    Mistake(source + "require_mount = \"yes\"\n", "4:1: 'require_mount' must be true or false, not a text"),
    Mistake(source + "exclude_from = [\"/a\"]\n", "4:1: 'exclude_from' must be a text, not an array"),
    Mistake(
        source + "exclude_caches = 1\n",
        "4:1: 'exclude_caches' must be true or false, not a whole number"
    ),
    Mistake(source + "ignore_files = \"x\"\n", "4:1: 'ignore_files' must be true or false, not a text"),
    Mistake(source + "max_size = 4000\n", "4:1: 'max_size' must be a text, not a whole number"),
    Mistake(source + "lock = \"borg\"\n", "4:1: 'lock' must be a table, not a text"),
    Mistake(source + "[led]\nindex = 1.5\n", "5:1: 'index' must be a whole number, not a number"),
    Mistake(source + "[led]\nindex = 2026-01-01\n", "5:1: 'index' must be a whole number, not a date"),
    Mistake(source + "[mail]\nto = \"root\"\n", "5:1: 'to' must be an array of texts, not a text"),
]

private let values: [Mistake] = [
    Mistake("", "1:1: there is no source", hint: "add [[source]] with a name and a path"),
    Mistake("# nothing\n", "1:1: there is no source", hint: "add [[source]] with a name and a path"),
    Mistake("[[source]]\npath = \"/p\"\n", "1:1: 'source' needs the key 'name'"),
    Mistake("[[source]]\nname = \"p\"\n", "1:1: 'source' needs the key 'path'"),
    Mistake(source + source, "5:1: two sources have the name 'photos'"),
    Mistake(
        source + "[guard]\nmax_delete = { percent = 101 }\n",
        "5:16: 'percent' must be from 0 to 100, not 101"
    ),
    Mistake(
        source + "[guard]\nmax_delete = { files = -1 }\n",
        "5:16: 'files' must be from 0 to 9223372036854775807, not -1"
    ),
    Mistake(
        source + "max_size = \"4 apples\"\n",
        "4:1: 'max_size' must be a whole number of bytes or of a unit, not '4 apples'",
        hint: sizes
    ),
    Mistake(
        source + "min_size = \"-1\"\n",
        "4:1: 'min_size' must be a whole number of bytes or of a unit, not '-1'",
        hint: sizes
    ),
    Mistake(
        source + "max_size = \"1kB\"\nmin_size = \"1KiB\"\n",
        "5:1: 'min_size' is larger than 'max_size', so no file would be copied"
    ),
    Mistake(
        source + "exclude_from = \"photos.exclude\"\n",
        "4:1: 'exclude_from' must be an absolute path, not 'photos.exclude'"
    ),
    Mistake(
        source + "exclude_from = \"/nonexistent/x\"\n",
        "4:1: 'exclude_from': '/nonexistent/x' cannot be read: no such file or directory",
        hint: "write it, or remove 'exclude_from'"
    ),
    Mistake(source + "[led]\nindex = 64\n", "5:1: 'index' must be from 0 to 63, not 64"),
    Mistake(source + "[led]\nbrightness = 0\n", "5:1: 'brightness' must be from 1 to 100, not 0"),
    Mistake(
        source + "[led]\nserial = \"\"\n",
        "4:2: in 'led': 'serial' is empty: name a stick like 'BS012345-3.0', or leave it out",
        hint: standOut
    ),
    Mistake(
        source + "[led]\nsafe = \"000000\"\n",
        "4:2: in 'led': the color of 'safe' is dark at this brightness",
        hint: standOut
    ),
    Mistake(
        source + "[led]\nfailed = \"008000\"\n",
        "4:2: in 'led': the color of 'failed' cannot be told from that of 'safe' at this brightness",
        hint: standOut
    ),
    Mistake(
        source + "[mail]\non = [\"recoverd\"]\n",
        "5:7: 'on' cannot be 'recoverd'; possible: failure, held, recovered",
        hint: "did you mean 'recovered'?"
    ),
    Mistake(
        source + "[drive]\nwhen_done = \"eject\"\n",
        "5:1: 'when_done' cannot be 'eject'; possible: power-off, stop, leave"
    ),
    Mistake(
        source + "lock = { kind = \"brog\" }\n",
        "4:10: 'kind' cannot be 'brog'; possible: flock, borg, command",
        hint: "did you mean 'borg'?"
    ),
    Mistake(
        source + "lock = { wait = \"1m\" }\n",
        "4:1: 'lock' needs the key 'kind': flock, borg or command"
    ),
    Mistake(source + "lock = { kind = \"flock\" }\n", "4:1: 'lock' needs the key 'path'"),
    Mistake(
        source + "lock = { kind = \"command\", command = [] }\n",
        "4:1: a lock of kind 'command' needs 'command', an array of texts"
    ),
    Mistake(
        source + "lock = { kind = \"command\", command = [\"hold\"] }\n",
        "4:39: 'command' must be an absolute path, not 'hold'"
    ),
    Mistake(
        source + "lock = { kind = \"borg\", wait = \"30\" }\n",
        "4:25: 'wait' must be a number with a unit s, m or h, not '30'",
        hint: "for example \"30m\""
    ),
]

private let hooks: [Mistake] = [
    Mistake(
        source + "[run]\nhook_timeout = \"1m\"\n",
        "5:1: unknown key 'hook_timeout' in 'run'",
        hint: "known here: after, before, timeout"
    ),
    Mistake(source + "befor = []\n", "4:1: unknown key 'befor' in 'source'", hint: "did you mean 'before'?"),
    Mistake("run = 1\n" + source, "1:1: 'run' must be a table, not a whole number"),
    Mistake(source + "before = \"/bin/dump\"\n", "4:1: 'before' must be an array of texts, not a text"),
    Mistake(
        source + "after = [\"/bin/dump\", 1]\n",
        "4:23: 'after' holds a whole number, but only texts belong there"
    ),
    Mistake(
        source + "[run]\nbefore = []\n",
        "5:1: 'before' names no program",
        hint: "write it as [\"/usr/local/bin/program\", \"argument\"], or leave it out"
    ),
    Mistake(source + "after = [\"dump\"]\n", "4:10: 'after' must be an absolute path, not 'dump'"),
    Mistake(
        source + "before = [\"/bin/../dump\"]\n",
        "4:11: 'before' must not hold '..': '/bin/../dump'"
    ),
    Mistake(
        source + "before = [\"/bin/dump\", \"a\\u0000\"]\n",
        "4:24: 'before' must not hold a NUL character"
    ),
    Mistake(
        source + "before = [\"/bin/dump\"]\nhook_timeout = \"30\"\n",
        "5:1: 'hook_timeout' must be a number above 0 with a unit s, m or h, not '30'",
        hint: "for example \"30m\""
    ),
    Mistake(
        source + "[run]\nafter = [\"/bin/dump\"]\ntimeout = \"0s\"\n",
        "6:1: 'timeout' must be a number above 0 with a unit s, m or h, not '0s'",
        hint: "for example \"30m\""
    ),
    Mistake(
        source + "hook_timeout = \"1m\"\n",
        "4:1: 'hook_timeout' is a limit for 'before' and 'after', but there is neither"
    ),
]

private let texts: [Mistake] = [
    Mistake(
        "[[source]]\nname = \"p\"\npath = \"photos\"\n",
        "3:1: 'path' must be an absolute path, not 'photos'"
    ),
    Mistake("[[source]]\nname = \"p\"\npath = \"\"\n", "3:1: 'path' must be an absolute path, not ''"),
    Mistake(
        "[[source]]\nname = \"p\"\npath = \"/srv/../etc\"\n",
        "3:1: 'path' must not hold '..': '/srv/../etc'"
    ),
    Mistake("[[source]]\nname = \"p\"\npath = \"/a\\u0000b\"\n", "3:1: 'path' must not hold a NUL character"),
    Mistake(source + "exclude = [\"\"]\n", "4:12: an empty pattern excludes nothing; remove it"),
    Mistake(
        source + "exclude = [\"a\", \"!\"]\n",
        "4:17: '!' drops all patterns before it; remove them instead"
    ),
    Mistake(source + "exclude = [\"- \"]\n", "4:12: 'exclude': the filter rule '- ' has no pattern"),
    Mistake(source + "exclude = [\"a\\u0000b\"]\n", "4:12: 'exclude' must not hold a NUL character"),
    Mistake(
        source + "[led]\nworking = \"green\"\n",
        "5:1: 'working': 'green' is no color: write six digits like '33c280', or 'off'",
        hint: "for example \"33c280\""
    ),
    Mistake(
        source + "[mail]\nto = [\"root\\nBcc: all\"]\n",
        "5:7: 'root\\nBcc: all' is no mail address",
        hint: addresses
    ),
    Mistake(source + "[mail]\nto = [\"-oQ/tmp\"]\n", "5:7: '-oQ/tmp' is no mail address", hint: addresses),
    Mistake(source + "[mail]\nto = [\"a@b@c\"]\n", "5:7: 'a@b@c' is no mail address", hint: addresses),
    Mistake(source + "[mail]\nto = [\"a, b\"]\n", "5:7: 'a, b' is no mail address", hint: addresses),
    Mistake(source + "[mail]\nto = [\"\"]\n", "5:7: '' is no mail address", hint: addresses),
    Mistake(
        source + "[mail]\nsendmail = \"msmtp\"\n",
        "5:1: 'sendmail' must be an absolute path, not 'msmtp'"
    ),
]

@Suite("A mistake in the configuration")
struct ConfigurationMistakeTests {
    private static let file: FileName = "/etc/extbackup/config.toml"

    private func mistake(in bytes: [UInt8]) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try Configuration(parsing: bytes, file: Self.file)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "is told with file, line, column and a way out",
        arguments: unknownKeys + wrongKinds + values + hooks + texts
    )
    private func told(row: Mistake) throws {
        let error = try #require(mistake(in: Array(row.text.utf8)))
        #expect(error.description == "/etc/extbackup/config.toml:\(row.message)")
        #expect(error.hint == row.hint)
    }

    @Test(
        "in a source's name is told, for it becomes a folder on the drive",
        arguments: [
            ".extbackup", "..", ".", "-rf", "_x", "a/b", "a b", "fotos-ä", "",
            String(repeating: "a", count: 65),
        ]
    )
    func names(name: String) throws {
        let text = "[[source]]\nname = \"\(name)\"\npath = \"/p\"\n"
        let error = try #require(mistake(in: Array(text.utf8)))
        let message = "2:1: \(FileName(name)) cannot be the name of a source"
        #expect(error.description == "/etc/extbackup/config.toml:\(message)")
        #expect(error.hint == sourceRule)
    }

    @Test("is a name that the drive needs for itself", arguments: ["history", "lost+found"])
    func taken(name: String) throws {
        let text = "[[source]]\nname = \"\(name)\"\npath = \"/p\"\n"
        let error = try #require(mistake(in: Array(text.utf8)))
        #expect(error.line == 2)
    }

    @Test(
        "of the syntax is told where it stands, in one line",
        arguments: [
            ("[[source]]\nname = \n", 2), ("[[source]\n", 1), ("a = 1\na = 2\n", 2), ("a = \"\\q\"\n", 1),
            ("\u{0}\u{1}\u{2}\u{7f}ELF", 1), ("[led]\n[led]\n", 2), ("a = \"x", 1),
        ] as [(String, Int)]
    )
    func syntax(text: String, line: Int) throws {
        let error = try #require(mistake(in: Array(text.utf8)))
        #expect(error.line == line)
        #expect(!error.message.isEmpty)
        let isPlain = error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        #expect(isPlain, "\(error.message.debugDescription)")
    }

    @Test("is shown in its line, with a caret below it")
    func excerpt() throws {
        let text = source + "  exclude = [\"a\", 2]\n"
        #expect(mistake(in: Array(text.utf8))?.excerpt == ["  exclude = [\"a\", 2]", "                  ^"])
        // What is missing has no place.
        #expect(mistake(in: Array("[led]\n".utf8))?.excerpt == [])
        #expect(mistake(in: Array("[[source]\n".utf8))?.excerpt.first == "[[source]")
    }

    @Test("in a file of patterns is shown in that file's line")
    func patterns() throws {
        let home = try TemporaryFolder()
        try home.write("patterns", "a\n- \n")
        let path = String(decoding: home.path.bytes, as: UTF8.self) + "/patterns"
        let error = try #require(mistake(in: Array((source + "exclude_from = '\(path)'\n").utf8)))
        #expect(error.line == 2)
        #expect(error.excerpt == ["- ", "^"])
    }

    @Test("is a byte that is no UTF-8")
    func encoding() throws {
        let error = try #require(mistake(in: Array("[[source]]\nname = \"a".utf8) + [0xff, 0xfe, 0x22]))
        #expect(error.line == 2)
    }

    @Test("is a file that is missing, too long, or a folder")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        func told(_ name: FileName) -> (String, String?)? {
            do throws(ConfigurationError) {
                _ = try Configuration(readingFrom: folder.path.appending(name))
                return nil
            } catch {
                return (error.message, error.hint)
            }
        }
        let missing = try #require(told("config.toml"))
        #expect(missing.0 == "cannot be read: no such file or directory")
        #expect(
            missing.1
                == "'extbackup init' writes one after a few questions; 'extbackup config example' prints one"
        )
        try folder.write("long.toml", String(repeating: "#", count: 1 << 20) + "\n")
        #expect(told("long.toml")?.0 == "cannot be read: it is larger than 1 MiB")
        try folder.makeFolder("folder.toml")
        #expect(told("folder.toml")?.0 == "cannot be read: it is not a plain file")
    }

    @Test("is not that a file is 1 MiB long")
    func long() throws {
        let text = source + String(repeating: "#", count: (1 << 20) - source.utf8.count)
        #expect(mistake(in: Array(text.utf8)) == nil)
    }
}
