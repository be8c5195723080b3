import LinuxSystem
import SystemPackage
import Testing

@Suite("'copy', where something is wrong,")
struct CopyFailureTests: CopySuite {
    let place: TemporaryFolder

    init() throws {
        place = try Self.makePlace()
    }

    @Test(
        "refuses what cannot be meant with status 64 and changes nothing",
        arguments: [
            ("s/a", "t", "the source 's/a' is not a folder"), ("s", "s", "'s' and 's' are the same folder"),
            ("s", "s/d/..", "'s' and 's/d/..' are the same folder"),
            ("s/d", "s", "the source 's/d' is inside the destination 's'"),
            ("s", ".", "the source 's' is inside the destination '.'"),
            (
                "s", "t/u",
                "the destination 't/u' cannot be made: the folder above it is missing"
            ),
            ("s", "s/a", "the destination 's/a' is not a folder"),
        ]
    )
    func refusals(source: String, target: String, message: String) throws {
        let before = try listing(".", "%C@ %i")
        let output = try shell(
            "\"$1\" copy \"$2\" \"$3\" --delete 2>&1; echo $?",
            try Program.path(),
            FileName(source),
            FileName(target)
        )
        #expect(
            output.hasPrefix("extbackup: \(message)\n  hint: ") || output.hasPrefix("extbackup: \(message)\n")
        )
        #expect(output.hasSuffix("\n64\n"))
        #expect(try listing(".", "%C@ %i") == before)
    }

    @Test(
        "refuses options that contradict each other",
        arguments: [
            "--itemize --json", "--max-delete 1", "--delete --max-delete -1", "--delete --max-delete x",
        ]
    )
    func contradictions(words: String) throws {
        let outcome = try run(Program.words(words))
        #expect(outcome.status == 64)
        #expect(try shell("ls") == "s\n")
    }

    @Test("says that a rule is empty and that a file of rules is missing")
    func brokenRules() throws {
        let empty = try copy("--exclude", "")
        #expect(empty.status == 64)
        #expect(empty.errors.hasPrefix("extbackup: the filter rule '' has no pattern\n"))
        let missing = try copy("--exclude-from", "/nowhere/at/all")
        #expect(missing.status == 64)
        #expect(missing.errors.contains("'/nowhere/at/all': no such file or directory"))
        #expect(try shell("ls") == "s\n")
    }

    @Test("leaves DST out where it is inside SRC")
    func nested() throws {
        let outcome = try Program.run(["copy", "--delete", source, source.appending("d/copy")])
        #expect(outcome.status == 0)
        #expect(
            outcome.errors == "extbackup: warning: 'd/copy' is the destination itself; it is left out\n"
        )
        #expect(
            try shell("ls s/d/copy s/d/copy/d") == "s/d/copy:\na\nd\ne\n\ns/d/copy/d:\nb.tmp\nc\nhard\nlink\n"
        )
    }

    @Test(
        "names what it cannot read, copies the rest, and ends with 3",
        Need.root,
        Need.program("/usr/bin/setpriv")
    )
    func unreadable() throws {
        try shell("chmod 000 s/d/c; mkdir -m 777 t; chmod 755 .")
        let before: [FileName] = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let outcome = try Program.run(["copy", "--quiet", source, target], before: before)
        #expect(outcome.status == 3)
        #expect(outcome.output == "")
        #expect(
            outcome.errors.contains("extbackup: 'd/c' cannot be read: 'c': permission denied (openat2)\n"),
            "\(outcome)"
        )
        #expect(try shell("cat t/d/b.tmp; ls t/d/c 2>&1 | grep -c 'No such'") == "two1\n")
    }

    @Test("does not begin what does not fit, and gives both numbers", Need.root)
    func tooLarge() throws {
        try shell("head -c 300000 /dev/urandom > s/large")
        let script = "mount -t tmpfs -o size=100k none t; \"$1\" copy s t 2>&1; echo $?; ls t"
        let output = try shell("mkdir t; unshare -m /bin/sh -c '\(script)' sh \"$1\"", try Program.path())
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("extbackup: it does not fit: ") == true, "\(output)")
        #expect(lines.first?.hasSuffix(" bytes are needed, 102 400 bytes are free") == true)
        #expect(lines.last == "16")
    }

    @Test("stops in order when it is told to, with status 130")
    func interrupted() throws {
        // It waits for patterns until the signal was sent; by then signals must be its own to handle.
        let output = try shell(
            """
            mkfifo rules; exec 3<>rules; "$1" copy s t --exclude-from - 2>&1 <rules 3>&- & program=$!
            until grep -q 'SigBlk:.*[1-9a-f]' /proc/$program/status; do sleep 0.05; done
            kill -TERM $program; sleep 0.2; exec 3>&-; wait $program; echo $?; ls t
            """,
            try Program.path()
        )
        #expect(
            output == """
                extbackup: stopped before it was done
                  hint: run the same command again: the copy goes on where it was
                130

                """
        )
    }
}
