import LinuxSystem
import SystemPackage
import Testing

/// Every command with arguments that it takes, so that a row can add one that it does not take.
private let commands: [String] = [
    "prepare-disk", "prepare-disk /dev/null --name red --adopt", "run", "run red --dry-run", "agent red",
    "cleanup red",
    "failed red", "status", "log red", "approve red", "mount red", "eject red", "drives list",
    "drives show red",
    "drives rename red blue", "drives retire red --yes", "drives key rotate red", "drives key passphrase red",
    "header backup red", "header check red", "header restore red /dev/null", "init", "doctor", "config check",
    "config show", "config example", "config schema", "led test", "led clear", "led show", "mail test",
    "mail deliver",
    "copy /nonexistent/a /nonexistent/b",
]

private let named: [String] = [
    "run", "agent", "cleanup", "failed", "log", "approve", "mount", "eject", "drives show",
    "drives rename blue",
    "drives retire --yes", "drives key rotate", "drives key passphrase", "header backup", "header check",
    "prepare-disk /dev/null --no-passphrase --yes --serial 1 --name",
]

private let noNames: [FileName] = [
    "a/b", "../red", "..", ".", "", "Red", "a b", "red\n", "red\u{0b}", "\u{1b}[31m", "größe", "\u{202e}red",
    "%i", "@",
    FileName(String(repeating: "a", count: 33)), FileName(String(repeating: "a", count: 300)),
    FileName(bytes: [0xff, 0xfe]),
]

private let noDisks: [(name: FileName, reason: String)] = [
    ("missing", "no such file or directory"), ("file", "it is not a block device"),
    ("folder", "it is not a block device"), ("pipe", "it is not a block device"),
    ("loop", "too many levels of symbolic links"), ("device", "it is not a block device"),
    ("file/below", "not a directory"),
]

@Suite("With wrong arguments", Need.root)
struct BadArgumentTests {
    @Test("every command refuses an option and an argument too many", arguments: commands)
    func unknown(command: String) throws {
        for more in ["--bogus", "one two three four", "--json=maybe"] as [String] {
            let outcome = try Program.run(Program.words(command) + Program.words(more))
            #expect(outcome.status == 64, "\(command) \(more): \(outcome)")
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("Error: ") && outcome.errors.contains("--help"), "\(outcome)")
        }
    }

    @Test("every command is in this table")
    func complete() throws {
        let words = commands.map { $0.split(separator: " ").map(String.init) }
        func check(_ path: [String]) throws {
            let help = try Program.run(path.map { FileName($0) } + ["--help"]).output
            let below = help.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
                .filter {
                    $0 != "help" && $0.allSatisfy { $0.isLowercase || $0 == "-" } && !$0.hasPrefix("-")
                }
            let isGroup = help.contains("<subcommand>") && path.count < 3
            if !isGroup { #expect(words.contains { $0.starts(with: path) }, "\(path)") }
            for name in isGroup ? below : [] { try check(path + [name]) }
        }
        try check([])
        #expect(try Program.run(["drives", "key", "--help"]).output.contains("<subcommand>"))
    }

    @Test("every command that takes a name refuses one that no drive can have", arguments: named)
    func names(command: String) throws {
        let before: [FileName] = command.hasSuffix("--name") ? [] : ["--"]
        for name in noNames {
            let outcome = try Program.run(Program.words(command) + before + [name])
            #expect(outcome.status == 64, "\(command) \(name): \(outcome)")
            #expect(
                outcome.errors == """
                    extbackup: \(name) cannot be a drive's name
                      hint: use 1 to 32 of a-z, 0-9, '_' and '-', beginning with a letter or a digit

                    """,
                "\(command) \(name)"
            )
        }
    }

    @Test(
        "commands refuse what contradicts itself",
        arguments: [
            "log red --run 1", "log --last 2 --run 1", "log --last 99999999999999999999", "log --run -1 red",
            "header restore red --yes", "init --yes", "prepare-disk /dev/null --name red --yes",
            "prepare-disk /dev/null --name red --yes --serial 1",
            "prepare-disk /dev/null --name red --no-passphrase --generate-passphrase",
            "prepare-disk /dev/null --name red --adopt --no-passphrase", "prepare-disk --adopt --name red",
            "prepare-disk /dev/null --name red --adopt --yes", "prepare-disk --name red",
            "prepare-disk /dev/null",
            "copy a b --max-delete 1", "copy a b --delete --max-delete -1", "copy a b --itemize --json",
            "copy a b --in-place --backup-dir c", "copy a b --max-delete 9999999999999999999999 --delete",
        ]
    )
    func contradictions(command: String) throws {
        let outcome = try Program.run(Program.words(command))
        #expect(outcome.status == 64, "\(outcome)")
        #expect(outcome.errors.hasPrefix("Error: "), "\(outcome)")
    }

    @Test(
        "'prepare-disk' refuses what is no disk, and leaves it as it was",
        .timeLimit(.minutes(5)),
        arguments: noDisks
    )
    func devices(name: FileName, reason: String) throws {
        let folder = try TemporaryFolder()
        let make: FileName = """
            cd "$1"; echo precious > file; mkdir folder; mkfifo pipe; ln -s loop loop; mknod device c 1 3
            """
        _ = try ChildProcess(["/bin/sh", "-c", make, "sh", folder.path]).run()
        let path = folder.path.appending(name)
        let erase: [FileName] = ["--name", "red", "--yes", "--serial", "1", "--no-passphrase"]
        let adopt: [FileName] = [
            "--name", "red", "--adopt", "--yes", "--passphrase-file", "/etc/hostname-long",
        ]
        for options in [erase, adopt] {
            let outcome = try Program.run(["prepare-disk", path] + options)
            #expect(outcome.status == (options == erase ? 1 : 64), "\(outcome)")
            #expect(
                outcome.errors.hasPrefix("extbackup: ") && outcome.errors.contains("  hint: "),
                "\(outcome)"
            )
            if options == erase { #expect(outcome.errors.contains(reason), "\(outcome)") }
        }
        let file = try Descriptor.open(folder.path.appending("file"), .read).readAll(limit: 100)
        #expect(file == Array("precious\n".utf8))
    }
}
