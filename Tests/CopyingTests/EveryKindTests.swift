import Copying
import LinuxSystem
import Testing

/// A tree that holds everything a copy must carry.
let everyKind: [Item] = [
    .file("plain", "some text"),
    .file("empty"),
    .file("setuid", "#!").mode(0o4755).owner(1000, 1001),
    .file("setgid", "#!").mode(0o2711).owner(0, 1001),
    .file("unreadable", "secret").mode(0o000).owner(65534, 65534),
    .file("before 1970", "old").time(-1_000_000, 999_999_999),
    .file("after 2200", "new").time(7_300_000_000, 1),
    .file("capable", "binary").mode(0o755).attribute("security.capability", bindCapability),
    .file("attributed", "x").attribute("user.comment", "hello").attribute("trusted.secret", "t")
        .attribute("user.empty", ""),
    .file("listed", "acl").mode(0o640).attribute(
        AccessList.access,
        AccessList.bytes(owner: 6, user: 1000, 4, group: 4, mask: 4, other: 0)
    ),
    .file(
        "holes",
        pieces: [.hole(1 << 20), .bytes([1, 2, 3]), .hole(3 << 20), .bytes([4]), .hole(1 << 20)]
    ),
    .file("only a hole", pieces: [.hole(5 << 20)]),
    .symbolicLink("link", to: "plain").owner(1000, 1000).attribute("trusted.on.link", "yes"),
    .symbolicLink("dangling", to: "/no/such\u{1}place"),
    .node("pipe", .fifo).mode(0o600).owner(1, 2).attribute("trusted.pipe", "p"),
    .node("socket", .socket).mode(0o755),
    .node("null", .characterDevice, 0x103).mode(0o666),
    .node("disk", .blockDevice, 0x700).mode(0o660).owner(0, 6),
    .folder("sticky").mode(0o1777),
    .folder("setgid folder", [.file("inside", "i")]).mode(0o2750).owner(7, 8),
    .folder(
        "inheriting",
        [.file("without a list", "n").mode(0o600), .folder("below").mode(0o700)]
    )
    .attribute(
        AccessList.inherited,
        AccessList.bytes(owner: 7, user: 1000, 7, group: 5, mask: 7, other: 5)
    ),
    .folder("locked", [.file("f", "f")]).mode(0o000).attribute("user.folder", "f").time(1, 2),
    .folder("names", [.hardLink("second", to: "plain"), .hardLink("third", to: "plain")]),
    .hardLink("pipe too", to: "pipe"),
    .hardLink("link too", to: "link"),
    .hardLink("null too", to: "null"),
]

@Suite("A copy of every kind of entry", Need.root, .serialized)
struct EveryKindTests {
    @Test("is equal, and the second run finds nothing to do")
    func everything() throws {
        let home = try TemporaryFolder()
        let source = try home.makeFolder("source")
        let destination = try home.makeFolder("destination")
        try source.make(everyKind)
        let first = try copy(source, to: destination)
        #expect(first.outcome.skipped.listed == [])
        try expectEqual(source, destination)
        let second = try plan(source, destination)
        #expect(second.summary.isEmpty, "\(second.summary)")
    }

    @Test("is equal on other file systems", Need.images, arguments: ["ext4", "xfs", "btrfs"])
    func onFileSystem(kind: String) throws {
        let home = try TemporaryFolder()
        let source = try home.makeFolder("source")
        let image = try Image(kind, megabytes: kind == "xfs" ? 320 : 128)
        let destination = try image.root()
        try source.make(everyKind)
        let outcome = try copy(source, to: destination, protected: ["lost+found"]).outcome
        #expect(outcome.skipped.listed == [])
        if kind == "ext4" { try destination.removeDirectory("lost+found") }
        try copy(source, to: destination)
        try expectEqual(source, destination)
        #expect(try plan(source, destination).summary.isEmpty)
    }
}
