import Drives
import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("The log", Need.root)
struct RunLogTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
    }

    private func log(_ name: String? = nil, last: Int = 20) throws -> RunLog {
        let drive = try name.map { try #require(DriveName($0)) }
        return try RunLog(of: drive, last: last, in: sandbox.context())
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        #expect(throws: Failure.self, performing: body)
    }

    @Test("without a history says so, and begins none")
    func nothing() throws {
        #expect(try log().lines(width: nil) == ["no drive had a run yet"])
        #expect(try log("red").lines(width: nil) == ["drive 'red' had no run yet"])
        #expect(try log().json() == "[\n\n]")
        #expect(!sandbox.home.exists("var/history.sqlite"))
    }

    @Test("lists the runs, the latest first, with the number of each")
    func list() throws {
        try sandbox.runBefore(files: ["a", "b"])
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted))
        try sandbox.run()
        let lines = try log().lines(width: nil)
        #expect(
            lines == [
                "RUN  STARTED (UTC)     DRIVE  RESULT         TOOK    COPIED  FILES  DELETED  NO. ON DRIVE",
                "  2  2026-09-21 14:13  red    unlock-failed  1 s",
                "  1  2026-09-21 14:13  red    ok             3 s   16 bytes      2        0             1",
            ]
        )
        let narrow = try log().lines(width: 60)
        #expect(narrow.allSatisfy { $0.count <= 60 })
        #expect(narrow.last == "  1  2026-09-21 14:13  red    ok             3 s   16 bytes")
        #expect(try log("red", last: 1).lines(width: nil).count == 2)
    }

    @Test("of one drive is that drive's, also when its name or its file is gone")
    func drives() throws {
        try sandbox.runBefore(files: ["a"])
        #expect(try log("red").lines(width: nil).count == 2)
        let unknown = failure { _ = try log("blue") }
        #expect(unknown?.status == .noDrive)
        #expect(unknown?.message == "no drive was prepared under the name 'blue'")
        #expect(unknown?.hint?.isEmpty == false)
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            "name = \"blue\"\n" + Sandbox.driveFile.split(separator: "\n").dropFirst().joined(separator: "\n")
        )
        try Descriptor.open(sandbox.layout.driveFolder, .directory).removeFileIfPresent("red.toml")
        #expect(try log("blue").lines(width: nil).count == 2)
        #expect(try log("red").lines(width: nil).count == 2)
    }

    @Test("tells everything about one run")
    func one() throws {
        try sandbox.runBefore(files: ["a"])
        let run = try RunLog.run(1, in: sandbox.context())
        #expect(run.lines.first == "Run 1: ok")
        #expect(run.lines.contains("  photos        1 file copied, 8 bytes; 0 deleted"))
        #expect(try run.json().contains("\"id\" : 1,"))
        #expect(try log().json().hasPrefix("[\n  {\n"))
        let missing = failure { _ = try RunLog.run(2, in: sandbox.context()) }
        #expect(missing?.status == .failed)
        #expect(missing?.message == "the history has no run of the number 2")
        #expect(missing?.hint == "'extbackup log' lists the runs, the number of each in the first column")
    }

    @Test("that is damaged is an error with a hint")
    func damaged() throws {
        try sandbox.home.write("var/history.sqlite", String(repeating: "no history ", count: 1000))
        let error = failure { _ = try log() }
        #expect(error?.status == .failed)
        #expect(error?.message.hasSuffix("history.sqlite' is damaged") == true)
        #expect(error?.hint == "the next run keeps it aside and begins a new one")
    }
}
