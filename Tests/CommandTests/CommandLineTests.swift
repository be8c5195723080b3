import LinuxSystem
import SystemPackage
import Testing

@Suite("The command line")
struct CommandLineTests {
    static let commands: [(words: String, names: [String])] = [
        (
            "",
            [
                "--version", "prepare-disk", "run", "status", "log", "drives", "approve", "copy", "init",
                "config",
                "led", "mail",
            ]
        ),
        (
            "prepare-disk",
            [
                "<device>", "--name", "--filesystem", "--yes", "--serial", "--passphrase-file",
                "--no-passphrase",
            ]
        ),
        ("run", ["<name>", "--dry-run"]), ("status", ["--json"]), ("approve", ["<name>"]),
        ("drives", ["list", "show"]), ("drives list", ["--json"]), ("drives show", ["<name>", "--json"]),
        ("log", ["<drive>", "--last <n>", "--run <number>", "--json"]),
        (
            "copy",
            [
                "<src>", "<dst>", "--delete", "--max-delete <n>", "--exclude <pattern>",
                "--include <pattern>", "--exclude-from <file>", "--one-file-system", "--dry-run", "--itemize",
                "--json", "--quiet", "EXIT STATUS", "   25  held ",
            ]
        ),
        (
            "init",
            ["--source <name=path>", "--mail <address>", "--no-led", "--yes", "--folder <folder>"]
        ),
        ("config", ["check", "show", "example", "schema"]),
        ("config check", ["--folder"]), ("config show", ["--folder", "--json"]),
        ("config example", []), ("config schema", ["#:schema"]), ("led", ["test", "clear", "show"]),
        ("led test", []),
        ("led clear", []),
        ("led show", []), ("mail", ["test", "deliver"]), ("mail test", []), ("mail deliver", []),
        ("agent", ["<name>"]), ("cleanup", ["<name>"]), ("failed", ["<name>"]),
    ]

    @Test("explains every command and names its options", arguments: commands)
    func help(words: String, names: [String]) throws {
        let outcome = try Program.run(Program.words(words) + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        for name in names + ["USAGE: extbackup"] { #expect(outcome.output.contains(name), "\(name)") }
        let lines = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("USAGE: ") }
        let longest = lines.map(\.count).max() ?? 0
        #expect(longest <= 80)
    }

    @Test("has the exit statuses in its help, one in each line")
    func statuses() throws {
        let lines = try Program.run(["--help"]).output.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "EXIT STATUS"))
        let codes = lines[(start + 1)...].prefix { $0 != "USAGE: extbackup <subcommand>" }
            .map { $0.split(separator: " ").first.flatMap { Int($0) } }
        #expect(codes == [0, 1, 3, 10, 11, 12, 16, 21, 22, 25, 26, 64, 72, 75, 78, 130])
    }

    @Test("tells its version")
    func version() throws {
        let outcome = try Program.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "0.1.0\n")
    }

    @Test(
        "refuses what it does not know with status 64",
        arguments: [
            "bogus", "--bogus", "run --bogus", "run a b", "status red", "prepare-disk --name red",
            "prepare-disk /dev/null",
            "prepare-disk --name red", "approve", "config check --folder", "config show x",
            "config example x", "led bogus", "cleanup", "agent",
            "copy", "copy a",
            "failed", "log a b", "log --last 0", "log --last x", "log --run", "log --run x",
            "log red --run 1", "log --last 2 --run 1", "drives show", "drives list red", "init x",
            "init --yes", "init --yes --mail root",
            "init --yes --source",
            "prepare-disk /dev/null --name red --yes",
            "prepare-disk /dev/null --name red --yes --serial 1",
            "prepare-disk /dev/null --name red --no-passphrase --passphrase-file /x",
        ]
    )
    func usage(words: String) throws {
        let outcome = try Program.run(Program.words(words))
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("Error: "))
    }

    @Test(
        "refuses names that no drive can have with status 64",
        Need.root,
        arguments: ["run", "run --dry-run", "log", "drives show", "approve", "cleanup", "agent", "failed"],
        ["Red", "a/b", "..", "", "a b", "-x", "\u{1b}[31m", "größe", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
    )
    func driveNames(command: String, name: String) throws {
        let outcome = try Program.run(Program.words(command) + ["--", FileName(name)])
        #expect(outcome.status == 64)
        #expect(
            outcome.errors == """
                extbackup: \(FileName(name)) cannot be a drive's name
                  hint: use 1 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or a digit

                """
        )
    }

    @Test(
        "says when it needs root",
        Need.root,
        Need.program("/usr/bin/setpriv"),
        arguments: [
            "run red", "run", "agent red", "cleanup red",
            "prepare-disk /dev/null --name red --yes --serial 1 --no-passphrase",
        ]
    )
    func privileges(words: String) throws {
        let before: [FileName] = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        // The build folder need not be open to others.
        let outcome = try Program.run(Program.words(words), before: before)
        #expect(outcome.status == 1)
        #expect(outcome.errors == "extbackup: this needs root\n  hint: put 'sudo' in front of it\n")
    }

    @Test("of whose output nobody reads does not crash", arguments: ["status", "--help", "config check"])
    func closedPipe(words: String) throws {
        let script: FileName = """
            { program=$1; shift; "$program" "$@" 2>&1; echo "$?" >&3; } 3>&1 | { exec <&-; true; }
            { program=$1; shift; "$program" "$@" >&- 2>&-; echo "$?"; }
            """
        let outcome = try ChildProcess(
            ["/bin/sh", "-c", script, "sh", try Program.path()] + Program.words(words)
        )
        .run()
        let codes = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").compactMap {
            Int($0)
        }
        // 128 and more: ended by a signal. SIGPIPE is how other programs end here, too.
        #expect(!codes.isEmpty)
        #expect(codes.allSatisfy { $0 < 128 || $0 == 141 }, "\(codes)")
    }
}

@Suite("Without any set-up the command line", Need.root, Need.noSetUp)
struct NoSetUpTests {
    @Test(
        "says what is missing",
        arguments: [
            ("status", 0, "", "no drive was prepared yet: 'extbackup prepare-disk' makes one\n"),
            ("drives list", 0, "", "no drive was prepared yet: 'extbackup prepare-disk' makes one\n"),
            ("drives list --json", 0, "", "[\n\n]\n"),
            ("log", 0, "", "no drive had a run yet\n"), ("log --json", 0, "", "[\n\n]\n"),
            (
                "log blue", 10,
                "extbackup: no drive was prepared under the name 'blue'\n  hint: 'extbackup status' lists the drives; 'extbackup prepare-disk' makes a new one\n",
                ""
            ),
            (
                "run", 10,
                "extbackup: no prepared drive is plugged in\n  hint: 'extbackup status' lists the drives\n",
                ""
            ),
            (
                "run blue", 10,
                "extbackup: no drive was prepared under the name 'blue'\n  hint: 'extbackup status' lists the drives; 'extbackup prepare-disk' makes a new one\n",
                ""
            ),
            (
                "approve blue", 10,
                "extbackup: no drive was prepared under the name 'blue'\n  hint: 'extbackup status' lists the drives; 'extbackup prepare-disk' makes a new one\n",
                ""
            ),
            (
                "cleanup blue", 10,
                "extbackup: no drive was prepared under the name 'blue'\n  hint: 'extbackup status' lists the drives; 'extbackup prepare-disk' makes a new one\n",
                ""
            ),
            (
                "config check", 78,
                "extbackup: /etc/extbackup/config.toml: cannot be read: no such file or directory\n  hint: 'extbackup init' writes one after a few questions; 'extbackup config example' prints one\n",
                ""
            ),
        ] as [(String, Int32, String, String)]
    )
    func missing(words: String, status: Int32, errors: String, output: String) throws {
        let outcome = try Program.run(Program.words(words))
        #expect(outcome.status == status)
        #expect(outcome.errors == errors)
        #expect(outcome.output == output)
    }
}
