import Copying
import LinuxSystem
import SystemPackage
import Testing

@Suite("The time of a folder", Need.root)
struct FolderTimeTests {
    private let home: TemporaryFolder

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
    }

    @Test("comes back when nothing but a folder is made in it", arguments: [Item.folder("b"), .file("b")])
    func madeFolder(old: Item) throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make([.folder("a", [.folder("b", [.folder("c")])])])
        try destination.make([.folder("a", [old])])
        try copy(source, to: destination)
        try expectEqual(source, destination)
        // As after a run that could not make it, and set the time of the folder above.
        let above = try destination.open("a/b", .directory)
        let time = try above.status().modified
        try above.removeDirectory("c")
        try above.setModified(time)
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }

    @Test("comes back when something was moved out of it, and the source put its time back")
    func movedOut() throws {
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        let manifest = try Manifest.open(at: FileName(home.path + "/manifest"))
        try source.make([
            .folder("z", [.folder("moved", [.file("f", "text")])]), .folder("above", [.file("up", "u")]),
        ])
        for _ in 0..<2 {
            let part = try ManifestPart(of: manifest, trusting: .sealed)
            try copy(source, to: destination, manifest: part)
            try manifest.seal()
            try expectEqual(source, destination)
            for (name, entry): (FileName, FileName) in [("z", "moved"), ("above", "up")] {
                let folder = try source.open(name, .directory)
                guard (try? folder.status(of: entry)) != nil else { continue }
                let time = try folder.status().modified
                try folder.move(entry, to: source, as: entry)
                try folder.setModified(time)
            }
        }
    }
}
