import Drives
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A drive's name and service", Need.root)
struct DriveCareTests {
    private let sandbox: Sandbox
    private var records: DriveRecords {
        DriveRecords(of: sandbox.name, luksUUID: FakeDrive.uuid, keySlot: 0, in: sandbox.layout)
    }

    init() throws {
        sandbox = try Sandbox()
        try sandbox.home.makeFolder("units")
        try DriveRecords(of: sandbox.name, luksUUID: FakeDrive.uuid, keySlot: 0, in: sandbox.layout)
            .makeUnitLink()
    }

    private func care(_ name: String = "red") throws -> DriveCare {
        try DriveCare(of: try #require(DriveName(name)), in: sandbox.context())
    }

    /// Names below the machine's folders.
    private func files() throws -> [String] {
        let outcome = try ChildProcess([
            "/usr/bin/find", sandbox.layout.configurationFolder, sandbox.layout.unitFolder, "-not", "-type",
            "d", "-printf", "%f\\n",
        ]).run()
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
            .sorted()
    }

    @Test("can be changed: key, file, link and status go by the new one")
    func rename() throws {
        try sandbox.runBefore(files: ["a"])
        let before = try sandbox.status()
        try care().rename(to: try #require(DriveName("blue")))
        #expect(try files() == ["blue.key", "blue.toml", "config.toml", "extbackup@blue.service"])
        let status = try StatusFile(directory: sandbox.layout.stateFolder).read().status
        #expect(status[drive: "blue"] == before)
        #expect(status.drives["red"] == nil)
        #expect(sandbox.log.events.last == "reload")
        let report = try BackupRun.perform(
            try #require(DriveName("blue")),
            mode: .backup,
            in: sandbox.context()
        )
        #expect(report.verdict == .succeeded)
    }

    @Test("keeps what a person wrote into its file")
    func renamePersonal() throws {
        try sandbox.home.write(
            "etc/drives.d/red.toml",
            "# mine\n" + Sandbox.driveFile + "sources = [\"photos\"]\n"
        )
        try care().rename(to: try #require(DriveName("blue")))
        let text = try sandbox.home.contents("etc/drives.d/blue.toml")
        #expect(text.hasPrefix("# mine\nname = \"blue\"\nluks_uuid"))
        #expect(text.hasSuffix("sources = [\"photos\"]\n"))
    }

    @Test("is not given to two drives")
    func taken() throws {
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            Sandbox.driveFile.split(separator: "red").joined(separator: "blue")
                .split(separator: FakeDrive.uuid).joined(separator: "11111111-1111-4111-8111-111111111111")
        )
        let before = try files()
        #expect(throws: Failure.self) { try care().rename(to: try #require(DriveName("blue"))) }
        #expect(try files() == before)
    }

    @Test(
        "that was being changed when the machine stopped is changed to the end by the same command",
        arguments: ["the key has both names", "the key has the new name alone"]
    )
    func renameAgain(state: String) throws {
        let blue = try #require(DriveName("blue"))
        try records.linkKey(as: blue, .first)
        if state == "the key has the new name alone" {
            try records.removeKey()
            try StatusFile(directory: sandbox.layout.stateFolder).update {
                $0[drive: "blue"].lastGood = Timestamp(seconds: 1)
            }
        }
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            Sandbox.driveFile.split(separator: "\"red\"", maxSplits: 1).joined(separator: "\"blue\"")
        )
        try care().rename(to: blue)
        #expect(try files() == ["blue.key", "blue.toml", "config.toml", "extbackup@blue.service"])
        let status = try StatusFile(directory: sandbox.layout.stateFolder).read().status
        let isMoved = state == "the key has the new name alone"
        #expect(status[drive: "blue"].lastGood == (isMoved ? Timestamp(seconds: 1) : nil))
    }

    @Test("is not changed when its recovery sheet could not follow")
    func sheet() throws {
        try sandbox.home.write("var/sheets/red.txt", "Drive \"red\"")
        let before = try files()
        #expect(throws: Failure.self) { try care().rename(to: try #require(DriveName("blue"))) }
        #expect(try files() == before)
    }

    @Test("is not renamed while a new key lies beside the old one: that may be the one that opens the drive")
    func renameDuringKeyChange() throws {
        try sandbox.home.write("etc/keys/red.key.new", "key")
        let before = try files()
        #expect(throws: Failure.self) { try care().rename(to: try #require(DriveName("blue"))) }
        #expect(throws: Failure.self) { try care().retire(.kept) }
        #expect(try files() == before)
        _ = try care().retire(.removed)
        #expect(try files() == ["config.toml", "red.toml"])
    }

    @Test("is not given where a new key lies that may be the only one of a drive which had it")
    func otherNewKey() throws {
        try sandbox.home.write("etc/keys/blue.key.new", "key")
        let before = try files()
        #expect(throws: Failure.self) { try care().rename(to: try #require(DriveName("blue"))) }
        #expect(try files() == before)
    }

    @Test("keeps key and header when it is to be retired with them, but another name has them too")
    func retireDuringRename() throws {
        try sandbox.home.write(
            "etc/drives.d/blue.toml",
            Sandbox.driveFile.split(separator: "\"red\"", maxSplits: 1).joined(separator: "\"blue\"")
        )
        let before = try files()
        #expect(throws: Failure.self) { try care().retire(.removed) }
        #expect(try files() == before)
    }

    @Test("takes approvals of either name with it: they were for another drive's files")
    func approvals() throws {
        let approvals = Approvals(folder: sandbox.layout.approvalFolder)
        for name in ["red", "blue"] { try approvals.approve(["photos": 5000], for: name) }
        try care().rename(to: try #require(DriveName("blue")))
        for name in ["red", "blue"] { #expect(approvals.approved(for: name) == [:]) }
        try approvals.approve(["photos": 5000], for: "blue")
        _ = try care("blue").retire(.kept)
        #expect(approvals.approved(for: "blue") == [:])
    }

    @Test("is not erased because its file is broken: then no disk is looked at")
    func brokenFile() throws {
        try sandbox.home.write("etc/drives.d/red.toml", Sandbox.driveFile + "sources = 7\n")
        #expect(throws: Failure.self) { try DiskOverview(in: sandbox.context()) }
        #expect(throws: Failure.self) { try DiskDescription(at: "/dev/null", in: sandbox.context()) }
    }

    @Test("ends with its service, and its key stays unless it shall go")
    func retire() throws {
        let file = try care().retire(.kept)
        #expect(file == sandbox.layout.configurationFolder.appending("retired/red.toml"))
        #expect(try files() == ["config.toml", "red.key", "red.toml"])
        #expect(try StatusOverview(sandbox.context()).lines.first?.hasPrefix("no drive was prepared") == true)
        #expect(sandbox.log.events.last == "reload")
    }

    @Test("that is retired with its keys leaves none")
    func retireKeys() throws {
        _ = try care().retire(.removed)
        #expect(try files() == ["config.toml", "red.toml"])
    }

    @Test(
        "takes with it the note that it was being made, which would cost its key when the next of its name is made"
    )
    func noted() throws {
        let note: FileName = "var/preparing/red"
        try sandbox.home.makeFolder("var/preparing")
        try sandbox.home.write(note, "")
        try care().rename(to: try #require(DriveName("blue")))
        #expect(!sandbox.home.exists(note))
        try sandbox.home.write("var/preparing/blue", "")
        _ = try care("blue").retire(.kept)
        #expect(!sandbox.home.exists("var/preparing/blue"))
        #expect(try files().contains("blue.key"))
    }

    @Test(
        "waits for who only asks whether a run works on it, and not for a run",
        arguments: [("-s", true), ("-x", false)]
    )
    func lock(kind: String, isTaken: Bool) throws {
        let file = sandbox.path("run/red.lock")
        let outcome = try ChildProcess([
            "/bin/sh", "-c",
            FileName(
                "flock \(kind) \(file) sleep 0.4 > /dev/null 2>&1 & while flock -n \(file) true; do :; done"
            ),
        ]).run()
        try #require(outcome.isSuccess)
        do throws(Failure) {
            _ = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
            #expect(isTaken)
        } catch {
            #expect(!isTaken && error.status == .locked)
        }
    }

    @Test("is not changed while a run works on it")
    func locked() throws {
        let lock = try RunLock.take(of: sandbox.name, for: .run, in: sandbox.context())
        let before = try files()
        #expect(throws: Failure.self) { try care().rename(to: try #require(DriveName("blue"))) }
        #expect(throws: Failure.self) { try care().retire(.kept) }
        #expect(throws: Failure.self) { try care().rotateKey() }
        #expect(try files() == before)
        withExtendedLifetime(lock) {}
    }

    @Test("changes no key of a drive that is not there")
    func absent() throws {
        sandbox.drive.state.withLock { $0.isPresent = false }
        do {
            try care().rotateKey()
            Issue.record("it is not there")
        } catch {
            #expect((error as? Failure)?.status == .noDrive)
        }
    }
}
