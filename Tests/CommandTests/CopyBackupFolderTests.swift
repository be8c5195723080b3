import LinuxSystem
import Testing

@Suite("'copy --backup-dir'")
struct CopyBackupFolderTests: CopySuite {
    let place: TemporaryFolder

    init() throws {
        place = try Self.makePlace()
    }

    /// Paths with what is in the files, in order.
    private func contents(_ folder: String) throws -> String {
        try shell(
            "cd \(folder) && find . -mindepth 1 \\( -type f -printf '%P ' -exec cat {} \\; -printf '\\n' -o -printf '%P %y\\n' \\) "
                + "| LC_ALL=C sort"
        )
    }

    @Test("keeps what is overwritten or deleted, under its path", arguments: ["../old", "old", "old/today"])
    func kept(folder: FileName) throws {
        _ = try copy()
        try shell(
            """
            printf gone > t/gone; mkdir t/more; printf x > t/more/x; chmod 711 t/d
            printf changed > s/d/c; ln -sfn elsewhere s/d/link; rm s/e/pipe
            """
        )
        let outcome = try copy("--delete", "--backup-dir", folder)
        #expect(outcome.status == 0, "\(outcome)")
        let text = String(decoding: folder.bytes, as: UTF8.self)
        #expect(
            try contents("t/" + text) == """
                d d
                d/c three
                d/link l
                e d
                e/pipe p
                gone gone
                more d
                more/x x

                """
        )
        #expect(try shell("stat -c %a t/\(text)/d") == "711\n")
        #expect(try shell("readlink t/\(text)/d/link") == "../a\n")
        if folder == "../old" {
            #expect(try listing("t") == listing("s"))
        } else {
            #expect(try shell("diff -r --no-dereference s t") == "Only in t: old\n")
        }
        // The next run deletes nothing of it.
        #expect(try copy("--delete", "--backup-dir", folder, "--itemize", "--quiet").output == "")
        #expect(try shell("cat t/\(text)/gone") == "gone")
    }

    @Test("keeps what is of another kind")
    func otherKinds() throws {
        try shell(
            "mkdir -p t/a/deep t/d t/e; printf 1 > t/a/deep/x; printf 2 > t/d/c; mkdir t/d/link; printf 3 > t/e/pipe"
        )
        try shell("rm -r s/e; printf e > s/e; rm s/d/b.tmp; mkdir s/d/b.tmp; printf 4 > t/d/b.tmp")
        let outcome = try copy("--delete", "--backup-dir", "../old")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(
            try contents("old") == """
                a d
                a/deep d
                a/deep/x 1
                d d
                d/b.tmp 4
                d/c 2
                d/link d
                e d
                e/pipe 3

                """
        )
        #expect(try listing("t") == listing("s"))
    }

    @Test("replaces what it has under the same path, and merges folders")
    func again() throws {
        try shell(
            "mkdir -p t/more old/more old/y; printf 1 > t/more/x; printf 2 > t/y; printf 0 > old/more/x; printf 0 > old/more/z"
        )
        let outcome = try copy("--delete", "--backup-dir", place.path.appending("old"))
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try contents("old") == "more d\nmore/x 1\nmore/z 0\ny 2\n")
        #expect(try listing("t") == listing("s"))
    }

    @Test("keeps the manifest right")
    func recorded() throws {
        let manifest = place.path.appending("m")
        let update = {
            try self.run(["--manifest", manifest, "--delete", "--backup-dir", "old", "--itemize", "--quiet"])
        }
        _ = try update()
        try shell("rm -r s/e; printf changed > s/d/c; mkdir s/e; printf new > s/e/new")
        #expect(try update().status == 0)
        #expect(try contents("t/old") == "d d\nd/c three\ne d\ne/pipe p\n")
        #expect(try update().output == "")
        try shell("rm m")
        #expect(try update().output == "")
    }

    @Test("keeps nothing and makes nothing with --dry-run")
    func dryRun() throws {
        #expect(try copy("--dry-run", "--backup-dir", "old").status == 0)
        _ = try copy()
        try shell("printf changed > s/d/c")
        #expect(try copy("--dry-run", "--backup-dir", "old").status == 0)
        #expect(try shell("ls t") == "a\nd\ne\n")
    }

    @Test("reserves its name in DST")
    func reserved() throws {
        let outcome = try copy("--backup-dir", "d/old")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("'d' has a name that is reserved on the destination"))
    }

    @Test(
        "must be beside SRC and DST",
        arguments: [".", "..", "../s", "../s/old", "../t"] as [FileName]
    )
    func wrongPlace(folder: FileName) throws {
        _ = try copy()
        let outcome = try copy("--backup-dir", folder)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("is in the source, or the source or the destination is in it"))
        #expect(try shell("ls s") == "a\nd\ne\n")
    }

    @Test("must be on the file system of DST")
    func otherFileSystem() throws {
        let outcome = try copy("--backup-dir", "/dev/shm/none")
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("is on another file system than the destination"))
        #expect(try shell("test -e /dev/shm/none || echo none") == "none\n")
    }

    @Test("does not go with --in-place")
    func inPlace() throws {
        #expect(try copy("--backup-dir", "old", "--in-place").status == 64)
    }
}
