import Glibc
import LinuxSystem
import Synchronization
import Testing

@Suite("A thread's own working directory")
struct WorkingFolderTests {
    @Test("reaches entries by their names, and is nobody else's")
    func threads() throws {
        let folder = try temporaryFolder()
        defer { rmdir(folder) }
        let before = try Descriptor.open(".", .directory).status()
        let seen = Monitor<[String]?>(nil)
        Thread.start(named: "test") {
            let result = Self.look(FileName(folder))
            seen.change { $0 = result }
        }
        #expect(seen.wait(atMost: .seconds(30)) { $0 != nil })
        #expect(seen.current == ["user.test"])
        #expect(try Descriptor.open(".", .directory).status().inode == before.inode)
    }

    /// What the calling thread finds on a file in `path`, by its bare name; then it has left.
    private static func look(_ path: FileName) -> [String] {
        do {
            guard let place = WorkingFolder.ofThisThread() else { return ["no folder of its own"] }
            let folder = try Descriptor.open(path, .directory)
            _ = try folder.open("file", [.write, .create, .exclusive])
            defer { try? folder.unlink("file") }
            try AttributePlace("file", in: folder).set("user.test", to: [1])
            guard place.enter(folder) else { return ["not entered"] }
            let names = try AttributePlace("file", in: place).names()
            place.leave()
            let isAway = try Descriptor.open(".", .directory).status().inode != folder.status().inode
            return names.map { String(decoding: $0.bytes, as: UTF8.self) } + (isAway ? [] : ["still there"])
        } catch {
            return ["\(error)"]
        }
    }

    private func temporaryFolder() throws -> String {
        var template = Array("/var/tmp/extbackup-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
