import LinuxSystem
import Reporting
import Testing

@testable import ExtBackupKit

@Suite("Keys", Need.root)
struct KeysStayHomeTests {
    @Test("are not copied by a source that has their folder below it")
    func sourceAboveKeys() throws {
        let sandbox = try Sandbox()
        let etc = sandbox.path("etc")
        try sandbox.home.write("etc/config.toml", "[[source]]\nname = \"etc\"\npath = \"\(etc)\"\n")
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded)
        #expect(sandbox.home.exists("drive/etc/drives.d/red.toml"))
        #expect(!sandbox.home.exists("drive/etc/keys"))
    }

    @Test("are not copied from where systemd hands them to the run")
    func credential() throws {
        let sandbox = try Sandbox()
        let key = try sandbox.home.contents("etc/keys/red.key")
        try sandbox.home.write("photos/credentials/key", key, mode: 0o400)
        var context = sandbox.context()
        context.credentials = FileName(sandbox.path("photos/credentials"))
        #expect(try BackupRun.perform(sandbox.name, mode: .backup, in: context).verdict == .succeeded)
        #expect(sandbox.home.exists("drive/photos"))
        #expect(!sandbox.home.exists("drive/photos/credentials"))
    }

    @Test("are not copied from where their folder is mounted once more, as in a snapshot", Need.images)
    func secondPlace() throws {
        let sandbox = try Sandbox()
        let again = try sandbox.home.makeFolder("photos/again")
        let mount = ChildProcess(["/bin/mount", "--bind", FileName(sandbox.path("etc")), again])
        try #require(try mount.run().isSuccess)
        defer {
            // What is left is in memory, ignoring.
            _ = try? ChildProcess(["/bin/umount", "-l", again]).run()
        }
        #expect(try sandbox.run().verdict == .succeeded)
        #expect(sandbox.home.exists("drive/photos/again/drives.d/red.toml"))
        #expect(!sandbox.home.exists("drive/photos/again/keys"))
    }
}
