import Copying
import LinuxSystem
import Testing

@Suite("A copy of a random tree", Need.root, .serialized)
struct RandomTreeTests {
    @Test("is equal after every round of changes", arguments: 0..<20)
    func rounds(seed: UInt64) throws {
        let home = try TemporaryFolder(in: "/dev/shm")
        try check(seed, home.makeFolder("source"), home.makeFolder("destination"))
    }

    @Test("is equal on other file systems", Need.images, arguments: ["ext4", "xfs", "btrfs"])
    func onFileSystem(kind: String) throws {
        let from = try Image(kind, megabytes: kind == "xfs" ? 320 : 128)
        let to = try Image(kind, megabytes: kind == "xfs" ? 320 : 128)
        for seed in 100..<103 as Range<UInt64> {
            let name = FileName("\(seed)")
            try from.root().createDirectory(name)
            try to.root().createDirectory(name)
            try check(seed, from.root().open(name, .directory), to.root().open(name, .directory))
        }
    }

    private func check(
        _ seed: UInt64,
        _ source: borrowing Descriptor,
        _ destination: borrowing Descriptor
    ) throws {
        var tree = RandomTree(seed: seed)
        // A first state of the destination that has nothing to do with the source.
        var other = RandomTree(seed: seed &+ 1_000_000)
        try other.change(destination, count: 20)
        for round in 0..<4 {
            try tree.change(source, count: round == 0 ? 40 : 12)
            let outcome = try copy(source, to: destination).outcome
            #expect(outcome.skipped.listed == [], "seed \(seed) round \(round)")
            try expectEqual(source, destination, "seed \(seed) round \(round)")
            let again = try plan(source, destination).summary
            #expect(again.isEmpty, "seed \(seed) round \(round) \(again)")
        }
    }
}
