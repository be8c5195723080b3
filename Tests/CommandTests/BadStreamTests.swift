import LinuxSystem
import Testing

@Suite("When its result cannot be written, the program", Need.root, Need.program("/usr/bin/unshare"))
struct BadStreamTests {
    private static let commands = [
        "config example", "config schema", "config check", "config show", "config show --json", "status",
        "status --json", "drives list", "drives list --json", "drives show red", "log", "log --json",
        "--help",
        "--version", "run --help", "help copy", "copy --json /srv /dev/shm/copy.$$",
    ]

    @Test(
        "says so, and ends with an error",
        arguments: [
            ("/dev/full", "no space left on device"), ("&-", "bad file descriptor"),
        ]
    )
    func lost(place: String, reason: String) throws {
        let endings = try BadMachine.endings(
            of: Self.commands,
            after: FileName(
                "try() { \"$program\" \"$@\" < /dev/null 2> /dev/shm/talk.$$ >\(place); end=$?\n"
                    + "printf '\\001%s\\nsame\\n' $end; cat /dev/shm/talk.$$; rm -rf /dev/shm/copy.$$; }"
            )
        )
        for ending in endings {
            #expect(ending.status == 1, "\(ending)")
            #expect(
                ending.talk.hasSuffix(
                    "extbackup: the result cannot be written: \(reason)\n"
                        + "  hint: what was to be done is done; see where standard output leads\n"
                ),
                "\(ending)"
            )
        }
    }

    @Test("keeps the status of what went wrong before")
    func worse() throws {
        let outcome = try Program.script(
            "\"$1\" log --run 1 > /dev/full 2>&1; echo $?; \"$1\" bogus >&-; echo $?"
        )
        #expect(String(decoding: outcome.output, as: UTF8.self).hasSuffix("64\n"))
    }

    @Test("writes no talk into files that it opens when its own streams are closed")
    func closed() throws {
        let folder = try TemporaryFolder()
        let script: FileName = """
            cd "$2"; mkdir s; echo one > s/a; echo two > s/b
            "$1" copy --manifest m --itemize s t 0<&- 1>&- 2>&-
            cat t/a t/b; "$1" copy --manifest m s t; echo $?
            """
        let outcome = try Program.script(script, folder.path)
        #expect(String(decoding: outcome.output, as: UTF8.self).hasPrefix("one\ntwo\n"), "\(outcome)")
        #expect(String(decoding: outcome.output, as: UTF8.self).hasSuffix("\n0\n"), "\(outcome)")
    }

    @Test(
        "can be stopped while it waits for what nobody writes",
        arguments: [
            "drives key passphrase red --passphrase-file /dev/shm/pipe.$$",
            "copy --exclude-from /dev/shm/pipe.$$ /srv /dev/shm/copy.$$",
        ]
    )
    func pipe(command: String) throws {
        let endings = try BadMachine.endings(
            of: [command],
            after: """
                mkfifo /dev/shm/pipe.$$
                try() {
                    "$program" "$@" < /dev/null > /dev/null 2> /dev/shm/talk.$$ & sleep 1; kill -INT $!; wait $!; end=$?
                    printf '\\001%s\\nsame\\n' $end; cat /dev/shm/talk.$$
                }
                """
        )
        #expect(endings.first?.status == 130, "\(endings)")
        #expect(endings.first?.talk.contains("stopped; nothing was changed\n  hint: ") == true, "\(endings)")
    }

    @Test("takes a passphrase from a pipe")
    func passphrase() throws {
        let endings = try BadMachine.endings(
            of: ["drives key passphrase red --passphrase-file /dev/shm/pipe.$$"],
            after: "mkfifo /dev/shm/pipe.$$; { sleep 1; echo a good passphrase; } > /dev/shm/pipe.$$ &"
        )
        // The next thing that it finds wrong is that the drive is away.
        #expect(endings.first?.status == 10, "\(endings)")
    }
}
