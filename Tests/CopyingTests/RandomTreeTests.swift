import Copying
import LinuxSystem
import Testing

@Suite("A copy of a random tree", Need.images)
struct RandomTreeTests {
    /// Rounds for each kind of file system, and how many of them one tree lives.
    private static let rounds = setting("EXTBACKUP_ROUNDS", otherwise: 160)
    private static let life = 20

    /// Most of them where they cost least: what they find is in the planning more often than in the file system.
    @Test(
        "is equal after every round of changes",
        arguments: [("tmpfs", 12), ("ext4", 1), ("xfs", 1), ("btrfs", 1)]
    )
    func rounds(kind: String, share: Int) throws {
        let first = UInt64(setting("EXTBACKUP_SEED", otherwise: Int.random(in: 0..<1_000_000)))
        print("random trees on \(kind): EXTBACKUP_SEED=\(first)")
        let memory = try TemporaryFolder(in: "/dev/shm")
        let megabytes = kind == "xfs" ? 320 : 256
        let image = kind == "tmpfs" ? nil : try Image(kind, megabytes: megabytes, in: "/dev/shm")
        let root = try image?.root() ?? memory.makeFolder("mirrors")
        for number in 0..<UInt64(max(1, Self.rounds * share / Self.life)) {
            let seed = first + number
            // The source is on the same kind of file system, or on another.
            let place = number % 2 == 0 ? try root.duplicate() : try memory.folder.duplicate()
            try place.createDirectory("source")
            try root.createDirectory("mirror")
            // Two of three lives are described by a manifest.
            let manifest =
                number % 3 == 2 ? nil : try Manifest.open(at: FileName("\(memory.path)/manifest-\(seed)"))
            let source = try place.open("source", .directory)
            let mirror = try root.open("mirror", .directory)
            do {
                try live(seed, kind, source, mirror, manifest)
            } catch {
                Issue.record(error, "seed \(seed), \(kind)")
            }
            try RandomTree.remove("source", from: place)
            try RandomTree.remove("mirror", from: root)
        }
    }

    private func live(
        _ seed: UInt64,
        _ kind: String,
        _ source: borrowing Descriptor,
        _ destination: borrowing Descriptor,
        _ manifest: Manifest?
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
            let trust: ManifestPart.Trust = round % 2 == 0 ? .sealed : .compared
            let part = try manifest.map { try ManifestPart(of: $0, trusting: trust) }
            let outcome = try copy(source, to: destination, manifest: part).outcome
            #expect(outcome.skipped.listed == [], "\(comment)")
            if let manifest, manifest.state == .open { try manifest.seal() }
            let wanted = try TreeFacts(source)
            let differences = wanted.differences(from: try TreeFacts(destination))
            #expect(differences == [], "\(comment)")
            let again = try plan(source, destination).summary
            #expect(again.isEmpty || !differences.isEmpty, "\(comment): \(again)")
            if let manifest { try expectManifestTrue(manifest, source, destination, comment) }
            if round % 7 == 6 && differences.isEmpty && wanted.isWithinPathLimit {
                try expectEqual(source, destination, comment)
            }
        }
    }
}
