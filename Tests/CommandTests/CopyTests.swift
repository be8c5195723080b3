import LinuxSystem
import SystemPackage
import Testing

@Suite("'copy'")
struct CopyTests: CopySuite {
    let place: TemporaryFolder

    init() throws {
        place = try Self.makePlace()
    }

    // MARK: - Copying

    @Test("makes DST and everything in it")
    func everything() throws {
        let outcome = try copy()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(
            outcome.output.hasPrefix(
                "5 files copied (11 bytes), 2 folders made, 1 hard link made, metadata of 1 entry repaired, "
                    + "0 deleted; "
            )
        )
        #expect(try listing("t") == listing("s"))
        #expect(try shell("stat -c %h t/a") == "2\n")
    }

    @Test("removes nothing without --delete, and that is no error")
    func keeping() throws {
        try shell("mkdir -p t/more; touch t/more/x t/y")
        let outcome = try copy()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(try shell("ls t t/more") == "t:\na\nd\ne\nmore\ny\n\nt/more:\nx\n")
    }

    @Test("removes what the source does not have with --delete")
    func deleting() throws {
        try shell("mkdir -p t/more; touch t/more/x t/y")
        let outcome = try copy("--delete")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(", 3 deleted; "))
        #expect(try listing("t") == listing("s"))
    }

    @Test(
        "with --max-delete deletes all or nothing",
        arguments: [
            ("2", 25, "a d e more y"),  // three would go
            ("3", 0, "a d e"),
            ("0", 25, "a d e more y"),
        ] as [(FileName, Int32, String)]
    )
    func deletingAtMost(limit: FileName, status: Int32, names: String) throws {
        try shell("mkdir -p t/more; touch t/more/x t/y")
        let outcome = try copy("--delete", "--max-delete", limit)
        #expect(outcome.status == status)
        #expect(try shell("echo $(ls t)") == names + "\n")
        #expect(try shell("cat t/a t/d/c") == "onethree")
        let text = String(decoding: limit.bytes, as: UTF8.self)
        #expect(
            outcome.errors
                == (status == 0
                    ? ""
                    : "extbackup: 3 entries would go, more than the \(text) allowed: nothing was deleted\n"
                        + "  hint: if they may go, give a larger --max-delete or leave it out\n")
        )
    }

    @Test("does not put a file where a folder with contents stands, unless it may delete")
    func blocked() throws {
        try shell("mkdir -p t/a; touch t/a/x")
        let outcome = try copy()
        #expect(outcome.status == 3)
        #expect(
            outcome.errors
                == "extbackup: 'a' was not copied: a folder with contents is in the way, which --delete removes\n"
        )
        #expect(try shell("ls t/a") == "x\n")
        #expect(try copy("--delete").status == 0)
        #expect(try listing("t") == listing("s"))
    }

    // MARK: - What is copied

    @Test(
        "takes the first rule that matches, in the order of the command line",
        arguments: [
            ("--exclude *.tmp --include *.tmp", "./a ./d ./d/c ./d/hard ./d/link ./e ./e/pipe"),
            (
                "--include *.tmp --exclude *.tmp",
                "./a ./d ./d/b.tmp ./d/c ./d/hard ./d/link ./e ./e/pipe"
            ),
            ("--include d --include=/d/c --exclude * --include *", "./d ./d/c"),
            ("--exclude-from rules --include *.tmp", "./a ./d ./d/c ./d/hard ./d/link ./e"),
            ("--include *.tmp --exclude-from rules", "./a ./d ./d/b.tmp ./d/c ./d/hard ./d/link ./e"),
            ("--exclude=-x --exclude -y --exclude d", "./a ./e ./e/pipe"),
        ]
    )
    func rules(words: String, names: String) throws {
        try shell("printf '# a comment\\n\\n; another\\n*.tmp\\r\\n- pipe\\n' > rules")
        let arguments = words.split(separator: " ").map {
            $0 == "rules" ? place.path.appending("rules") : FileName(String($0))
        }
        let outcome = try run(arguments)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try shell("cd t; echo $(find . -mindepth 1 | LC_ALL=C sort)") == names + "\n")
    }

    @Test("reads patterns from standard input")
    func rulesFromInput() throws {
        let words = try shell(
            "printf 'd\\ne' | \"$1\" copy s t --quiet --exclude-from - && ls t",
            try Program.path()
        )
        #expect(words == "a\n")
    }

    @Test("keeps what is excluded in DST, also with --delete")
    func protected() throws {
        try shell("mkdir t; touch t/keep.tmp t/go")
        #expect(try copy("--delete", "--exclude", "*.tmp").status == 0)
        #expect(try shell("echo $(ls t)") == "a d e keep.tmp\n")
    }

    @Test("stays on one file system with --one-file-system only", Need.root)
    func boundary() throws {
        try shell("mkdir s/m")
        for (option, names) in [("--one-file-system", ""), ("--quiet", "inside\n")] {
            // The mount is in a namespace of its own and goes with it.
            let script =
                "rm -rf t; mount -t tmpfs none s/m; touch s/m/inside; \"$1\" copy s t --quiet \"$2\"; ls t/m"
            let output = try shell(
                "unshare -m /bin/sh -c '\(script)' sh \"$1\" \"$2\"",
                try Program.path(),
                FileName(option)
            )
            #expect(output == names)
        }
    }

    // MARK: - Names

    @Test("takes names and patterns as bytes")
    func bytes() throws {
        // Not UTF-8, a mark behind '=', a character that a lossless encoding might use for itself.
        let odd: [[UInt8]] = [[0xff, 0x0a, 0x62], [0xcc, 0x88], [0xf4, 0x8f, 0xbf, 0x81], Array("é".utf8)]
        for (index, bytes) in odd.enumerated() {
            let name = FileName(bytes: bytes)
            let folder = place.path.appending(FileName("in\(index)")).appending(name)
            try shell("mkdir -p \"$1/keep\" \"$1/$2\"; touch \"$1/x$2\"", folder, name)
            let other = place.path.appending(FileName("out\(index)"))
            try shell("mkdir \"$1\"", other)
            let outcome = try Program.run([
                "copy", folder, other.appending(name), FileName(bytes: Array("--exclude=".utf8) + bytes),
                "--exclude", FileName(bytes: [0x78] + bytes),
            ])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try shell("ls \"$1/$2\"", other, name) == "keep\n")
        }
    }

    @Test("prints names so that each is one line and can be read back")
    func printedNames() throws {
        try shell(
            "rm -r s/*; touch s/a \"$(printf 's/\\377')\" \"$(printf 's/new\\nline')\" 's/\\#123' 's/\\x'"
        )
        let outcome = try copy("--itemize")
        #expect(
            outcome.output == """
                .d..tp..... ./
                >f+++++++++ \\#134#123
                >f+++++++++ \\x
                >f+++++++++ a
                >f+++++++++ new\\#012line
                >f+++++++++ \\#377

                """
        )
    }

    @Test(
        "prints what changed as rsync does",
        Need.root,
        Need.program("/usr/bin/rsync"),
        Need.program("/usr/bin/setfacl"),
        Need.program("/usr/bin/setfattr"),
        arguments: [
            ("new", "printf 1 > b", ">f+++++++++ b"), ("contents", "printf A > a", ">f..t...... a"),
            ("size", "printf 12 > a; touch -d 2020-01-01 a", ">f.s....... a"),
            ("size and time", "printf 12 > a", ">f.st...... a"), ("time", "touch a", ">f..t...... a"),
            ("mode", "chmod 600 a", ".f...p..... a"), ("owner", "chown 1000 a", ".f....o.... a"),
            ("group", "chgrp 1000 a", ".f.....g... a"), ("ACL", "setfacl -m u:1000:r a", ".f.......a. a"),
            ("attribute", "setfattr -n user.a -v b a", ".f........x a"),
            ("all of a folder", "chmod 700 d; chown 1000:1000 d; touch d", ".d..tpog... d/"),
            ("hard link", "ln a d/b; touch -d 2020-01-01 d", "hf+++++++++ d/b"),
            ("hard link of equal files", "ln -f a c", "hf          c"),
            ("target", "ln -sf b l; touch -h -d 2020-01-01 l", "cLc........ l"),
            ("time of a link", "touch -h l", ".L..t...... l"), ("deletion", "rm a", "*deleting   a"),
            ("folder", "rmdir d; printf 1 > d", ">f+++++++++ d"), ("file", "rm a; mkdir a", "cd+++++++++ a/"),
            ("device", "mknod n c 1 3", "cD+++++++++ n"), ("FIFO", "mkfifo p", "cS+++++++++ p"),
        ]
    )
    func changesAsByRsync(what: String, change: String, line: String) throws {
        try shell(
            """
            rm -r s; mkdir s s/d; printf 1 > s/a; printf 1 > s/c; ln -s a s/l
            find s -exec touch -h -d 2020-01-01 {} +; cp -a s t; cp -a s t2; cd s; \(change); touch -d 2020-01-01 .
            """
        )
        let theirs = try shell("rsync -aHAXS --numeric-ids --delete -i --out-format='%i %n' s/ t2/")
        #expect(theirs == line + "\n")
        #expect(try copy("--itemize", "--quiet", "--delete").output == line + "\n")
    }

    @Test("prints what is new as rsync does", Need.program("/usr/bin/rsync"))
    func printedAsByRsync() throws {
        try shell(
            """
            touch "$(printf 's/\\200\\303')" "$(printf 's/a\\tb\\001')" 's/größe' 's/\\#12' 's/\\#1234' 's/日本'
            rm s/d/hard; mknod s/node c 1 3 || mkfifo s/node; mkdir t t2; touch t/gone t2/gone
            """
        )
        let theirs = try shell(
            "LC_ALL=C.UTF-8 rsync -aHAXS --numeric-ids --delete -i --out-format='%i %n' s/ t2/ | LC_ALL=C sort"
        )
        let ours = try shell(
            "\"$1\" copy --itemize --quiet --delete s t | LC_ALL=C sort",
            try Program.path()
        )
        let isOfRoot = { (line: Substring) in line.hasPrefix(".d") && line.hasSuffix(" ./") }
        let ourLines = ours.split(separator: "\n").filter { !isOfRoot($0) }
        #expect(ourLines == theirs.split(separator: "\n").filter { !isOfRoot($0) })
        #expect(ourLines.count == 15)
    }

    // MARK: - Output

    @Test("tells every change with --itemize and nothing else on standard output")
    func itemize() throws {
        try shell(
            "mkdir -p t/d t/more; printf old > t/d/c; touch t/more/x t/y; chmod 600 t/d; cp -p s/a t/; chmod 600 t/a"
        )
        let outcome = try copy("--itemize", "--delete")
        #expect(outcome.status == 0)
        #expect(
            Set(outcome.output.split(separator: "\n")) == [
                ".d..t...... ./", ".f...p..... a", ".d..tp..... d/", ">f+++++++++ d/b.tmp", ">f.st...... d/c",
                "hf+++++++++ d/hard", "cL+++++++++ d/link", "cd+++++++++ e/", "cS+++++++++ e/pipe",
                "*deleting   more/", "*deleting   y",
            ]
        )
        #expect(outcome.errors.contains(" copied "))
        let again = try copy("--itemize", "--delete", "--quiet")
        #expect(again.output == "")
        #expect(again.errors == "")
    }

    @Test("does not tell of deletions that are not made")
    func itemizeKept() throws {
        try shell("mkdir t; touch t/y")
        #expect(try !copy("--itemize").output.contains("deleting"))
        #expect(try !copy("--itemize", "--delete", "--max-delete", "0").output.contains("deleting"))
    }

    @Test("says nothing with --quiet when all is well")
    func quiet() throws {
        let outcome = try copy("--quiet")
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        #expect(outcome.errors == "")
        #expect(try listing("t") == listing("s"))
        // A warning that would be one without it.
        let nested = try Program.run(["copy", "--quiet", source, source.appending("e/copy")])
        #expect(nested.status == 0)
        #expect(nested.errors == "")
        #expect(try copy("--quiet", "--exclude", "").errors != "")
    }

    @Test("writes nothing with --dry-run and tells what it would do")
    func dryRun() throws {
        try shell("mkdir -p t/d; printf old > t/d/c; touch t/y")
        let before = try (listing("t", "%C@ %i"), listing("s", "%C@ %i"))
        let outcome = try copy("--dry-run", "--delete")
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            lines.dropLast() == [
                "new: 4 files, 1 folder, 1 hard link", "changed: 1 file; metadata alone: 2",
                "to write: 11 bytes", "to delete: 1 file, 0 folders",
            ]
        )
        #expect(lines.last?.hasPrefix("it fits: ") == true)
        #expect(try listing("t", "%C@ %i") == before.0)
        #expect(try listing("s", "%C@ %i") == before.1)
        #expect(try copy("--dry-run", "--itemize", "--delete").output.contains("*deleting   y\n"))
    }

    @Test("does not make DST with --dry-run")
    func dryRunOfNew() throws {
        let outcome = try copy("--dry-run")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("new: 5 files, 2 folders, 1 hard link\n"))
        #expect(try shell("ls") == "s\n")
    }

    @Test("prints one JSON document with --json", Need.program("/usr/bin/python3"))
    func json() throws {
        try shell("mkdir t; touch t/y; touch \"$(printf 's/\\377')\"")
        let outcome = try copy("--json", "--delete", "--max-delete", "0")
        #expect(outcome.status == 25)
        try place.write("result.json", outcome.output)
        let script = """
            import json
            d = json.load(open("result.json"))
            print(d["exit"], d["exitName"], d["dryRun"], d["heldDeletions"], len(d["errors"]))
            print(d["summary"]["newFiles"], d["summary"]["deletedFiles"], d["summary"]["fits"])
            print(d["outcome"]["copiedFiles"], d["outcome"]["deleted"], d["skipped"], d["vanished"])
            """
        try place.write("read.py", script)
        #expect(
            try shell("python3 read.py") == """
                25 held False 1 1
                6 1 True
                6 0 {'count': 0, 'listed': []} {'count': 0, 'listed': []}

                """
        )
    }

    @Test("prints a JSON document also when nothing could be done")
    func jsonOfFailure() throws {
        let outcome = try Program.run(["copy", "--json", place.path.appending("none"), target])
        #expect(outcome.status == 26)
        #expect(outcome.output.hasPrefix("{\n"))
        #expect(outcome.output.contains("\"exit\" : 26"))
        #expect(!outcome.output.contains("\"summary\""))
        #expect(outcome.errors.contains("none' cannot be opened: no such file or directory"))
    }

    @Test("draws lines that fit the terminal and takes the last one away", Need.program("/usr/bin/script"))
    func terminal() throws {
        let output = try shell(
            "script -qec \"stty cols 50; '$1' copy s t\" /dev/null </dev/null",
            try Program.path()
        )
        let lines = output.split(separator: "\r").filter { $0.hasSuffix("\u{1b}[K") }
        #expect(lines.count >= 3, "\(output.debugDescription)")
        for line in lines { #expect(line.count - 3 <= 49) }
        #expect(output.contains("\r\u{1b}[K5 files copied"))
    }
}
