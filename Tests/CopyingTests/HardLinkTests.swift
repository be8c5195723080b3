import Copying
import LinuxSystem
import Testing

@Suite("Hard links", Need.root)
struct HardLinkTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
    }

    @Test(
        "are followed when groups split, join and change",
        arguments: [
            // Two names of one file become two files of equal contents.
            ([.file("a", "same"), .file("b", "same")], [.file("a", "same"), .hardLink("b", to: "a")]),
            // The other way round.
            ([.file("a", "same"), .hardLink("b", to: "a")], [.file("a", "same"), .file("b", "same")]),
            // A new name comes before the old ones.
            (
                [.file("b", "same"), .hardLink("c", to: "b"), .hardLink("a", to: "b")],
                [.file("b", "same"), .hardLink("c", to: "b")]
            ),
            // Two groups exchange a name.
            (
                [.file("a", "1"), .file("b", "2"), .hardLink("c", to: "a"), .hardLink("d", to: "b")],
                [.file("a", "1"), .file("b", "2"), .hardLink("c", to: "b"), .hardLink("d", to: "a")]
            ),
            // Only the mode of one of two former names differs.
            (
                [.file("a", "same").mode(0o600), .file("b", "same")],
                [.file("a", "same"), .hardLink("b", to: "a")]
            ),
            // A name becomes a folder that holds another name.
            (
                [.file("a", "same"), .folder("b", [.hardLink("c", to: "a")])],
                [.file("a", "same"), .hardLink("b", to: "a")]
            ),
        ] as [([Item], [Item])]
    )
    func groups(source items: [Item], destination old: [Item]) throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make(items)
        try destination.make(old)
        try copy(source, to: destination)
        try expectEqual(source, destination)
        #expect(try plan(source, destination).summary.isEmpty)
    }

    @Test("that exist write no data again for a new name")
    func newName() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("b", "data")])
        try copy(source, to: destination)
        try source.make([.hardLink("a", to: "b")])
        let (summary, outcome) = try copy(source, to: destination)
        #expect(summary.bytesToWrite == 0)
        #expect(outcome.links == 1)
        try expectEqual(source, destination)
    }

    @Test("to names outside the copied tree are not changed with it")
    func outsiders() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("a", "same").mode(0o600)])
        try destination.make([.file("a", "same"), .folder("history", [.hardLink("a", to: "a")])])
        try copy(source, to: destination, protected: ["history"])
        #expect(try destination.status(of: "a").permissions == 0o600)
        #expect(try destination.open("history", .directory).status(of: "a").permissions == 0o644)
    }

    @Test("beyond the file system's limit become a second file", Need.images)
    func tooMany() throws {
        let image = try Image("ext4", megabytes: 64, options: ["-N", "1000"])
        let destination = try image.root()
        try destination.removeDirectory("lost+found")
        let source = try home.makeFolder("source")
        try source.make([.file("0", "x")])
        // ext4 allows 65,000 names.
        for number in 1...65_003 { try source.link("0", to: source, as: FileName("\(number)")) }
        let outcome = try copy(source, to: destination).outcome
        #expect(outcome.skipped.count == 0)
        #expect(outcome.copiedFiles == 2)
        #expect(outcome.links == 65_002)
        let again = try copy(source, to: destination).outcome
        #expect(again.copiedFiles == 0)
    }
}
