import LinuxSystem
import Testing

@Suite("'copy --manifest'")
struct CopyManifestTests: CopySuite {
    let place: TemporaryFolder
    let file: FileName

    init() throws {
        place = try Self.makePlace()
        file = place.path.appending("m")
    }

    private func update(_ options: FileName...) throws -> Program.Outcome {
        try run(["--manifest", file] + options)
    }

    /// Copies twice: what was read within the last moments is looked at once more.
    private func settle() throws {
        _ = try update()
        Thread.sleep(for: .seconds(3))
        _ = try update()
    }

    /// Whether SQLite's file says so.
    private func state() throws -> String {
        try shell("sqlite3 m 'SELECT state FROM meta'")
    }

    @Test("does not look at DST once the manifest is sealed, and does again when it is gone")
    func trusted() throws {
        #expect(try update().status == 0)
        #expect(try listing("t") == listing("s"))
        try shell("rm t/d/c")
        // A sealed manifest is believed: that is what it is for.
        #expect(try update().status == 0)
        #expect(try !shell("ls t/d").contains("c\n"))
        try shell("rm m")
        #expect(try update().status == 0)
        #expect(try listing("t") == listing("s"))
    }

    @Test("renames what was moved")
    func moved() throws {
        try settle()
        let inode = try shell("stat -c %i t/d/c")
        try shell("mv s/d/c s/e/other")
        let outcome = try update("--delete", "--itemize")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("mf......... e/other\n"))
        #expect(try shell("stat -c %i t/e/other") == inode)
        #expect(try listing("t") == listing("s"))
    }

    @Test("is not written when there is nothing to do")
    func untouched() throws {
        try settle()
        let before = try shell("sha256sum m; stat -c %Y.%Z m")
        let outcome = try update()
        #expect(outcome.output.hasPrefix("0 files copied (0 bytes), 0 folders made, 0 deleted; "))
        #expect(try shell("sha256sum m; stat -c %Y.%Z m") == before)
    }

    @Test("is not made by --dry-run, but used")
    func dryRun() throws {
        #expect(try update("--dry-run").status == 0)
        #expect(try shell("ls") == "s\n")
        _ = try update()
        try shell("rm t/d/c")
        #expect(try update("--dry-run").output.hasPrefix("new: 0 files"))
    }

    @Test("does not describe another DST, nor one that was made anew")
    func otherDestination() throws {
        _ = try update()
        try shell("rm -r t")
        #expect(try update().status == 0)
        #expect(try listing("t") == listing("s"))
        try shell("mv t u; mkdir t; cp -p u/a t/a")
        #expect(try !update("--dry-run").output.hasPrefix("new: 0 files"))
        #expect(try update().status == 0)
        #expect(try listing("t") == listing("s"))
    }

    @Test(
        "is not sealed while DST has what it does not know",
        Need.program("/usr/bin/sqlite3"),
        arguments: [
            ("touch t/more", "--quiet", "--delete"),
            ("touch t/more.x", "--exclude=*.x", "--delete"),
            ("mkdir t/more; touch t/more/a.x", "--exclude=*.x", "--delete"),
            ("rm -f t/a; mkdir t/a; touch t/a/b", "--quiet", "--delete"),
        ] as [(String, FileName, FileName)]
    )
    func strangers(before: String, first: FileName, second: FileName) throws {
        try shell("mkdir t; \(before)")
        _ = try update(first)
        #expect(try state() == "open\n")
        #expect(try update(second).status == 0)
        #expect(try listing("t") == listing("s"))
        #expect(try state() == "sealed\n")
    }

    @Test("must not be in SRC or DST", arguments: ["s/m", "s/d/m", "t/m", "t/d/m"])
    func nested(name: String) throws {
        _ = try copy()
        let outcome = try Program.run([
            "copy", "--manifest", place.path.appending(FileName(name)), source, target,
        ])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("is inside the source or the destination"))
        #expect(try shell("find . -name m") == "")
    }

    @Test("of another program stays as it is")
    func foreign() throws {
        try shell("printf 'my notes' > m")
        let outcome = try update()
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("is no manifest"))
        #expect(try shell("cat m") == "my notes")
    }

    @Test("of a newer program stays as it is", Need.program("/usr/bin/sqlite3"))
    func newer() throws {
        _ = try update()
        try shell("sqlite3 m 'PRAGMA user_version = 99'")
        let outcome = try update()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("has format 99, which is newer than this program"))
        #expect(try shell("sqlite3 m 'PRAGMA user_version'") == "99\n")
    }

    @Test("that is damaged is begun anew, and DST is compared", Need.program("/usr/bin/sqlite3"))
    func damaged() throws {
        _ = try update()
        try shell("sqlite3 m 'DELETE FROM meta'; rm t/d/c")
        let outcome = try update()
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("it is begun anew"))
        #expect(try listing("t") == listing("s"))
        #expect(try state() == "sealed\n")
    }

    @Test("that another process uses ends the copy before it begins", Need.program("/usr/bin/python3"))
    func inUse() throws {
        _ = try update()
        try shell("printf new > s/new")
        try place.write(
            "hold.py",
            """
            import sqlite3, subprocess, sys
            lock = sqlite3.connect("m", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            done = subprocess.run(sys.argv[1:], stderr=subprocess.PIPE)
            print(done.returncode, done.stderr.decode())
            """
        )
        let output = try shell(
            "python3 hold.py \"$1\" copy --manifest m s t",
            try Program.path()
        )
        #expect(output.hasPrefix("11 extbackup: another process uses the manifest 'm'"))
        #expect(try !shell("ls t").contains("new"))
    }
}

@Suite("'copy --in-place'")
struct CopyInPlaceTests: CopySuite {
    let place: TemporaryFolder

    init() throws {
        place = try Self.makePlace()
    }

    @Test("keeps the file that is there and writes what changed", arguments: [true, false])
    func blocks(isInPlace: Bool) throws {
        try shell("head -c 4194304 /dev/urandom > s/large")
        _ = try copy()
        let inode = try shell("stat -c %i t/large")
        try shell("printf changed | dd of=s/large bs=1 seek=2000000 conv=notrunc status=none")
        let outcome = try isInPlace ? copy("--in-place") : copy()
        #expect(outcome.status == 0)
        #expect(try shell("cmp s/large t/large && echo equal") == "equal\n")
        // On a file system that can share blocks both are clones; there the file is another one.
        let canShare = try shell("cp --reflink=always t/large x 2>/dev/null && echo yes") == "yes\n"
        #expect(try (shell("stat -c %i t/large") == inode) == (isInPlace && !canShare))
        #expect(outcome.output.contains("(65 kB)") == (isInPlace || canShare))
    }
}
