import Copying
import LinuxSystem
import Testing

@Suite("Deletions", Need.root)
struct DeletionTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
    }

    @Test("are held on request, and everything else is done")
    func held() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("new", "n"), .file("was a folder", "f"), .folder("was a file", [.file("in")])])
        try destination.make([
            .file("old", "o"), .folder("old folder", [.file("x"), .file("y")]),
            .folder("was a folder", [.file("precious", "p")]), .file("was a file", "f"),
        ])
        let (summary, outcome) = try copy(source, to: destination, deletions: .hold)
        #expect(summary.deletionCount == 6)
        #expect(outcome.held == 3)
        #expect(outcome.deleted == 0)
        let names = try TreeFacts(destination).names
        #expect(names.contains("'old' file"))
        #expect(names.contains("'old folder/y' file"))
        #expect(names.contains("'was a folder/precious' file"))
        #expect(names.contains("'was a file/in' file"))
        #expect(names.contains("'new' file"))
    }

    @Test("happen once they are allowed", arguments: [DeletionOrder.first, .last])
    func performed(order: DeletionOrder) throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("kept", "k"), .file("was a folder", "f")])
        try destination.make([
            .folder("a", [.folder("b", [.file("c")])]), .folder("was a folder", [.file("x")]),
            .file("kept", "k"),
        ])
        let outcome = try copy(source, to: destination, order: order).outcome
        #expect(outcome.deleted == 3)
        try expectEqual(source, destination)
    }

    @Test("leave what is excluded, and the folders above it")
    func excluded() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("skip.tmp", "hidden"), .file("was a folder", "f")])
        try destination.make([
            .folder(
                "gone",
                [.file("x"), .folder("deep", [.file("keep.tmp"), .file("y")]), .folder("empty")]
            ),
            .folder("was a folder", [.file("keep.tmp")]),
        ])
        let outcome = try copy(source, to: destination, excluding: ["*.tmp"]).outcome
        #expect(outcome.skipped.listed == [SkippedEntry(path: "was a folder", reason: .holdsExcluded)])
        #expect(
            try TreeFacts(destination).names == [
                "'' directory", "'gone' directory", "'gone/deep' directory", "'gone/deep/keep.tmp' file",
                "'was a folder' directory", "'was a folder/keep.tmp' file",
            ]
        )
    }

    @Test("never touch a protected name of the root")
    func protected() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.folder("history", [.file("theirs")]), .folder("a", [.file("history")])])
        try destination.make([.folder("history", [.file("ours")])])
        let (summary, outcome) = try copy(source, to: destination, protected: ["history"])
        #expect(summary.deletionCount == 0)
        #expect(outcome.skipped.listed == [SkippedEntry(path: "history", reason: .reservedName)])
        #expect(try TreeFacts(destination).names.contains("'history/ours' file"))
        #expect(try TreeFacts(destination).names.contains("'a/history' file"))
    }

    @Test("can be judged before: an empty source shows")
    func emptied() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try destination.make([.file("a"), .folder("b", [.file("c")])])
        let summary = try plan(source, destination).summary
        #expect(summary.sourceEntryCount == 0)
        #expect(summary.destinationEntryCount == 3)
        #expect(summary.deletionCount == 3)
    }

    @Test("remove what a killed run left, also when they are held")
    func leftovers() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.folder("a", [.file("f", "f")]), .file(".extbackup-tmp-mine", "a name of the user")])
        try copy(source, to: destination)
        try destination.make([.file(".extbackup-tmp-0123456789abcdef", "rest")])
        try destination.open("a", .directory).make([
            .folder(".extbackup-tmp-fedcba9876543210", [.file("x")])
        ])
        // A pattern of the user does not protect them.
        let (summary, outcome) = try copy(source, to: destination, excluding: [".e*-0*"], deletions: .hold)
        #expect(summary.leftovers == 2)
        #expect(summary.deletionCount == 0)
        #expect(outcome.held == 0)
        try expectEqual(source, destination)
    }
}
