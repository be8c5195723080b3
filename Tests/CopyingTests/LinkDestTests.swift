import LinuxSystem
import SystemPackage
import Testing

@testable import Copying

/// Names that share their inode with the same path in an earlier copy.
private func shared(_ destination: borrowing Descriptor, _ earlier: borrowing Descriptor) throws -> [FileName]
{
    let (here, there) = (try Inodes(destination), try Inodes(earlier))
    return here.ofPath.filter { there.ofPath[$0.key] == $0.value }.map(\.key).sorted()
}

/// The inodes of all that is no folder.
private struct Inodes {
    private(set) var ofPath: [FileName: UInt64] = [:]

    init(_ root: borrowing Descriptor) throws {
        try read(root, FileName())
    }

    private mutating func read(_ folder: borrowing Descriptor, _ path: FileName) throws {
        var names: [FileName] = []
        try folder.forEachName { names.append($0) }
        for name in names {
            let status = try folder.status(of: name)
            if status.kind == .directory {
                try read(folder.open(name, .directory), path.appending(name))
            } else {
                ofPath[path.appending(name)] = status.inode
            }
        }
    }

    /// Paths whose inode has no other path.
    var single: Set<FileName> {
        var count: [UInt64: Int] = [:]
        for inode in ofPath.values { count[inode, default: 0] += 1 }
        return Set(ofPath.filter { count[$0.value] == 1 }.keys)
    }
}

@Suite("A copy that links from an earlier one", Need.root)
final class LinkDestTests {
    private let home: TemporaryFolder
    private let source: Descriptor
    private let earlier: Descriptor
    private let destination: Descriptor

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        earlier = try home.makeFolder("earlier")
        destination = try home.makeFolder("destination")
    }

    private func path(_ name: String) -> FileName { FileName("\(home.path)/\(name)") }

    struct Case: Sendable {
        var source: [Item]
        var earlier: [Item]
        var destination: [Item] = []
        var comparison = CopyRequest.Comparison.sizeAndTime
        /// Paths that are one with those of the earlier copy.
        var linked: [FileName]
        /// Bytes that are written.
        var bytes: Int64
    }

    @Test(
        "links what is unchanged there, and copies the rest",
        arguments: [
            // All kinds.
            Case(
                source: [
                    .file("f", "x"), .symbolicLink("l", to: "f"), .node("p", .fifo), .node("s", .socket),
                    .node("c", .characterDevice, 0x105), .folder("d", [.file("g", "y")]),
                ],
                earlier: [
                    .file("f", "x"), .symbolicLink("l", to: "f"), .node("p", .fifo), .node("s", .socket),
                    .node("c", .characterDevice, 0x105), .folder("d", [.file("g", "y")]),
                ],
                linked: ["c", "d/g", "f", "l", "p", "s"],
                bytes: 0
            ),
            // One difference each, and one without.
            Case(
                source: [
                    .file("a", "1").mode(0o600), .file("b", "1").owner(1, 0), .file("c", "1").owner(0, 1),
                    .file("d", "1").time(1_600_000_000, 123_456_788), .file("e", "12"),
                    .file("f", "1").attribute("user.u", "1"), .symbolicLink("g", to: "y"),
                    .node("h", .characterDevice, 0x105), .file("i", "1"), .symbolicLink("j", to: "x"),
                ],
                earlier: [
                    .file("a", "1"), .file("b", "1"), .file("c", "1"), .file("d", "1"), .file("e", "1"),
                    .file("f", "1"), .symbolicLink("g", to: "x"), .node("h", .characterDevice, 0x106),
                    .file("i", "1"), .file("j", "x"),
                ],
                linked: ["i"],
                bytes: 7
            ),
            // Equal size and time, other bytes: what the caller asked for decides.
            Case(source: [.file("a", "1")], earlier: [.file("a", "2")], linked: ["a"], bytes: 0),
            Case(
                source: [.file("a", "1"), .file("b", "1")],
                earlier: [.file("a", "2"), .file("b", "1")],
                comparison: .contents,
                linked: ["b"],
                bytes: 1
            ),
            // What the destination has and is right stays; what it has and differs is linked.
            Case(
                source: [.file("a", "1"), .file("b", "1"), .file("c", "1"), .file("d", "1")],
                earlier: [.file("a", "1"), .file("b", "1"), .file("c", "1"), .file("d", "1")],
                destination: [
                    .file("a", "1"), .file("b", "old"), .file("c", "1").mode(0o600),
                    .folder("d", [.file("x")]),
                ],
                linked: ["b", "c", "d"],
                bytes: 0
            ),
            // A folder there is a link to the folder's place: nothing is found through it.
            Case(
                source: [.folder("d", [.file("a", "1")])],
                earlier: [.folder("real", [.file("a", "1")]), .symbolicLink("d", to: "real")],
                linked: [],
                bytes: 1
            ),
            // A group that was one there, one that was two files, one that is new, one that split.
            Case(
                source: [
                    .file("a", "1"), .hardLink("b", to: "a"), .file("c", "2"), .hardLink("d", to: "c"),
                    .file("e", "3"), .hardLink("f", to: "e"), .file("g", "4"), .file("h", "4"),
                ],
                earlier: [
                    .file("a", "1"), .hardLink("b", to: "a"), .file("c", "2"), .file("d", "2"),
                    .file("g", "4"), .hardLink("h", to: "g"),
                ],
                linked: ["a", "b", "c", "g"],
                bytes: 2
            ),
        ]
    )
    func table(_ row: Case) throws {
        try source.make(row.source)
        try earlier.make(row.earlier)
        try destination.make(row.destination)
        let before = try TreeFacts(earlier)
        let result = try copy(
            source,
            to: destination,
            comparison: row.comparison,
            linkingFrom: [path("earlier")]
        )
        #expect(result.outcome.skipped.listed == [])
        #expect(result.summary.bytesToWrite == row.bytes)
        #expect(try shared(destination, earlier) == row.linked)
        #expect(try TreeFacts(earlier).differences(from: before) == [])
        if row.linked.contains("a") && row.bytes == 0 { return }
        #expect(try TreeFacts(source).differences(from: TreeFacts(destination)) == [])
        #expect(try plan(source, destination, linkingFrom: [path("earlier")]).summary.isEmpty)
    }

    @Test("takes the first of several that has the file")
    func several() throws {
        try source.make([.file("a", "1"), .file("b", "1"), .file("c", "1")])
        try earlier.make([.file("a", "1"), .file("b", "old")])
        let second = try home.makeFolder("second")
        try second.make([.file("a", "1"), .file("b", "1")])
        let outcome = try copy(source, to: destination, linkingFrom: [path("earlier"), path("second")])
            .outcome
        #expect(outcome.links == 2 && outcome.copiedFiles == 1)
        #expect(try shared(destination, earlier) == ["a"])
        #expect(try shared(destination, second) == ["b"])
        try expectEqual(source, destination)
    }

    @Test("does not count what it links in the space that it needs")
    func space() throws {
        let text = String(repeating: "x", count: 1 << 20)
        try source.make([.file("a", text)])
        try earlier.make([.file("a", text)])
        let summary = try plan(source, destination, linkingFrom: [path("earlier")]).summary
        #expect(summary.links == 1 && summary.newFiles == 0 && summary.bytesToWrite == 0)
        #expect(summary.spaceNeeded < 4096)
    }

    /// How a later run changes what an earlier one linked.
    enum Change: CaseIterable, Sendable {
        case mode, contents, time, attribute, name
    }

    @Test(
        "never changes the earlier copy afterwards",
        arguments: Change.allCases,
        [CopyRequest.Update.atomic, .inPlace]
    )
    func untouched(change: Change, update: CopyRequest.Update) throws {
        let large = String(repeating: "x", count: 3 << 20)
        try source.make([.file("small", "1"), .file("large", large)])
        try copy(source, to: earlier)
        let before = try TreeFacts(earlier)
        let manifest = try Manifest.open(at: path("manifest"))
        for known in [nil, manifest] {
            let part = try known.map { try ManifestPart(of: $0, trusting: .compared) }
            let target = try home.makeFolder(known == nil ? "plain" : "known")
            try copy(source, to: target, manifest: part, update: update, linkingFrom: [path("earlier")])
            #expect(try shared(target, earlier) == ["large", "small"])
            try known?.seal()
        }
        for name in ["small", "large"] as [FileName] {
            switch change {
            case .mode: try source.setPermissions(of: name, 0o600)
            case .contents:
                let file = try source.open(name, .write)
                try [UInt8(0x21)].withUnsafeBytes { try file.write($0, at: 0) }
                try file.setModified(FileTime(seconds: 5, nanoseconds: 5))
            case .time: try source.setModified(of: name, FileTime(seconds: 5, nanoseconds: 5))
            case .attribute: try AttributePlace(name, in: source).set("user.new", to: [1])
            case .name:
                try source.rename(name, to: FileName(bytes: name.bytes + Array(".moved".utf8)))
                try source.setPermissions(of: FileName(bytes: name.bytes + Array(".moved".utf8)), 0o600)
            }
        }
        for known in [nil, manifest] {
            let part = try known.map { try ManifestPart(of: $0, trusting: .sealed) }
            let target = try home.folder.open(known == nil ? "plain" : "known", .directory)
            try copy(source, to: target, manifest: part, update: update)
            #expect(try TreeFacts(source).differences(from: TreeFacts(target)) == [])
            #expect(try TreeFacts(earlier).differences(from: before) == [])
            guard let known else { continue }
            if known.state == .open { try known.seal() }
            try expectManifestTrue(known, source, target, hashes: .some)
        }
    }

    @Test("copies what the file system gives no more names", Need.images)
    func tooMany() throws {
        let image = try Image("ext4", megabytes: 64, options: ["-N", "1000"])
        let root = try image.root()
        try root.createDirectory("earlier")
        try root.createDirectory("destination")
        try source.make([.file("0", "x"), .hardLink("1", to: "0")])
        let there = try root.open("earlier", .directory)
        try there.make([.file("0", "x")])
        // ext4 allows 65,000 names.
        for number in 1..<65_000 { try there.link("0", to: there, as: FileName("n\(number)")) }
        let target = try root.open("destination", .directory)
        let outcome = try copy(source, to: target, linkingFrom: [FileName(image.path + "/earlier")]).outcome
        #expect(outcome.skipped.count == 0)
        #expect(outcome.copiedFiles == 1)
        try expectEqual(source, target)
    }

    @Test("copies what changed since it was planned")
    func late() throws {
        try source.make([.file("a", "1"), .file("b", "1"), .file("c", "1"), .file("d", "1")])
        try earlier.make([.file("a", "1"), .file("b", "1"), .file("c", "1"), .file("d", "1")])
        let plan = try plan(source, destination, linkingFrom: [path("earlier")])
        try source.unlink("a")
        try source.make([.file("a", "new").time(7)])
        try earlier.setPermissions(of: "b", 0o600)
        try earlier.unlink("c")
        let outcome = try plan.apply(deletions: .perform, interruption: Interruption())
        #expect(outcome.skipped.count == 0 && outcome.links == 1 && outcome.copiedFiles == 3)
        try expectEqual(source, destination)
    }

    #if DEBUG
        @Test("is right in the end, and changes nothing there, whichever system call fails")
        func faults() throws {
            let items: [Item] = [
                .file("a", "1"), .file("b", "2"), .hardLink("c", to: "b"), .symbolicLink("l", to: "a"),
                .folder("d", [.file("e", "3")]),
            ]
            try source.make(items)
            try earlier.make(items)
            let before = try TreeFacts(earlier)
            let wanted = try TreeFacts(source)
            let place = path("earlier")
            var number = 0
            while true {
                number += 1
                let target = try home.makeFolder("target")
                let manifest = try Manifest.open(at: path("target.manifest"))
                let copyAll = { (trust: ManifestPart.Trust) in
                    let part = try ManifestPart(of: manifest, trusting: trust)
                    return try copy(self.source, to: target, manifest: part, linkingFrom: [place]).outcome
                }
                let reasons: [Errno] = [.ioError, .tooManyLinks, .improperLink, .notPermitted]
                let failing = number
                let faults = FaultPlan {
                    $0.number == failing ? .fail(reasons[failing % reasons.count]) : .proceed
                }
                // A run that ends early is one of those that the next one repairs, ignoring.
                faults.run { _ = try? copyAll(.compared) }
                let outcome = try copyAll(.compared)
                let comment = "call \(number)"
                #expect(outcome.skipped.listed == [], "\(comment)")
                #expect(wanted.differences(from: try TreeFacts(target)) == [], "\(comment)")
                #expect(try TreeFacts(earlier).differences(from: before) == [], "\(comment)")
                if manifest.state == .open { try manifest.seal() }
                try expectManifestTrue(manifest, source, target, hashes: .some, comment)
                try run("/bin/rm", "-r", "\(home.path)/target", "\(home.path)/target.manifest")
                if faults.faults.isEmpty { break }
            }
            #expect(number > 100)
        }
    #endif

    @Test("gives the same as rsync's, on random trees")
    func random() throws {
        let first = UInt64(setting("EXTBACKUP_SEED", otherwise: Int.random(in: 0..<1_000_000)))
        print("random earlier copies: EXTBACKUP_SEED=\(first)")
        var linked = 0
        for seed in first..<first + UInt64(setting("EXTBACKUP_LINK_ROUNDS", otherwise: 25)) {
            for name in ["s", "g0", "g1", "g2", "r1", "m"] {
                try run("/bin/rm", "-rf", "\(home.path)/\(name)")
            }
            linked += try generations(seed)
        }
        #expect(linked > 0)
    }

    /// A copy, a second one that links from it, beside rsync's, a second run over that one, and a third copy. Gives the
    /// number of links that were compared.
    private func generations(_ seed: UInt64) throws -> Int {
        let source = try home.makeFolder("s")
        var tree = RandomTree(seed: seed)
        try tree.change(source, count: 25)
        let first = try home.makeFolder("g0")
        try copy(source, to: first)
        let kept = try TreeFacts(first)
        try tree.change(source, count: 4)
        if try !TreeFacts(source).isWithinPathLimit || !kept.isWithinPathLimit { return 0 }
        let second = try home.makeFolder("g1")
        let other = try home.makeFolder("r1")
        let manifest = seed % 2 == 0 ? try Manifest.open(at: path("m")) : nil
        try update(second, from: source, [path("g0")], manifest, .compared, "seed \(seed)")
        #expect(try TreeFacts(first).differences(from: kept) == [], "seed \(seed)")
        try rsync(source, other, ["-aHAXS", "-@-1", FileName("--link-dest=\(home.path)/g0")])
        // rsync makes two files one when they were one in the earlier copy.
        let single = try Inodes(source).single.intersection(try Inodes(first).single)
        let (ours, theirs) = (try shared(second, first), try shared(other, first))
        #expect(ours.filter(single.contains) == theirs.filter(single.contains), "seed \(seed)")
        try tree.change(source, count: 4)
        try update(second, from: source, [path("g0")], manifest, .sealed, "seed \(seed), again")
        #expect(try TreeFacts(first).differences(from: kept) == [], "seed \(seed), again")
        let keptSecond = try TreeFacts(second)
        try tree.change(source, count: 4)
        let third = try home.makeFolder("g2")
        try update(third, from: source, [path("g1"), path("g0")], nil, .compared, "seed \(seed), third")
        #expect(try TreeFacts(first).differences(from: kept) == [], "seed \(seed), third")
        #expect(try TreeFacts(second).differences(from: keptSecond) == [], "seed \(seed), third")
        return ours.count(where: single.contains)
    }

    private func update(
        _ destination: borrowing Descriptor,
        from source: borrowing Descriptor,
        _ earlier: [FileName],
        _ manifest: Manifest?,
        _ trust: ManifestPart.Trust,
        _ comment: String
    ) throws {
        let part = try manifest.map { try ManifestPart(of: $0, trusting: trust) }
        let outcome = try copy(source, to: destination, manifest: part, linkingFrom: earlier).outcome
        #expect(outcome.skipped.listed == [], "\(comment)")
        #expect(try TreeFacts(source).differences(from: TreeFacts(destination)) == [], "\(comment)")
        guard let manifest else { return }
        if manifest.state == .open { try manifest.seal() }
        try expectManifestTrue(manifest, source, destination, hashes: .some, comment)
    }
}
