import LinuxSystem
import Testing

@Suite("'copy --link-dest'")
struct CopyLinkDestTests: CopySuite {
    let place: TemporaryFolder

    /// A source, and an earlier copy of it.
    init() throws {
        place = try Self.makePlace()
        _ = try copy()
        try shell("mv t old")
    }

    private let links = """
        hf          a
        hf          d/b.tmp
        hf          d/c
        hf+++++++++ d/hard
        hL          d/link
        hS          e/pipe

        """

    /// Inodes of all that is no folder.
    private func inodes(_ folder: String) throws -> String {
        try shell("cd \(folder); find . ! -type d -printf '%P %i\\n' | LC_ALL=C sort")
    }

    @Test(
        "links what is unchanged, and tells so",
        arguments: ["../old", "./../old", "absolute"] as [FileName]
    )
    func links(folder: FileName) throws {
        let folder = folder == "absolute" ? place.path.appending("old") : folder
        for options in [["--dry-run"], []] as [[FileName]] {
            let outcome = try run(options + ["--itemize", "--quiet", "--link-dest", folder])
            #expect(outcome.status == 0, "\(outcome)")
            let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix("h") }
                .sorted { $0.dropFirst(12) < $1.dropFirst(12) }
            #expect(lines.joined(separator: "\n") + "\n" == links)
        }
        #expect(try inodes("t") == inodes("old"))
        #expect(try listing("t") == listing("old"))
        let again = try copy("--itemize", "--quiet", "--link-dest", folder)
        #expect(again.output == "" && again.status == 0)
    }

    @Test("takes the first of several, and copies what none has")
    func several() throws {
        try shell("mkdir older; cp -a old/d older; rm old/d/c; printf more > s/d/more")
        let outcome = try copy("--link-dest", "../old", "--link-dest=../older")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try shell("test t/d/c -ef older/d/c && test t/a -ef old/a && cat t/d/more") == "more")
        #expect(try shell("diff -r --no-dereference -x pipe s t") == "")
    }

    @Test("leaves the earlier copy as it is when the later one changes", arguments: [[], ["--in-place"]])
    func untouched(options: [FileName]) throws {
        _ = try copy("--link-dest", "../old")
        let facts = "cd old; find . ! -type d -printf '%P %m %s %T@ %l\\n' | LC_ALL=C sort"
        let before = try shell(facts)
        try shell("chmod 600 s/d/c; touch s/d/b.tmp; chmod 4711 s/a")
        let outcome = try run(options)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try shell(facts) == before)
        #expect(try shell("stat -c %a t/d/c t/d/hard") == "600\n4711\n")
    }

    @Test("keeps the manifest right")
    func recorded() throws {
        let manifest = place.path.appending("m")
        let update = {
            try self.run(["--manifest", manifest, "--link-dest", "../old", "--itemize", "--quiet"])
        }
        #expect(try update().status == 0)
        #expect(try inodes("t") == inodes("old"))
        try shell("chmod 600 s/d/c")
        #expect(try update().status == 0)
        #expect(try shell("stat -c %a t/d/c old/d/c") == "600\n644\n")
        try shell("rm m")
        #expect(try update().output == "")
    }

    @Test(
        "needs an earlier copy that links can lead to",
        arguments: [
            ("../none", "'../none' cannot be opened"),
            ("../s/a", "'../s/a' cannot be opened"),
            ("/dev/shm", "'/dev/shm' is on another file system than the destination"),
            (".", "'.' is the destination, or in it"),
            ("d", "'d' is the destination, or in it"),
        ] as [(FileName, String)]
    )
    func wrongFolder(folder: FileName, message: String) throws {
        try shell("mkdir -p t/d")
        let outcome = try copy("--link-dest", folder)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome)")
        #expect(try shell("ls t t/d") == "t:\nd\n\nt/d:\n")
    }
}
