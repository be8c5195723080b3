import Copying
import LinuxSystem
import Testing

@Suite("A run", Need.root)
final class RunTests: Sendable {
    private let home: TemporaryFolder
    private let source: Descriptor
    private let destination: Descriptor

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        destination = try home.makeFolder("destination")
    }

    @Test("that is only planned writes nothing, and tells every change")
    func dryRun() throws {
        try source.make([
            .file("changed", "new"), .file("mode", "m").mode(0o600), .folder("new", [.file("f", "1234")]),
            .file("linked", "l"), .hardLink("zlink", to: "linked"),
        ])
        try destination.make([
            .file("changed", "old").time(9), .file("mode", "m"), .folder("old", [.file("x")]),
            .file(".extbackup-tmp-0000000000000000"),
        ])
        try destination.setModified(source.status().modified)
        let before = try TreeFacts(destination)
        let ready = try plan(source, destination)
        var changes: [String] = []
        try ready.forEachChange { changes.append("\($0.kind) \($0.entry) \($0.path) \($0.bytes)") }
        #expect(
            changes.sorted() == [
                "contents file 'changed' 3", "leftover file '.extbackup-tmp-0000000000000000' 0",
                "link file 'zlink' 0", "metadata file 'mode' 0", "new directory 'new' 0",
                "new file 'linked' 1", "new file 'new/f' 4", "removal directory 'old' 0",
            ]
        )
        #expect(ready.summary.bytesToWrite == 8)
        #expect(ready.summary.deletedFiles == 1)
        #expect(ready.summary.deletedFolders == 1)
        #expect(try before.differences(from: TreeFacts(destination)) == [])
    }

    @Test("stops between files when it is interrupted, and the next one converges")
    func interrupted() throws {
        var tree = RandomTree(seed: 7)
        try tree.change(source, count: 60)
        try destination.make([.file("old", "o")])
        for phase: CopyProgress.Phase in [.copying, .deleting, .finishing] {
            let interruption = Interruption()
            #expect(throws: CopyError.interrupted) {
                try copy(source, to: destination, interruption: interruption) {
                    if $0.phase == phase { interruption.request() }
                }
            }
            #expect((try? destination.status(of: "old")) == nil ? phase == .finishing : true)
        }
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("stops inside a large file")
    func interruptedInside() throws {
        try source.make([.file("large")])
        let file = try source.open("large", .write)
        let block = [UInt8](repeating: 3, count: 1 << 20)
        for number in 0..<200 as Range<Int64> {
            try block.withUnsafeBytes { try file.write($0, at: number << 20) }
        }
        let interruption = Interruption()
        var last = CopyProgress()
        #expect(throws: CopyError.interrupted) {
            try copy(source, to: destination, interruption: interruption) {
                last = $0
                if $0.phase == .copying { interruption.request() }
            }
        }
        #expect(last.bytesDone < 200 << 20)
        #expect(try TreeFacts(destination).names == ["'' directory"])
    }

    @Test("names a file that changes all the time, and keeps the older copy", .timeLimit(.minutes(5)))
    func changing() throws {
        try destination.make([.file("busy", "older")])
        // So large that the writer gets its turn in every attempt, also on a machine that is busy otherwise.
        try source.make([.file("busy", pieces: [.bytes([UInt8](repeating: 1, count: 96 << 20))])])
        let stop = Flag()
        let stopped = Flag()
        let writer = try source.open("busy", .write)
        let shared = Shared(writer)
        Thread.start(named: "writer") {
            var number: UInt32 = 0
            while !stop.isSet {
                number = (number + 1) % 1_000_000_000
                // A failed write shows as a test that fails, ignoring.
                try? shared.descriptor.setModified(FileTime(seconds: 1, nanoseconds: number))
            }
            stopped.set()
        }
        let outcome = try copy(source, to: destination).outcome
        stop.set()
        while !stopped.isSet {}
        #expect(outcome.skipped.listed == [SkippedEntry(path: "busy", reason: .changedWhileRead)])
        #expect(try destination.status(of: "busy").size == 5)
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("tells its progress while it scans and copies")
    func progress() throws {
        try source.make((0..<50).map { .file(FileName("\($0)"), String(repeating: "x", count: 1000)) })
        var phases: [CopyProgress.Phase] = []
        let request = try CopyRequest(source: source, destination: destination)
        let ready = try CopyPlan.make(request, interruption: Interruption()) { phases.append($0.phase) }
        var last = CopyProgress()
        _ = try ready.apply(deletions: .perform, interruption: Interruption()) {
            phases.append($0.phase)
            last = $0
        }
        #expect(phases.first == .scanning)
        #expect(phases.contains(.copying) && phases.contains(.deleting) && phases.last == .finishing)
        #expect(last.bytesDone == 50_000)
        #expect(last.bytesTotal == 50_000)
        #expect(last.changesDone == last.changesTotal)
    }

    @Test("goes down paths of any length and trees of any depth")
    func deep() throws {
        let long = FileName(bytes: [UInt8](repeating: 0x6c, count: 255))
        try Self.makeChain(source, names: [FileName](repeating: long, count: 20))
        try Self.makeChain(source, names: [FileName](repeating: "d", count: 2500))
        let outcome = try copy(source, to: destination).outcome
        #expect(outcome.skipped.listed == [])
        #expect(outcome.madeFolders == 2520)
        #expect(try plan(source, destination).summary.isEmpty)
        #expect(try Self.end(destination, long, 20).status(of: "end").size == 4)
        #expect(try Self.end(destination, "d", 2500).status(of: "end").size == 4)
        let empty = try home.makeFolder("empty")
        let deleted = try copy(empty, to: destination).outcome.deleted
        #expect(deleted == 2522)
    }

    @Test("does not cross into another file system unless it is told to", Need.images)
    func boundary() throws {
        try source.make([.folder("mounted", [.file("below")]), .file("a", "a")])
        try destination.make([.folder("mounted", [.file("from another day")])])
        try run("/bin/mount", "-t", "tmpfs", "none", home.path + "/source/mounted")
        // A mount that is left fails no test, ignoring.
        defer { _ = try? run("/bin/umount", "-l", home.path + "/source/mounted") }
        try source.open("mounted", .directory, resolve: .beneathAcrossMounts).make([.file("inside", "i")])
        try copy(source, to: destination)
        #expect(
            try TreeFacts(destination).names == [
                "'' directory", "'a' file", "'mounted' directory", "'mounted/from another day' file",
            ]
        )
        try copy(source, to: destination, boundary: .acrossFileSystems)
        #expect(try TreeFacts(destination).names.contains("'mounted/inside' file"))
    }

    @Test("keeps the holes of a file that changes")
    func holesOfUpdate() throws {
        let size: Int64 = 8 << 20
        try source.make([.file("f", pieces: [.hole(size), .bytes([1]), .hole(size)])])
        try copy(source, to: destination)
        let file = try source.open("f", .write)
        try [UInt8(9)].withUnsafeBytes { try file.write($0, at: 100) }
        try file.setModified(FileTime(seconds: 4, nanoseconds: 4))
        try copy(source, to: destination)
        try expectEqual(source, destination)
        #expect(try destination.status(of: "f").allocatedBytes < 64 << 10)
    }

    private final class Shared: Sendable {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private static func makeChain(_ root: borrowing Descriptor, names: [FileName]) throws {
        var folder = try root.duplicate()
        for name in names {
            try folder.createDirectory(name)
            folder = try folder.open(name, .directory)
        }
        try folder.make([.file("end", "text")])
    }

    private static func end(_ root: borrowing Descriptor, _ name: FileName, _ depth: Int) throws -> Descriptor
    {
        var folder = try root.duplicate()
        for _ in 0..<depth { folder = try folder.open(name, .directory) }
        return folder
    }
}
