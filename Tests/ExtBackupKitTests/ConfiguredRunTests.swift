import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

/// That what stands in `config.toml` arrives where it has its effect.
@Suite("A run obeys its configuration:", Need.root)
struct ConfiguredRunTests {
    /// All below a folder, sorted.
    private func tree(_ folder: FileName) throws -> [String] {
        let outcome = try ChildProcess(["/usr/bin/find", folder, "-mindepth", "1", "-printf", "%P\\n"]).run()
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
            .sorted()
    }

    private func makeFiles(in sandbox: Sandbox) throws {
        let files = [
            "keep": "contents", "old.tmp": "contents", "listed": "contents", "empty": "",
            "large": String(repeating: "x", count: 2000), "cache/thing": "contents",
            "cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
            "notes/.extbackupignore": "draft\n", "notes/draft": "contents", "notes/text": "contents",
        ]
        for (name, text) in files { try sandbox.home.write(FileName("photos/" + name), text) }
        try sandbox.home.write("patterns", "listed\n")
    }

    @Test(
        "a source is copied without what each of its keys leaves out, and with all of it when there is none"
    )
    func selection() throws {
        let sandbox = try Sandbox()
        try makeFiles(in: sandbox)
        try sandbox.configure(
            source: """
                exclude = ["*.tmp"]
                exclude_from = "\(sandbox.path("patterns"))"
                exclude_caches = true
                ignore_files = true
                max_size = "1k"
                min_size = "1"
                """
        )
        #expect(try sandbox.run().verdict == .succeeded)
        #expect(
            try tree(sandbox.drive.folder.appending("photos")) == [
                "cache", "cache/CACHEDIR.TAG", "keep", "notes", "notes/.extbackupignore", "notes/text",
            ]
        )
        try sandbox.configure()
        sandbox.drive.state.withLock { $0.isPresent = true }
        #expect(try sandbox.run().verdict == .succeeded)
        #expect(try tree(sandbox.drive.folder.appending("photos")) == tree(sandbox.sourcePath))
    }

    @Test("a file system that is mounted below a source is left out, or copied", arguments: [true, false])
    func boundary(isLeftOut: Bool) throws {
        let sandbox = try Sandbox()
        let place = try sandbox.home.makeFolder("photos/other")
        let mounted = try ChildProcess(["/usr/bin/mount", "-t", "tmpfs", "none", place]).run()
        try #require(mounted.isSuccess, "\(mounted.lastLine)")
        defer { _ = try? ChildProcess(["/usr/bin/umount", "-l", place]).run() }
        try Descriptor.open(place, .directory).replaceFile("file", with: [1], mode: 0o644)
        try sandbox.configure(source: "one_file_system = \(isLeftOut)")
        #expect(try sandbox.run().verdict == .succeeded)
        let expected = isLeftOut ? ["other"] : ["other", "other/file"]
        #expect(try tree(sandbox.drive.folder.appending("photos")) == expected)
    }

    @Test("the light is that of the configuration, and its colors")
    func light() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(
            rest: """
                [led]
                serial = "BS012345-3.0"
                index = 3
                brightness = 50
                working = "0000ff"
                """
        )
        let given = Mutex<[LightSettings]>([])
        var context = sandbox.context()
        let output = context.lightOutput
        context.lightOutput = { settings in
            given.withLock { $0.append(settings) }
            return output(settings)
        }
        _ = try BackupRun.perform(sandbox.name, mode: .backup, in: context)
        let settings = try LightSettings(
            index: 3,
            brightness: try Brightness(percent: 50),
            serial: "BS012345-3.0",
            colors: [.working: RGB(red: 0, green: 0, blue: 255)]
        )
        given.withLock { #expect(!$0.isEmpty && $0.allSatisfy { $0 == settings }) }
    }

    @Test("mail is sent on what it names", arguments: [("[\"failure\"]", 1), ("[]", 0), ("[\"held\"]", 0)])
    func mail(on: String, count: Int) throws {
        let sandbox = try Sandbox()
        try sandbox.configure(source: "require_mount = true", rest: "[mail]\non = \(on)")
        #expect(try sandbox.run().verdict == .failed(.sourceMissing))
        #expect(try sandbox.mails().count == count)
    }
}
