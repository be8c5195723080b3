import LinuxSystem

/// An entry of a tree that a test writes down.
struct Item: Sendable {
    enum Content: Sendable {
        case file([Piece])
        case folder([Item])
        case symbolicLink(FileName)
        /// Another name of the entry at this path from the root.
        case hardLink([FileName])
        case node(EntryKind, UInt64)
    }

    enum Piece: Sendable {
        case bytes([UInt8])
        case hole(Int64)

        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .hole(let count): count
            }
        }
    }

    var name: FileName
    var content: Content
    var permissions: UInt32 = 0o644
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var time = FileTime(seconds: 1_600_000_000, nanoseconds: 123_456_789)
    var attributes: [FileName: [UInt8]] = [:]

    static func file(_ name: FileName, _ text: String = "") -> Item {
        Item(name: name, content: .file([.bytes(Array(text.utf8))]))
    }

    static func file(_ name: FileName, pieces: [Piece]) -> Item {
        Item(name: name, content: .file(pieces))
    }

    static func folder(_ name: FileName, _ items: [Item] = []) -> Item {
        Item(name: name, content: .folder(items), permissions: 0o755)
    }

    static func symbolicLink(_ name: FileName, to target: FileName) -> Item {
        Item(name: name, content: .symbolicLink(target))
    }

    static func hardLink(_ name: FileName, to path: FileName...) -> Item {
        Item(name: name, content: .hardLink(path))
    }

    static func node(_ name: FileName, _ kind: EntryKind, _ number: UInt64 = 0) -> Item {
        Item(name: name, content: .node(kind, number))
    }

    func mode(_ permissions: UInt32) -> Item {
        var item = self
        item.permissions = permissions
        return item
    }

    func owner(_ uid: UInt32, _ gid: UInt32) -> Item {
        var item = self
        (item.uid, item.gid) = (uid, gid)
        return item
    }

    func time(_ seconds: Int64, _ nanoseconds: UInt32 = 0) -> Item {
        var item = self
        item.time = FileTime(seconds: seconds, nanoseconds: nanoseconds)
        return item
    }

    func attribute(_ name: FileName, _ value: [UInt8]) -> Item {
        var item = self
        item.attributes[name] = value
        return item
    }

    func attribute(_ name: FileName, _ value: String) -> Item {
        attribute(name, Array(value.utf8))
    }
}

extension Descriptor {
    /// Makes the items in this folder, which is the root of their tree.
    func make(_ items: [Item]) throws {
        try make(items, root: self)
    }

    private func make(_ items: [Item], root: borrowing Descriptor) throws {
        for item in items { try make(item, root: root) }
    }

    private func make(_ item: Item, root: borrowing Descriptor) throws {
        switch item.content {
        case .file(let pieces):
            let file = try open(item.name, [.write, .create, .exclusive])
            var offset: Int64 = 0
            for piece in pieces {
                if case .bytes(let bytes) = piece {
                    try bytes.withUnsafeBytes { try file.write($0, at: offset) }
                }
                offset += piece.count
            }
            try file.setSize(offset)
        case .folder(let items):
            try createDirectory(item.name)
            let folder = try open(item.name, .directory)
            try folder.make(items, root: root)
        case .symbolicLink(let target): try createSymbolicLink(item.name, target: target)
        case .node(let kind, let number): try createNode(item.name, kind: kind, deviceNumber: number)
        case .hardLink(let path):
            guard let last = path.last else { return }
            var parent = try root.duplicate()
            for name in path.dropLast() { parent = try parent.open(name, .directory) }
            try parent.link(last, to: self, as: item.name)
            return
        }
        try setMetadata(item)
    }

    func setMetadata(_ item: Item) throws {
        try setOwner(of: item.name, uid: item.uid, gid: item.gid)
        for (name, value) in item.attributes {
            try AttributePlace(item.name, in: self).set(name, to: value)
        }
        if case .symbolicLink = item.content {} else { try setPermissions(of: item.name, item.permissions) }
        try setModified(of: item.name, item.time)
    }
}

/// Access control lists in the kernel's form (linux/posix_acl_xattr.h): version 2, then entries of tag,
/// permissions and id.
enum AccessList {
    static let access: FileName = "system.posix_acl_access"
    static let inherited: FileName = "system.posix_acl_default"

    static func bytes(
        owner: UInt16,
        user uid: UInt32,
        _ user: UInt16,
        group: UInt16,
        mask: UInt16,
        other: UInt16
    )
        -> [UInt8]
    {
        let none = UInt32.max
        let entries: [(UInt16, UInt16, UInt32)] = [
            (0x01, owner, none), (0x02, user, uid), (0x04, group, none), (0x10, mask, none),
            (0x20, other, none),
        ]
        return [2, 0, 0, 0] + entries.flatMap { littleEndian($0.0) + littleEndian($0.1) + littleEndian($0.2) }
    }

    private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

/// `cap_net_bind_service` permitted and effective, as the kernel keeps it (linux/capability.h, revision 2).
let bindCapability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0] + [UInt8](repeating: 0, count: 12)
