import Copying
import LinuxSystem
import Testing

@Suite("Hostile trees", Need.root)
final class HostileTests: Sendable {
    private let home: TemporaryFolder
    private let source: Descriptor
    private let destination: Descriptor

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        destination = try home.makeFolder("destination")
        try home.folder.make([.folder("outside", [.file("f", "outside"), .file("secret", "s")])])
    }

    @Test("a link on the destination is replaced by the folder, not followed")
    func linkInTheWay() throws {
        try source.make([.folder("a", [.file("f", "mine")])])
        try destination.make([.symbolicLink("a", to: "../outside")])
        try copy(source, to: destination)
        try expectEqual(source, destination)
        try expectOutsideUntouched()
    }

    @Test("a folder of the destination that becomes a link after the plan leads nowhere")
    func swappedDestination() throws {
        try source.make([.folder("a", [.file("f", "mine"), .file("g", "mine")])])
        try destination.make([.folder("a", [.file("secret", "old")])])
        let ready = try plan(source, destination)
        try destination.rename("a", to: "b")
        try destination.make([.symbolicLink("a", to: "../outside")])
        let outcome = try ready.apply(deletions: .perform, interruption: Interruption())
        #expect(outcome.skipped.count > 0)
        try expectOutsideUntouched()
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("a folder of the source that becomes a link after the plan is not followed")
    func swappedSource() throws {
        try source.make([.folder("a", [.file("f", "mine"), .file("secret", "mine")])])
        let ready = try plan(source, destination)
        try source.rename("a", to: "b")
        try source.make([.symbolicLink("a", to: "../outside")])
        let outcome = try ready.apply(deletions: .perform, interruption: Interruption())
        #expect(outcome.skipped.count > 0)
        #expect(!(try TreeFacts(destination).names.contains("'a/secret' file")))
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("a file of the source that becomes a FIFO after the plan blocks nothing", .timeLimit(.minutes(5)))
    func fileBecomesFIFO() throws {
        try source.make([.file("a", "text")])
        let ready = try plan(source, destination)
        try source.unlink("a")
        try source.make([.node("a", .fifo)])
        let outcome = try ready.apply(deletions: .perform, interruption: Interruption())
        #expect(outcome.skipped.listed == [SkippedEntry(path: "a", reason: .changedWhileRead)])
    }

    @Test("a file that goes away after the plan is told apart from one that cannot be read")
    func vanished() throws {
        try source.make([.file("a", "text"), .file("b", "text")])
        let ready = try plan(source, destination)
        try source.unlink("a")
        let outcome = try ready.apply(deletions: .perform, interruption: Interruption())
        #expect(outcome.vanished.listed.map(\.path) == ["a"])
        #expect(!outcome.isPartial)
        #expect(try TreeFacts(destination).names == ["'' directory", "'b' file"])
    }

    @Test("a destination inside the source is not copied into itself")
    func destinationInside() throws {
        try source.make([.file("a", "text"), .folder("mirror")])
        let inner = try source.open("mirror", .directory)
        let outcome = try copy(source, to: inner).outcome
        #expect(outcome.skipped.listed == [SkippedEntry(path: "mirror", reason: .isDestination)])
        #expect(try TreeFacts(inner).names == ["'' directory", "'a' file"])
    }

    private func expectOutsideUntouched() throws {
        let outside = try home.folder.open("outside", .directory)
        #expect(try TreeFacts(outside).names == ["'' directory", "'f' file", "'secret' file"])
        #expect(try outside.status(of: "f").size == 7)
        #expect(try outside.status(of: "secret").size == 1)
    }
}
