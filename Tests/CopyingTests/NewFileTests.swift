import LinuxSystem
import Testing

@testable import Copying

@Suite("New files are as on the source, whatever their folder gives them", Need.root)
final class NewFileTests: ManifestFixture {
    /// A folder that both sides have.
    struct Parent: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var permissions: UInt32 = 0o755
        var gid: UInt32 = 0
        var attributes: [FileName: [UInt8]] = [:]
    }

    /// user::rwx user:1000:rwx group::r-x mask::rwx other::---, as the kernel has it.
    private static let list: [UInt8] =
        [2, 0, 0, 0] + [1, 0, 7, 0, 255, 255, 255, 255] + [2, 0, 7, 0, 0xe8, 3, 0, 0]
        + [4, 0, 5, 0, 255, 255, 255, 255] + [16, 0, 7, 0, 255, 255, 255, 255]
        + [32, 0, 0, 0, 255, 255, 255, 255]

    static let parents = [
        Parent(testDescription: "nothing"),
        Parent(testDescription: "its group", permissions: 0o2775, gid: 1234),
        Parent(testDescription: "an access control list", attributes: ["system.posix_acl_default": list]),
    ]

    @Test("by", arguments: parents)
    func inFolder(_ parent: Parent) throws {
        var folder = Item.folder("d").mode(parent.permissions)
        folder.gid = parent.gid
        folder.attributes = parent.attributes
        // Two of a kind follow each other: the second is not asked what it has.
        let modes: [UInt32] = [0o644, 0o644, 0o666, 0o666, 0o600, 0o600, 0, 0, 0o4755, 0o4755, 0o644]
        var files: [Item] = []
        for (index, mode) in modes.enumerated() {
            var file = Item.file(FileName("\(index + 10)"), "text").mode(mode)
            file.uid = index % 3 == 2 ? 1000 : 0
            file.gid = index % 4 == 3 ? 1234 : 0
            files.append(file)
        }
        try destination.make([folder])
        folder.content = .folder(files)
        try source.make([folder])
        try copy(source, to: destination)
        try expectEqual(source, destination)
    }
}
