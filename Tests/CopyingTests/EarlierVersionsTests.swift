import Copying
import LinuxSystem
import Testing

@Suite("In the folder for earlier versions", Need.root)
struct EarlierVersionsTests {
    @Test("what a run left that was cut off goes at the next one, and nothing else")
    func leftovers() throws {
        let home = try TemporaryFolder(in: "/dev/shm")
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        let earlier = try home.makeFolder("earlier")
        try source.make([.folder("sub", [.file("f", "new!")])])
        try destination.make([.folder("sub", [.file("f", "old")])])
        let name: FileName = ".extbackup-tmp-0123456789abcdef"
        try earlier.make([
            .file(name, "of a run"), .symbolicLink(".extbackup-tmp-0123456789abcde0", to: "x"),
            .folder(".extbackup-tmp-0123456789abcde1", [.file("f", "of somebody")]),
            .file(".extbackup-tmp-0123456789abcdefg", "of somebody"), .folder("sub", [.file(name, "s")]),
        ])
        try copy(source, to: destination, keepingIn: FileName(home.path + "/earlier"))
        try expectEqual(source, destination)
        #expect(
            try TreeFacts(earlier).names == [
                "'' directory", "'.extbackup-tmp-0123456789abcde1' directory",
                "'.extbackup-tmp-0123456789abcde1/f' file", "'.extbackup-tmp-0123456789abcdefg' file",
                "'sub' directory", "'sub/\(String(decoding: name.bytes, as: UTF8.self))' file",
                "'sub/f' file",
            ]
        )
        #expect(try earlier.open("sub/f", .read).readAll(limit: 10) == Array("old".utf8))
    }
}
