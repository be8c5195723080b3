import LinuxSystem
import SystemPackage
import Testing

@Suite("'init'")
struct InitTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func run(_ words: FileName...) throws -> Program.Outcome {
        try Program.run(["init", "--folder", folder.path.appending("etc")] + words)
    }

    private func shown() throws -> String {
        try Program.run(["config", "show", "--folder", folder.path.appending("etc")]).output
    }

    @Test("writes what options say, and that passes 'config check'")
    func options() throws {
        let outcome = try run(
            "--yes",
            "--source",
            "temporary=/tmp",
            "--source",
            "none=/no/such",
            "--mail",
            "anna@example.org",
            "--mail",
            "root",
            "--no-led"
        )
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("warning: there is no folder '/no/such'\n"))
        #expect(outcome.errors.contains("\n  source temporary: '/tmp'"))
        let shown = try shown()
        for part in [
            "name = \"temporary\"\npath = \"/tmp\"\n", "to = [\"anna@example.org\", \"root\"]\n",
            "[led]\nenabled = false\n",
        ] {
            #expect(shown.contains(part), "\(part)")
        }
    }

    @Test("has mail to root and a light when nothing is said of them")
    func usual() throws {
        #expect(try run("--yes", "--source", "a=/no/such").status == 0)
        let shown = try shown()
        #expect(shown.contains("to = [\"root\"]\n"))
        #expect(shown.contains("[led]\nenabled = true\n"))
    }

    @Test("refuses what cannot be, and writes nothing", arguments: ["a", "a b=/tmp", "a=tmp"] as [FileName])
    func wrong(source: FileName) throws {
        let outcome = try run("--yes", "--source", source)
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("extbackup: "))
        #expect(try run("--yes", "--source", "a=/tmp", "--mail", "a b").status == 64)
        #expect(try Descriptor.open(folder.path, .directory).entryNames() == [])
    }

    @Test("leaves a configuration that is there alone")
    func existing() throws {
        try folder.write("etc/config.toml", "mine")
        let outcome = try run("--yes", "--source", "a=/tmp")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.hasSuffix(
                "config.toml' is there already and stays as it is\n"
                    + "  hint: edit it; 'extbackup config check' tells whether it is right\n"
            )
        )
        let text = try Descriptor.open(folder.path.appending("etc/config.toml"), .read).readAll(limit: 99)
        #expect(text == Array("mine".utf8))
    }

    @Test("says without a terminal what to do")
    func noTerminal() throws {
        let outcome = try run()
        #expect(outcome.status == 64)
        #expect(
            outcome.errors == """
                extbackup: there is no terminal to ask on; nothing was changed
                  hint: use --yes with --source NAME=PATH, and --mail and --no-led as you need them

                """
        )
        #expect(try Descriptor.open(folder.path, .directory).entryNames() == [])
    }

    @Test("asks at a terminal", Need.program("/usr/bin/script"))
    func terminal() throws {
        let outcome = try Program.script(
            """
            printf '\\nn\\n' | script --quiet --return --command "'$1' init --folder '$2' --source a=/tmp" /dev/null
            """,
            folder.path.appending("etc")
        )
        let talk = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.isSuccess, "\(talk)")
        #expect(talk.contains("Who gets mail when something is wrong?"))
        #expect(talk.contains("Is there a BlinkStick, or will there be one? [Y/n]"))
        #expect(try shown().contains("[led]\nenabled = false\n"))
    }
}
