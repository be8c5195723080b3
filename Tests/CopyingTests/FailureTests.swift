import Copying
import LinuxSystem
import SystemPackage
import Testing

@Suite("When something fails", Need.images, .serialized)
struct FailureTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
    }

    @Test("a full disk leaves every name with its old or its new contents, whole")
    func noSpace() throws {
        let image = try Image("ext4", megabytes: 16)
        let destination = try image.root()
        try destination.removeDirectory("lost+found")
        let source = try home.makeFolder("source")
        try source.make([
            .file("a", pieces: [.bytes([UInt8](repeating: 1, count: 4 << 20))]), .file("b", "old"),
        ])
        try copy(source, to: destination)
        let old = try TreeFacts(destination)
        for name: FileName in ["a", "b"] { try source.unlink(name) }
        try source.make([
            .file("a", pieces: [.bytes([UInt8](repeating: 2, count: 20 << 20))]), .file("b", "new").time(5),
            .file("c", "new"),
        ])
        let full = try plan(source, destination)
        #expect(full.summary.spaceNeeded > (try destination.availableBytes()))
        let error = #expect(throws: CopyError.self) {
            try full.apply(deletions: .perform, interruption: Interruption())
        }
        guard case .noSpace = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try old.differences(from: TreeFacts(destination)) == [])
        try source.open("a", .write).setSize(3 << 20)
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("a disk that becomes read-only ends the run, and nothing is deleted")
    func readOnly() throws {
        let image = try Image("ext4", megabytes: 16)
        let destination = try image.root()
        let source = try home.makeFolder("source")
        try source.make([.file("a", "new")])
        try destination.make([.file("old", "o")])
        let ready = try plan(source, destination)
        try run("/bin/mount", "-o", "remount,ro", image.path)
        let error = #expect(throws: CopyError.self) {
            try ready.apply(deletions: .perform, order: .first, interruption: Interruption())
        }
        guard case .destinationFailed(let cause) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.errno == .readOnlyFileSystem)
        #expect(try destination.status(of: "old").size == 1)
    }

    @Test("a drive that goes away in mid-run ends it at once")
    func gone() throws {
        let image = try Image("xfs", megabytes: 320)
        let source = try home.makeFolder("source")
        try source.make([
            .file("a", pieces: [.bytes([UInt8](repeating: 7, count: 2 << 20))]), .file("b", "b"),
        ])
        try image.root().make([.file("old", "o")])
        try image.root().syncFileSystem()
        let path = image.path
        let error = #expect(throws: CopyError.self) {
            try copy(source, to: image.root()) {
                // The kernel's own way to behave as if the device were pulled.
                if $0.phase == .copying { _ = try? run("/usr/sbin/xfs_io", "-x", "-c", "shutdown", path) }
            }
        }
        guard case .destinationFailed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try image.unmount()
        try image.mount()
        #expect(try image.root().status(of: "old").size == 1)
        #expect(throws: SystemError.self) { try image.root().status(of: "a") }
    }

    @Test("a folder that cannot be read is named, and nothing is deleted: it may have been moved there")
    func unreadableFolder() throws {
        let image = try Image("ext4", megabytes: 16, options: ["-O", "metadata_csum"])
        let destination = try home.makeFolder("destination")
        try image.root().make([
            .folder("broken", [.file("name-to-damage", "1"), .file("other", "2")]),
            .folder("fine", [.file("x"), .file("y")]),
        ])
        try copy(image.root(), to: destination, protected: ["lost+found"])
        try image.root().open("fine", .directory).unlink("y")
        try image.root().make([.file("becomes a file")])
        try destination.make([.folder("becomes a file", [.file("inside")])])
        try image.unmount()
        #expect(try image.damage("name-to-damage") > 0)
        try image.mount()
        let outcome = try copy(image.root(), to: destination, protected: ["lost+found"]).outcome
        #expect(outcome.isPartial)
        #expect(outcome.skipped.listed.map(\.path).contains("broken"))
        let names = try TreeFacts(destination).names
        #expect(names.contains("'broken/name-to-damage' file"))
        #expect(names.contains("'broken/other' file"))
        #expect(names.contains("'fine/y' file"))
        #expect(names.contains("'becomes a file/inside' file"))
        #expect(outcome.withheld == 4)
        #expect(outcome.deleted == 0)
    }

    @Test("a folder that was moved to where it cannot be read keeps its old copy")
    func movedUnreadable() throws {
        let image = try Image("ext4", megabytes: 16, options: ["-O", "metadata_csum"])
        let destination = try home.makeFolder("destination")
        try image.root().make([
            .folder("old", [.folder("moved", [.file("name-to-damage", "1")]), .file("x")]),
            .folder("zz"),
        ])
        try copy(image.root(), to: destination, protected: ["lost+found"])
        let old = try image.root().open("old", .directory)
        try old.move("moved", to: image.root().open("zz", .directory), as: "new place")
        _ = consume old
        try image.unmount()
        #expect(try image.damage("name-to-damage") > 0)
        try image.mount()
        let outcome = try copy(image.root(), to: destination, protected: ["lost+found"]).outcome
        #expect(outcome.skipped.listed.map(\.path) == ["lost+found", "zz/new place"])
        #expect(outcome.deleted == 0)
        #expect(try TreeFacts(destination).names.contains("'old/moved/name-to-damage' file"))
    }

    @Test("a file with several names that cannot be read keeps its old names everywhere")
    func movedUnreadableLink() throws {
        let image = try Image("btrfs", megabytes: 128, options: ["-m", "single", "-d", "single"])
        let destination = try home.makeFolder("destination")
        let text = String(repeating: "text-to-damage ", count: 20_000)
        try image.root().make([
            .folder("a"), .folder("b", [.file("bad", text), .hardLink("too", to: "b", "bad")]),
        ])
        try destination.make([.folder("a", [.file("bad", "the only copy")])])
        try image.unmount()
        #expect(try image.damage("text-to-damage") > 0)
        try image.mount()
        let outcome = try copy(image.root(), to: destination).outcome
        #expect(outcome.skipped.listed.map(\.path) == ["b/bad", "b/too"])
        #expect(outcome.withheld == 1)
        #expect(try destination.open("a", .directory).status(of: "bad").size == 13)
    }

    @Test("a file that cannot be read is named, and nothing in its folder is deleted")
    func unreadableFile() throws {
        let image = try Image("btrfs", megabytes: 128, options: ["-m", "single", "-d", "single"])
        let destination = try home.makeFolder("destination")
        let text = String(repeating: "text-to-damage ", count: 20_000)
        try image.root().make([
            .folder("a", [.file("bad", text), .file("good", "g")]), .folder("b", [.file("f", "f")]),
        ])
        try destination.make([
            .folder("a", [.file("bad", "older"), .file("gone", "x")]), .folder("b", [.file("gone")]),
        ])
        try image.unmount()
        #expect(try image.damage("text-to-damage") > 0)
        try image.mount()
        let outcome = try copy(image.root(), to: destination).outcome
        #expect(outcome.skipped.listed.map(\.path) == ["a/bad"])
        #expect(outcome.withheld == 1)
        let a = try destination.open("a", .directory)
        #expect(try a.status(of: "bad").size == 5)
        #expect(try a.status(of: "gone").size == 1)
        #expect(try a.status(of: "good").size == 1)
        #expect(throws: SystemError.self) { try destination.open("b", .directory).status(of: "gone") }
    }

    @Test("what the destination refuses is named, and everything else is done")
    func refused() throws {
        let image = try Image("ext4", megabytes: 16)
        let destination = try image.root()
        try destination.removeDirectory("lost+found")
        let source = try home.makeFolder("source")
        try source.make([.file("a", "a"), .file("fixed", "new"), .file("z", "z")])
        try destination.make([.file("fixed", "old one")])
        try run("/usr/bin/chattr", "+i", image.path + "/fixed")
        let outcome = try copy(source, to: destination).outcome
        try run("/usr/bin/chattr", "-i", image.path + "/fixed")
        #expect(outcome.skipped.listed.map(\.path) == ["fixed"])
        #expect(try TreeFacts(destination).names == ["'' directory", "'a' file", "'fixed' file", "'z' file"])
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("an attribute that does not fit is named, and the file is there")
    func attributeTooLarge() throws {
        let from = try Image("btrfs", megabytes: 128)
        let to = try Image("ext4", megabytes: 16)
        let value = [UInt8](repeating: 1, count: 8000)
        try from.root().make([.file("a", "a").attribute("user.big", value)])
        let outcome = try copy(from.root(), to: to.root(), protected: ["lost+found"]).outcome
        guard case .attributeRefused = outcome.skipped.listed.first?.reason else {
            Issue.record("\(outcome.skipped.listed)")
            return
        }
        #expect(try to.root().status(of: "a").size == 1)
    }

    @Test("everything is on the disk when the run is over", arguments: ["ext4", "xfs"])
    func pulledAfterwards(kind: String) throws {
        let image = try Image(kind, megabytes: kind == "xfs" ? 320 : 64)
        let source = try home.makeFolder("source")
        try source.make(everyKind)
        try copy(source, to: image.root(), protected: ["lost+found"])
        let written = try TreeFacts(image.root())
        let pulled = try Image(copyOf: image)
        #expect(try written.differences(from: TreeFacts(pulled.root())) == [])
    }
}
