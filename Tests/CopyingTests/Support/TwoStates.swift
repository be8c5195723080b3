import LinuxSystem

/// A small tree in which everything is that a run can meet, and what is done to it between two runs.
enum TwoStates {
    private static func list(_ user: UInt16) -> [UInt8] {
        AccessList.bytes(owner: 6, user: 1000, user, group: 4, mask: 7, other: 0)
    }

    private static let before: [Item] = [
        .file("same", "the same"),
        .file("changed", "old contents").attribute("user.a", "1"),
        .file("same size", "old old old").time(1_600_000_000, 1),
        .file("holes", pieces: [.hole(1 << 16), .bytes([1, 2, 3]), .hole(1 << 16)]),
        .file("gone", "it goes"),
        .file("mode", "of two modes").mode(0o600).owner(1, 2),
        .file("listed", "with a list").attribute(AccessList.access, list(4)).attribute("user.gone", "g")
            .attribute("user.changed", "before"),
        .file("capable", "can").mode(0o4755).attribute("security.capability", bindCapability),
        .file("becomes a folder", "a file"),
        .folder("becomes a file", [.file("inside", "a file in a folder"), .folder("below")]),
        .folder("becomes a link"),
        .symbolicLink("link", to: "same"),
        .symbolicLink("other link", to: "gone").owner(3, 4),
        .node("node", .fifo), .node("socket", .socket), .node("device", .characterDevice, 0x103),
        .folder("gone folder", [.file("a", "goes with it"), .folder("b", [.file("c", "too")])]),
        .folder("wanders", [.file("m1", "moved with its folder"), .folder("m2", [.file("m3", "deep")])]),
        .file("left", "what is left"), .file("right", "what is right"), .file("climbs", "up and down"),
        .folder("inheriting", [.file("heir", "h").mode(0o600)]).attribute(AccessList.inherited, list(5))
            .attribute("trusted.t", "t"),
        .folder("sub", [.file("first", "one file"), .hardLink("second", to: "sub", "first")]),
        .hardLink("third", to: "sub", "first"),
        .file("single", "becomes two"), .hardLink("node too", to: "node"),
    ]

    /// Makes the first state.
    static func make(in root: borrowing Descriptor) throws {
        try root.make(before)
    }

    /// Makes the second state of the first.
    static func change(_ root: borrowing Descriptor) throws {
        for name: FileName in ["gone", "becomes a folder", "link", "other link", "node", "third", "changed"] {
            try root.unlink(name)
        }
        try root.removeDirectory("becomes a link")
        try run("/bin/rm", "-r", "\(path(root))/gone folder", "\(path(root))/becomes a file")
        try root.make([
            .file("changed", "entirely new contents").time(1_700_000_000, 5),
            .folder("becomes a folder", [.file("inside", "new in a new folder")]),
            .file("becomes a file", "was a folder"), .symbolicLink("becomes a link", to: "sub"),
            .symbolicLink("link", to: "changed"), .node("node", .socket),
            .file("third", "no longer the same"), .hardLink("other link", to: "single"),
            .folder("new", [.file("n", "new"), .folder("deeper", [.node("pipe", .fifo)])]).mode(0o2750),
            .file("new holes", pieces: [.hole(1 << 16), .bytes([9]), .hole(1 << 15)]),
        ])
        try rewrite(
            "same size",
            in: root,
            [UInt8]("new new new".utf8),
            FileTime(seconds: 1_600_000_000, nanoseconds: 2)
        )
        try rewrite("holes", in: root, [7, 7], FileTime(seconds: 1_600_000_001, nanoseconds: 0))
        try root.setPermissions(of: "mode", 0o2755)
        try root.setOwner(of: "capable", uid: 5, gid: 6)
        let listed = AttributePlace("listed", in: root)
        try listed.remove("user.gone")
        try listed.set("user.changed", to: [1])
        try listed.set("trusted.new", to: [2])
        try AttributePlace("inheriting", in: root).remove(AccessList.inherited)
        let sub = try root.open("sub", .directory)
        try move("wanders", in: root, to: sub, as: "wandered")
        try move("climbs", in: root, to: sub, as: "climbed")
        try root.exchange("left", with: "right")
    }

    private static func rewrite(
        _ name: FileName,
        in root: borrowing Descriptor,
        _ bytes: [UInt8],
        _ time: FileTime
    ) throws {
        let file = try root.open(name, .write)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.setModified(time)
    }

    private static func path(_ folder: borrowing Descriptor) -> String {
        "/proc/\(Machine.processID)/fd/\(folder.rawValue)"
    }
}
