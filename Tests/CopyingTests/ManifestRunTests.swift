import LinuxSystem
import Testing

@testable import Copying

@Suite("A copy with a manifest", Need.root, .serialized)
final class ManifestRunTests: ManifestFixture {
    /// Copies, and seals the manifest when all is done.
    @discardableResult
    private func update(
        _ trust: ManifestPart.Trust = .sealed,
        writing update: CopyRequest.Update = .atomic
    ) throws -> (summary: PlanSummary, outcome: CopyOutcome) {
        let part = try ManifestPart(of: manifest, trusting: trust)
        let result = try copy(source, to: destination, manifest: part, update: update)
        if manifest.state == .open { try manifest.seal() }
        return result
    }

    /// Every step of a plan, what the manifest is to be told among them.
    private func steps(_ trust: ManifestPart.Trust) throws -> [String] {
        let part = try ManifestPart(of: manifest, trusting: trust)
        var steps: [String] = []
        try plan(source, destination, manifest: part).folders.forEach { folder in
            for step in folder.steps { steps.append("\(step.action) \(folder.path.appending(step.name))") }
            if folder.needsFinish && folder.steps.isEmpty { steps.append("finish \(folder.path)") }
        }
        return steps
    }

    @Test("of a random tree is equal after every round, and the manifest tells the truth", arguments: 0..<8)
    func rounds(seed: UInt64) throws {
        var tree = RandomTree(seed: seed)
        for round in 0..<5 {
            try tree.change(source, count: round == 0 ? 40 : 12)
            let result = try update()
            #expect(result.outcome.skipped.listed == [], "seed \(seed) round \(round)")
            let differences = try TreeFacts(source).differences(from: TreeFacts(destination))
            #expect(differences == [], "seed \(seed) round \(round)")
        }
        // All that was read within the last seconds may have changed since; then nothing is left to tell.
        Thread.sleep(for: .seconds(3))
        try update()
        try update(.compared)
        let sealedSteps = try steps(.sealed)
        #expect(sealedSteps == [], "seed \(seed)")
        let comparedSteps = try steps(.compared)
        #expect(comparedSteps == [], "seed \(seed)")
    }

    @Test("does not look at the destination while the manifest is trusted")
    func trusted() throws {
        try source.make([.folder("a", [.file("f", "text")])])
        try update()
        let folder = try destination.open("a", .directory)
        try folder.setPermissions(of: "f", 0o600)
        #expect(try update().summary.isEmpty)
        #expect(try update(.compared).summary.metadataOnly == 1)
        try expectEqual(source, destination)
    }

    @Test("of a destination that was equal before is told of its root, too")
    func equalBefore() throws {
        try source.make([.folder("a", [.file("f", "text")])])
        _ = try copy(source, to: destination)
        try update(.compared)
        #expect(try ManifestPart(of: manifest, trusting: .sealed).trust == .sealed)
    }

    @Test("renames what was moved, and writes no data for it")
    func moved() throws {
        try source.make([
            .folder("old", [.folder("deep", [.file("f", "text"), .file("g", "more")]), .file("x", "1")]),
            .file("single", "alone"), .file("stays", "here"),
        ])
        try update()
        let inode = try destination.status(of: "single").inode
        let old = try source.open("old", .directory)
        try source.createDirectory("new")
        try old.move("deep", to: source.open("new", .directory), as: "renamed")
        try source.rename("single", to: "other")
        let result = try update()
        #expect(result.summary.moves == 2)
        #expect(result.summary.deletionCount == 0)
        #expect(result.outcome.copiedBytes == 0)
        #expect(try destination.status(of: "other").inode == inode)
        try expectEqual(source, destination)
        #expect(try update(.compared).summary.isEmpty)
    }

    @Test("renames a folder whose inside changed, was moved out of, and goes on below it")
    func movedAndChanged() throws {
        try source.make([
            .folder("a", [.folder("b", [.file("gone", "1"), .file("out", "22"), .file("stays", "333")])])
        ])
        try update()
        try source.rename("a", to: "z")
        let folder = try source.open("z/b", .directory)
        try folder.unlink("gone")
        try folder.move("out", to: source, as: "out")
        try folder.make([.file("new", "4444")])
        let result = try update()
        #expect(result.summary.moves == 2)
        #expect(result.summary.deletedFiles == 1)
        #expect(result.outcome.copiedBytes == 4)
        try expectEqual(source, destination)
    }

    @Test("takes two entries that changed places for what they are")
    func swapped() throws {
        try source.make([
            .folder("a", [.file("f", "one")]), .folder("b", [.file("f", "two!")]), .file("c", "c"),
        ])
        try update()
        try source.exchange("a", with: "b")
        try update()
        try expectEqual(source, destination)
        #expect(try update(.compared).summary.isEmpty)
    }

    @Test("finds a change that put size and time back")
    func restoredTime() throws {
        try source.make([.file("f", "before").time(1000, 5)])
        try update()
        try source.open("f", .write).writeAll(Array("behind".utf8))
        try source.setModified(of: "f", FileTime(seconds: 1000, nanoseconds: 5))
        #expect(try update().outcome.copiedBytes == 6)
        try expectEqual(source, destination)
    }

    @Test("finds that also in a file with several names", arguments: [ManifestPart.Trust.sealed, .compared])
    func restoredTimeOfLinks(trust: ManifestPart.Trust) throws {
        try source.make([
            .file("f", "before").time(1000, 5), .hardLink("g", to: "f"),
            .folder("sub", [.hardLink("h", to: "f")]),
        ])
        try update()
        try source.open("f", .write).writeAll(Array("behind".utf8))
        try source.setModified(of: "f", FileTime(seconds: 1000, nanoseconds: 5))
        let result = try update(trust)
        #expect(result.outcome.copiedBytes == 6)
        #expect(result.summary.links == 2)
        try expectEqual(source, destination)
        try source.setPermissions(of: "f", 0o644)
        #expect(try update(trust).summary.isEmpty)
    }

    @Test("follows files whose names are in many folders")
    func manyNames() throws {
        let folders: [FileName] = ["a", "b", "c", "d"]
        for folder in folders { try source.createDirectory(folder) }
        let opened = try folders.map { try SharedDescriptor(source.open($0, .directory)) }
        for number in 0..<400 {
            let name = FileName("\(number * 7919 % 400)")
            let first = opened[number % 4]
            try first.descriptor.make([.file(name, "\(number)")])
            for other in opened.dropLast(number % 2) where other !== first {
                try first.descriptor.link(name, to: other.descriptor, as: name)
            }
        }
        let outcome = try update().outcome
        #expect((outcome.copiedFiles, outcome.links) == (400, 1100))
        try expectEqual(source, destination)
        // All that was read within the last seconds may have changed since.
        Thread.sleep(for: .seconds(3))
        try update()
        #expect(try steps(.sealed) == [])
        #expect(try steps(.compared) == [])
    }

    @Test("writes nothing again when only the inode was touched")
    func touchedInode() throws {
        try source.make([.file("f", "before")])
        try update()
        try source.setPermissions(of: "f", 0o644)
        let result = try update()
        #expect(result.outcome.copiedFiles == 0)
        #expect(result.summary.isEmpty)
    }

    @Test("that is cut off is compared by the next one, and keeps its hashes")
    func cutOff() throws {
        try source.make([.file("f", "text"), .file("g", "more")])
        try update()
        let hash = try #require(try manifest.entry("f", in: .top)?.hash)
        try manifest.markOpen()
        try destination.unlink("g")
        let result = try update()
        #expect(result.outcome.copiedFiles == 1)
        #expect(try manifest.entry("f", in: .top)?.hash == hash)
        try expectEqual(source, destination)
    }

    @Test("forgets what is on neither side any more")
    func forgotten() throws {
        try source.make([.folder("a", [.file("f", "text")]), .file("g", "more")])
        try update()
        for side in [FileName(home.path + "/source"), FileName(home.path + "/destination")] {
            try run(["/bin/rm", "-r", side.appending("a"), side.appending("g")])
        }
        try update(.compared)
        #expect(try manifest.rows(of: .top).isEmpty)
    }
}

@Suite("A large file", Need.images, .serialized)
struct LargeFileTests {
    private func fill(_ file: borrowing Descriptor, mebibytes: Int, seed: UInt8) throws {
        for number in 0..<mebibytes {
            let block = [UInt8](repeating: UInt8(truncatingIfNeeded: number) | 1 &+ seed, count: 1 << 20)
            try file.write(block, at: Int64(number) << 20)
        }
    }

    @Test(
        "of which a little changed is written by blocks",
        arguments: [
            // The earlier version is cloned where blocks can be shared.
            ("xfs", CopyRequest.Update.atomic, Int64(1 << 16)), ("btrfs", .atomic, 1 << 16),
            // ext4 cannot: it is written whole unless a person wants it changed in place.
            ("ext4", .atomic, 8 << 20), ("ext4", .inPlace, 1 << 16),
        ]
    )
    func blocks(kind: String, update: CopyRequest.Update, written: Int64) throws {
        let image = try Image(kind, megabytes: kind == "xfs" ? 320 : 256)
        let home = try TemporaryFolder()
        let source = try home.makeFolder("source")
        let destination = try image.root()
        if kind == "ext4" { try destination.removeDirectory("lost+found") }
        let manifest = try Manifest.open(at: FileName(home.path + "/manifest"))
        try source.make([.file("large")])
        try fill(source.open("large", .write), mebibytes: 8, seed: 1)
        for round in 0..<2 {
            let part = try ManifestPart(of: manifest, trusting: .sealed)
            let outcome = try copy(source, to: destination, manifest: part, update: update).outcome
            #expect(outcome.copiedBytes == (round == 0 ? 8 << 20 : written))
            try manifest.seal()
            try expectEqual(source, destination)
            try source.open("large", .write).write([9, 9, 9], at: 5_000_000)
        }
    }

    @Test("that was being copied when the run ended is gone on with")
    func resumed() throws {
        let home = try TemporaryFolder()
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.file("large")])
        try fill(source.open("large", .write), mebibytes: 70, seed: 3)
        let name = PartialFile.name(for: try source.status(of: "large"))
        try destination.make([.file(name)])
        // The beginning is right, and the end is what a lost connection left.
        try fill(destination.open(name, .write), mebibytes: 40, seed: 3)
        try destination.open(name, .write).write([UInt8](repeating: 0, count: 1 << 20), at: 39 << 20)
        let outcome = try copy(source, to: destination).outcome
        #expect(outcome.copiedBytes == 31 << 20)
        try expectEqual(source, destination)
    }
}
