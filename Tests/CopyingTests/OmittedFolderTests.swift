import Copying
import LinuxSystem
import Testing

@Suite("A folder that is to be nowhere in the copy", Need.root)
final class OmittedFolderTests {
    private let home: TemporaryFolder
    private let source: Descriptor
    private let destination: Descriptor

    init() throws {
        home = try TemporaryFolder()
        source = try home.makeFolder("source")
        destination = try home.makeFolder("destination")
        try source.make([.file("a", "1"), .folder("etc", [.folder("keys", [.file("red", "secret")])])])
    }

    private func copy(
        _ source: borrowing Descriptor,
        without folder: EntryStatus,
        _ boundary: CopyRequest.Boundary = .oneFileSystem,
        _ manifest: ManifestPart? = nil
    ) throws -> [String] {
        var request = try CopyRequest(
            source: source,
            destination: destination,
            boundary: boundary,
            manifest: manifest
        )
        request.omit(folder)
        let plan = try CopyPlan.make(request, interruption: Interruption())
        let outcome = try plan.apply(deletions: .perform, interruption: Interruption())
        #expect(!outcome.isPartial)
        return try TreeFacts(destination).names
    }

    private func keys() throws -> EntryStatus {
        try source.open("etc", .directory).status(of: "keys")
    }

    @Test("is not carried, and what an earlier copy has of it goes; others of its name stay")
    func omitted() throws {
        try source.make([.folder("keys", [.file("blue", "no secret")])])
        try CopyingTests.copy(source, to: destination)
        let names = ["'' directory", "'a' file", "'etc' directory", "'keys' directory", "'keys/blue' file"]
        #expect(try copy(source, without: keys()) == names)
    }

    @Test("goes from a copy whose sealed manifest has it, with its rows; what was moved out of it stays")
    func sealed() throws {
        let path = FileName(home.path + "/manifest")
        let folder = try source.open("etc", .directory).open("keys", .directory)
        try folder.make([.file("blue", "secret")])
        try CopyingTests.copy(source, to: destination, manifestAt: path)
        try run("/bin/mv", home.path + "/source/etc/keys/blue", home.path + "/source/public")
        let manifest = try Manifest.open(at: path)
        let names = ["'' directory", "'a' file", "'etc' directory", "'public' file"]
        #expect(
            try copy(source, without: keys(), .oneFileSystem, ManifestPart(of: manifest, trusting: .sealed))
                == names
        )
        #expect(try manifest.count == names.count)
    }

    @Test("is not carried from where it is mounted once more")
    func mounted() throws {
        try source.make([.folder("again")])
        try run("/bin/mount", "--bind", home.path + "/source/etc/keys", home.path + "/source/again")
        defer {
            // What is left is unmounted with the machine, ignoring.
            _ = try? run("/bin/umount", "-l", home.path + "/source/again")
        }
        let names = ["'' directory", "'a' file", "'etc' directory"]
        #expect(try copy(source, without: keys(), .acrossFileSystems) == names)
    }

    @Test("is not carried when it is the source itself")
    func root() throws {
        let folder = try source.open("etc", .directory).open("keys", .directory)
        #expect(try copy(folder, without: keys()) == ["'' directory"])
    }

    @Test(
        "is not carried from a snapshot",
        Need.images,
        arguments: [("ext4", 32), ("xfs", 320), ("btrfs", 128)]
    )
    func snapshot(kind: String, megabytes: Int) throws {
        let image = try Image(kind, megabytes: megabytes)
        try image.root().make([
            .folder("data", [.file("b", "2"), .folder("keys", [.file("red", "secret")])])
        ])
        let snapshot = try image.makeSnapshot()
        let folder = try image.root().open("data", .directory).status(of: "keys")
        let data = try snapshot.root().open("data", .directory)
        #expect(try data.status().device != folder.device)
        #expect(try copy(data, without: folder) == ["'' directory", "'b' file"])
    }
}

/// A file system as it was.
private struct Snapshot {
    /// Kept mounted; nil for one that lies in its origin.
    let image: Image?
    let path: FileName

    func root() throws -> Descriptor { try Descriptor.open(path, .directory) }
}

extension Image {
    /// By the file system itself where it can, else as a volume manager does it.
    fileprivate func makeSnapshot() throws -> Snapshot {
        if kind == "btrfs" {
            try run("/bin/btrfs", "subvolume", "snapshot", path, path + "/snapshot")
            return Snapshot(image: nil, path: FileName(path + "/snapshot"))
        }
        try unmount()
        let copy = try Image(copyOf: self)
        try mount()
        return Snapshot(image: copy, path: FileName(copy.path))
    }
}
