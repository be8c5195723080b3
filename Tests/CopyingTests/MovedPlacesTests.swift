import LinuxSystem
import Testing

@testable import Copying

@Suite("Where more has moved than is remembered", Need.root, .serialized)
final class MovedPlacesTests: ManifestFixture {
    private func update(limit: Int) throws -> (summary: PlanSummary, outcome: CopyOutcome) {
        let part = try ManifestPart(of: manifest, trusting: .sealed)
        var request = try CopyRequest(source: source, destination: destination, manifest: part)
        request.moveLimit = limit
        let plan = try CopyPlan.make(request, interruption: Interruption())
        let outcome = try plan.apply(deletions: .perform, interruption: Interruption())
        if manifest.state == .open { try manifest.seal() }
        try expectManifestTrue(manifest, source, destination)
        #expect(try TreeFacts(source).differences(from: TreeFacts(destination)) == [])
        return (plan.summary, outcome)
    }

    @Test("the rest is copied, and removed in its old place", arguments: [(1, 1), (2, 2), (4, 4), (5, 4)])
    func many(limit: Int, moves: Int) throws {
        let names = (0..<4).map { FileName("\($0)") }
        try source.make([.folder("old", names.map { .file($0, "contents of \($0)") })])
        _ = try update(limit: limit)
        let old = try source.open("old", .directory)
        try source.make([.folder("new")])
        let new = try source.open("new", .directory)
        for name in names { try old.move(name, to: new, as: name) }
        let result = try update(limit: limit)
        #expect(result.summary.moves == moves)
        #expect(result.outcome.copiedFiles == 4 - moves)
        #expect(result.summary.deletedFiles == 4 - moves)
    }

    @Test("also where every inode is another one, as on another disk", arguments: [(3, 0), (100, 1)])
    func otherDisk(limit: Int, moves: Int) throws {
        let names = (0..<6).map { FileName("\($0)") }
        try source.make(names.map { .file($0, "contents") } + [.file("z", "moves")])
        _ = try update(limit: limit)
        for name in names {
            let time = try source.status(of: name).modified
            try source.rename(name, to: "away")
            try source.make([.file(name, "contents").time(time.seconds, time.nanoseconds)])
            try source.unlink("away")
        }
        try source.rename("z", to: "z2")
        #expect(try update(limit: limit).summary.moves == moves)
    }

    @Test("in a random tree", arguments: 0..<6)
    func random(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        for round in 0..<5 {
            try tree.change(source, count: round == 0 ? 40 : 12)
            _ = try update(limit: Int(seed))
        }
    }
}
