import LinuxSystem
import SystemPackage
import Testing

@Suite("'config check'")
struct ConfigCheckTests {
    private let good = "[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\n"

    @Test("ends with 0 when all is right")
    func right() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good)
        let outcome = try Program.run(["config", "check", "--folder", folder.path])
        #expect(outcome.status == 0)
        #expect(outcome.output == "source photos: '/srv/photos'\nthe configuration is right\n")
        #expect(outcome.errors == "")
    }

    @Test("ends with 78 and the place of a mistake")
    func wrong() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good + "exlude = []\n")
        let outcome = try Program.run(["config", "check", "--folder", folder.path])
        #expect(outcome.status == 78)
        #expect(outcome.output == "")
        let path = String(decoding: folder.path.bytes, as: UTF8.self)
        #expect(
            outcome.errors
                == "extbackup: \(path)/config.toml:4:1: unknown key 'exlude' in 'source'\n"
                + "    exlude = []\n    ^\n"
                + "  hint: did you mean 'exclude'?\n"
        )
    }

    @Test("shows the line of a mistake, with a caret below the column")
    func line() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good + "exclude = [\"a\", 2]\n")
        let outcome = try Program.run(["config", "check", "--folder", folder.path])
        let path = String(decoding: folder.path.bytes, as: UTF8.self)
        #expect(
            outcome.errors == """
                extbackup: \(path)/config.toml:4:17: 'exclude' holds a whole number, but only texts belong there
                    exclude = ["a", 2]
                                    ^
                  hint: correct it there; 'extbackup config check' tells when all is right

                """
        )
    }

    @Test("finds a mistake in a drive's file")
    func drive() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good)
        try folder.write("drives.d/red.toml", "name = 1\n")
        let outcome = try Program.run(["config", "check", "--folder", folder.path])
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("drives.d/red.toml:1:1: 'name' must be a text, not a whole number\n"))
    }

    @Test("escapes what a hostile file says")
    func hostile() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good + "\"\\u001b[31m\" = 1\n")
        let outcome = try Program.run(["config", "check", "--folder", folder.path])
        #expect(outcome.status == 78)
        #expect(!outcome.errors.contains("\u{1b}"))
    }
}

@Suite("The configuration's form")
struct ConfigurationFormTests {
    private let good = "[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\n"

    @Test("is printed as an example that is right itself")
    func example() throws {
        let example = try Program.run(["config", "example"])
        #expect(example.status == 0)
        let folder = try TemporaryFolder()
        try folder.write("config.toml", example.output)
        #expect(try Program.run(["config", "check", "--folder", folder.path]).status == 0)
    }

    @Test("is printed as a schema")
    func schema() throws {
        let schema = try Program.run(["config", "schema"])
        #expect(schema.status == 0)
        #expect(
            schema.output.hasPrefix("{\n  \"$schema\" : \"https://json-schema.org/draft/2020-12/schema\"")
        )
    }

    @Test("takes effect, as 'config show' tells, with all that a file does not say")
    func show() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.toml", good)
        let shown = try Program.run(["config", "show", "--folder", folder.path])
        #expect(shown.status == 0)
        #expect(
            shown.output.contains(
                "\n[[source]]\nname = \"photos\"\npath = \"/srv/photos\"\nrequire_mount = false\n"
            )
        )
        #expect(shown.output.contains("\n[drive]\ndue_after = \"30d\"\nwhen_done = \"power-off\"\n"))
        let again = try TemporaryFolder()
        try again.write("config.toml", shown.output)
        let json = try Program.run(["config", "show", "--json", "--folder", folder.path])
        #expect(json.output.hasPrefix("{\n"))
        #expect(try Program.run(["config", "show", "--json", "--folder", again.path]).output == json.output)
    }

    @Test("is not shown of a wrong configuration")
    func wrong() throws {
        let folder = try TemporaryFolder()
        let outcome = try Program.run(["config", "show", "--folder", folder.path])
        #expect(outcome.status == 78)
        #expect(outcome.output == "")
    }
}
