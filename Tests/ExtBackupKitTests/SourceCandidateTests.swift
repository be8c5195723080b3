import LinuxSystem
import Testing

@testable import Drives
@testable import ExtBackupKit

extension MountTable.Entry {
    /// Something that is mounted.
    static func example(_ target: FileName, _ type: FileName = "ext4") -> MountTable.Entry {
        MountTable.Entry(
            source: "/dev/sda1",
            target: target,
            type: type,
            device: DeviceNumber(major: 8, minor: 1)
        )
    }
}

@Suite("Folders that may be worth a backup")
struct SourceCandidateTests {
    private func paths(_ mounts: [MountTable.Entry], filled: Set<FileName> = []) -> [FileName] {
        SourceCandidate.all(mounts: mounts) { filled.contains($0) }.map(\.path)
    }

    @Test("are what is mounted at and below the usual places")
    func mounted() {
        let mounts: [MountTable.Entry] = [
            .example("/"), .example("/boot"), .example("/srv/photos"), .example("/mnt", "nfs4"),
            .example("/var/srv"), .example("/srvice"), .example("/media/disk", "fuse.mergerfs"),
        ]
        #expect(paths(mounts) == ["/media/disk", "/mnt", "/srv/photos"])
        #expect(
            SourceCandidate.all(mounts: mounts) { _ in false }.map(\.text)
                == [
                    "a mounted file system, fuse.mergerfs", "a mounted file system, nfs4",
                    "a mounted file system, ext4",
                ]
        )
    }

    @Test("are no file systems without data, and no mount points that only wait for one")
    func pseudo() {
        #expect(paths([.example("/srv/a", "tmpfs"), .example("/mnt/b", "autofs")]) == [])
        // Of two mounts at one place the last one is seen.
        #expect(paths([.example("/mnt/b", "autofs"), .example("/mnt/b", "ext4")]) == ["/mnt/b"])
        #expect(paths([.example("/mnt/b", "ext4"), .example("/mnt/b", "tmpfs")]) == [])
    }

    @Test("are not offered twice, and not under names that a terminal cannot show")
    func nested() {
        let hostile: FileName = "/srv/\u{1b}[31m"
        #expect(
            paths([.example("/srv/tank"), .example("/srv/tank/photos"), .example(hostile)]) == ["/srv/tank"]
        )
        #expect(paths([.example(FileName(bytes: Array("/srv/".utf8) + [0xff]))]) == [])
    }

    @Test("are filled folders where nothing is mounted, too")
    func filled() {
        #expect(paths([], filled: ["/home", "/etc"]) == ["/home"])
        #expect(paths([.example("/srv/a")], filled: ["/srv", "/home"]) == ["/srv/a", "/home"])
        #expect(paths([.example("/home")], filled: ["/home"]) == ["/home"])
        #expect(SourceCandidate.all(mounts: []) { $0 == "/home" }.map(\.text) == ["a folder"])
    }

    @Test(
        "get names that a source may have, each another one",
        arguments: [
            ("/srv/photos", [], "photos"), ("/srv/photos/", ["photos"], "photos-2"),
            ("/a/photos", ["photos", "photos-2"], "photos-3"), ("/srv/my photos", [], "my-photos"),
            ("/srv/größe", [], "gr-e"), ("/srv/history", [], "history-2"), ("/srv/.hidden", [], "hidden"),
            ("/", [], "source"), ("/srv/---", ["source"], "source-2"), ("/srv/lost+found", [], "lost-found"),
        ] as [(FileName, [String], String)]
    )
    func names(path: FileName, taken: [String], name: String) throws {
        #expect(SourceCandidate.name(for: path, apartFrom: taken) == name)
        let text = "[[source]]\nname = \"\(name)\"\npath = \"/a\"\n"
        #expect(try Configuration(parsing: Array(text.utf8), file: "x").sources.count == 1)
    }

    @Test("get no name that is too long")
    func longName() {
        let path = FileName("/" + String(repeating: "a", count: 200))
        #expect(SourceCandidate.name(for: path, apartFrom: []).count == 60)
    }
}
