import Copying
import LinuxSystem
import Testing

@Suite("A copy of a random tree", Need.images)
struct RandomTreeTests {
    /// Rounds for each kind of file system, and how many of them one tree lives.
    private static let rounds = setting("EXTBACKUP_ROUNDS", otherwise: 500)
    private static let life = 20

    @Test("is equal after every round of changes", arguments: ["tmpfs", "ext4", "xfs", "btrfs"])
    func rounds(kind: String) throws {
        let first = UInt64(setting("EXTBACKUP_SEED", otherwise: Int.random(in: 0..<1_000_000)))
        print("random trees on \(kind): EXTBACKUP_SEED=\(first)")
        let memory = try TemporaryFolder(in: "/dev/shm")
        let megabytes = kind == "xfs" ? 320 : 256
        let image = kind == "tmpfs" ? nil : try Image(kind, megabytes: megabytes, in: "/dev/shm")
        let root = try image?.root() ?? memory.makeFolder("mirrors")
        for number in 0..<UInt64(max(1, Self.rounds / Self.life)) {
            let seed = first + number
            // The source is on the same kind of file system, or on another.
            let place = number % 2 == 0 ? try root.duplicate() : try memory.folder.duplicate()
            try place.createDirectory("source")
            try root.createDirectory("mirror")
            try live(seed, kind, place.open("source", .directory), root.open("mirror", .directory))
            try RandomTree.remove("source", from: place)
            try RandomTree.remove("mirror", from: root)
        }
    }

    private func live(
        _ seed: UInt64,
        _ kind: String,
        _ source: borrowing Descriptor,
        _ destination: borrowing Descriptor
    ) throws {
        var tree = RandomTree(seed: seed)
        // A first state of the destination that has nothing to do with the source.
        var other = RandomTree(seed: seed &+ 50_000)
        try other.change(destination, count: 10)
        for round in 0..<Self.life {
            let comment = "seed \(seed), round \(round), \(kind)"
            try tree.change(source, count: round == 0 ? 20 : 4)
            // XFS tells of holes in a new way once it has given a file its blocks.
            try source.syncFileSystem()
            let outcome = try copy(source, to: destination).outcome
            #expect(outcome.skipped.listed == [], "\(comment)")
            let wanted = try TreeFacts(source)
            let differences = wanted.differences(from: try TreeFacts(destination))
            #expect(differences == [], "\(comment)")
            let again = try plan(source, destination).summary
            #expect(again.isEmpty || !differences.isEmpty, "\(comment): \(again)")
            if round % 7 == 6 && differences.isEmpty && wanted.isWithinPathLimit {
                try expectEqual(source, destination, comment)
            }
        }
    }
}
