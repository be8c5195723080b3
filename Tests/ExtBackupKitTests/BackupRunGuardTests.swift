import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A run that guards the copy", Need.root)
struct BackupRunGuardTests {
    private static let files: [FileName] = ["a", "b", "c"]

    /// A run that was held because everything was deleted but `a`.
    private func held() throws -> Sandbox {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: "[guard]\nmax_delete = { files = 1 }")
        try sandbox.runBefore(files: Self.files)
        let source = try Descriptor.open(sandbox.sourcePath, .directory)
        try source.unlink("b")
        try source.unlink("c")
        let report = try sandbox.run()
        try #require(report.verdict == .held)
        return sandbox
    }

    @Test("deletes what a person approved at the next run, once")
    func approval() throws {
        let sandbox = try held()
        #expect(try sandbox.copied() == Self.files)
        let lines = try sandbox.context().approveHeldDeletions(of: sandbox.name)
        #expect(lines == ["source 'photos': up to 2 deletions at the next run"])
        sandbox.drive.state.withLock { $0.isPresent = true }
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded)
        #expect(report.total.deleted == 2)
        #expect(try sandbox.copied() == ["a"])
        #expect(try sandbox.light() == .safe)
        // The approval was for these: the next ones are held again.
        #expect(try sandbox.home.names(in: "var/approvals") == [])
    }

    @Test("holds once more when there is more to delete than was approved, and keeps the approval")
    func moreThanApproved() throws {
        let sandbox = try held()
        _ = try sandbox.context().approveHeldDeletions(of: sandbox.name)
        try Descriptor.open(sandbox.sourcePath, .directory).unlink("a")
        sandbox.drive.state.withLock { $0.isPresent = true }
        let report = try sandbox.run()
        #expect(report.verdict == .held)
        #expect(try sandbox.copied() == Self.files)
        #expect(try sandbox.home.names(in: "var/approvals") == ["red.json"])
    }

    @Test(
        "holds what was approved when the approval cannot be taken back: it would hold for the next run, too"
    )
    func stuckApproval() throws {
        let sandbox = try held()
        try Approvals(folder: sandbox.layout.approvalFolder).approve(["photos": 2, "others": 1], for: "red")
        // Here the file for the rest would be written.
        try sandbox.home.makeFolder("var/approvals/.red.json.new")
        sandbox.drive.state.withLock { $0.isPresent = true }
        let report = try sandbox.run()
        #expect(report.verdict == .held)
        #expect(try sandbox.copied() == Self.files)
        #expect(report.sources.first?.heldDeletions == 2)
    }

    @Test("takes back of an approval what it used, and no more")
    func otherApproval() throws {
        let sandbox = try held()
        let approvals = Approvals(folder: sandbox.layout.approvalFolder)
        try approvals.approve(["photos": 2, "others": 1], for: "red")
        sandbox.drive.state.withLock { $0.isPresent = true }
        #expect(try sandbox.run().total.deleted == 2)
        #expect(approvals.approved(for: "red") == ["others": 1])
    }

    @Test("copies what is new when it holds deletions")
    func additive() throws {
        let sandbox = try held()
        try sandbox.home.write("photos/d", "new")
        sandbox.drive.state.withLock { $0.isPresent = true }
        let report = try sandbox.run()
        #expect(report.verdict == .held)
        #expect(try sandbox.copied() == ["a", "b", "c", "d"])
        #expect(report.sources.first?.heldDeletions == 2)
    }

    @Test("has nothing to approve when nothing was held")
    func nothingHeld() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        do throws(Failure) {
            _ = try sandbox.context().approveHeldDeletions(of: sandbox.name)
            Issue.record("something was approved")
        } catch {
            #expect(error.message == "the last run of drive 'red' held no deletions")
            #expect(error.hint == "'extbackup status' tells what it did")
        }
    }

    @Test("warns of a drive that was put back to an older state")
    func rollback() throws {
        let sandbox = try Sandbox()
        for _ in 0..<3 { try sandbox.runBefore(files: ["a"]) }
        try sandbox.writeMarker(runCounter: 1)
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded)
        #expect(
            report.warnings == [
                "the drive says that it had 1 runs, but this machine made 3: an older state of it was put back"
            ]
        )
        #expect(report.runNumber == 2)
    }

    @Test("ends at once when another run works on the drive, and reports nothing of its own")
    func secondRun() throws {
        let sandbox = try Sandbox()
        let seen = Mutex<Failure?>(nil)
        sandbox.drive.onCall("mount") { [weak sandbox] in
            guard let sandbox else { return }
            do throws(Failure) {
                _ = try BackupRun.perform(sandbox.name, mode: .backup, in: sandbox.context())
            } catch {
                seen.withLock { $0 = error }
            }
        }
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded)
        let failure = try #require(seen.withLock { $0 })
        #expect(failure.status == .locked)
        #expect(failure.message == "another run works on drive 'red'")
        #expect(try sandbox.mails() == [])
        #expect(try sandbox.status().lastReport == report)
        #expect(sandbox.log.events.count { $0 == "pin" } == 1)
    }

    @Test("by hand of a drive that was never prepared ends at once and says how to prepare one")
    func neverPrepared() throws {
        let sandbox = try Sandbox()
        let name = try #require(DriveName("blue"))
        do throws(Failure) {
            _ = try BackupRun.perform(name, mode: .backup, in: sandbox.context(invocation: nil))
            Issue.record("it ran")
        } catch {
            #expect(error.status == .noDrive)
            #expect(error.message == "no drive was prepared under the name 'blue'")
            #expect(error.hint?.contains("prepare-disk") == true)
        }
        #expect(try sandbox.home.names(in: "run") == [])
        #expect(try sandbox.mails() == [])
    }

    @Test("names what could not be copied in status and mail, and is amber, for the rest is there")
    func partial() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a", "sub/b"])
        let folder = sandbox.drive.folder.appending("photos/sub")
        try sandbox.home.write("photos/sub/c", "new")
        try sandbox.home.write("photos/d", "new")
        try #require(try ChildProcess(["/usr/bin/chattr", "+i", folder]).run().isSuccess)
        // Else the sandbox could not be removed, ignoring.
        defer { _ = try? ChildProcess(["/usr/bin/chattr", "-i", folder]).run() }
        let report = try sandbox.run()
        #expect(report.verdict == .partial)
        #expect(report.safety == .safe(.poweredOff))
        #expect(try sandbox.copied() == ["a", "d", "sub"])
        let skipped = try #require(report.sources.first?.skipped)
        let named = skipped.first.filter { $0.path == "'sub/c'" }.map(\.reason)
        #expect(named == ["the drive does not take it: operation not permitted"])
        #expect(report.failure?.message == "\(skipped.total) entries of source 'photos' could not be copied")
        #expect(try sandbox.light() == .held)
        let mails = try sandbox.mails()
        #expect(mails.count == 1)
        #expect(mails.first?.contains("'sub/c'") == true)
    }

    @Test("that does not fit says so with both numbers before it writes anything", Need.images)
    func noSpace() throws {
        let image = try SmallDisk(mebibytes: 8)
        let sandbox = try Sandbox(driveFolder: image.root)
        try sandbox.runBefore(files: ["a"])
        try sandbox.home.write("photos/big", String(repeating: "x", count: 9 << 20))
        try sandbox.home.write("photos/small", "x")
        let report = try sandbox.run()
        #expect(report.verdict == .failed(.noSpace))
        let space = try #require(report.space)
        let needed = try #require(space.needed)
        #expect(needed.bytes >= 9 << 20)
        #expect(space.before.bytes < 8 << 20)
        #expect(
            report.failure?.message
                == "it does not fit: \(needed.exact) are needed, \(space.before.exact) are free"
        )
        #expect(try sandbox.copied() == ["a"])
        #expect(try sandbox.light() == .failedSafe)
        #expect(
            try sandbox.subjects() == ["[nas] Backup to drive 'red' FAILED: it does not fit - safe to pull"]
        )
    }

    @Test("does not follow a symbolic link that lies on the drive in place of the source's folder")
    func link() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "contents")
        try sandbox.home.makeFolder("elsewhere")
        let drive = try Descriptor.open(sandbox.drive.folder, .directory)
        try drive.createSymbolicLink("photos", target: sandbox.home.path.appending("elsewhere"))
        let report = try sandbox.run()
        #expect(report.verdict.exitStatus == .failed)
        #expect(try sandbox.home.names(in: "elsewhere") == [])
        #expect(try sandbox.light() == .failedSafe)
    }

    @Test("is for every plug-in so far, also when it could not begin")
    func plugs() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("etc/config.toml", "broken")
        sandbox.drive.state.withLock { $0.devices = [.example(diskSequence: 9)] }
        try sandbox.run()
        let isStarted = try sandbox.context().startRunOfNewerPlugIn(of: sandbox.name)
        #expect(!isStarted)
        #expect(sandbox.log.startedUnits == [])
    }

    @Test("finds its drive whose UUID is spelled in capitals")
    func capitals() throws {
        let sandbox = try Sandbox()
        let text = Sandbox.driveFile.split(separator: FakeDrive.uuid, omittingEmptySubsequences: false)
            .joined(separator: FakeDrive.uuid.uppercased())
        try sandbox.home.write("etc/drives.d/red.toml", text)
        #expect(try sandbox.run().verdict == .succeeded)
    }
}

@Suite("A preview", Need.root)
struct PreviewTests {
    @Test("tells what would happen, writes nothing, and leaves the drive plugged in and the light as it was")
    func preview() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["gone", "stays"])
        let source = try Descriptor.open(sandbox.sourcePath, .directory)
        try source.unlink("gone")
        try sandbox.home.write("photos/new", "12345678")
        let status = try sandbox.status()
        let seen = sandbox.log.events.count
        let meanwhile = Mutex<LightState?>(nil)
        sandbox.drive.onCall("mount for looking") { [weak sandbox] in
            // Without a board there is no state, and the test fails, ignoring.
            meanwhile.withLock { $0 = try? sandbox?.light() }
        }
        let lines = Mutex<[String]>([])
        let report = try sandbox.run(
            .preview { line in lines.withLock { $0.append(line.description) } },
            invocation: nil
        )
        #expect(report.verdict == .succeeded)
        #expect(
            lines.withLock { $0.dropLast() } == [
                "metadata 'photos'", "new      'photos/new'", "delete   'photos/gone'",
                "photos: 1 new, 0 changed, 1 with other metadata, 1 to delete; 8 bytes to write",
            ]
        )
        let space = try #require(report.space)
        let needed = try #require(space.needed)
        #expect(lines.withLock { $0.last } == "needed: \(needed), free: \(space.before): it fits")
        #expect(try sandbox.copied() == ["gone", "stays"])
        #expect(try sandbox.status() == status)
        #expect(try sandbox.mails() == [])
        #expect(try sandbox.light() == .safe)
        let events = Array(sandbox.log.events.dropFirst(seen))
        #expect(!events.contains("power off"))
        // No journal is replayed, and no mount is counted: the next run need not walk.
        #expect(events.contains("activate for looking") && !events.contains("check"))
        // What the light said of the last run does not hold while the drive is in use.
        #expect(meanwhile.withLock { $0 } == .working)
        #expect(events.last { $0.hasPrefix("light ") } == "light safe")
        let flush = try #require(events.firstIndex(of: "flush"))
        #expect(!events[..<flush].contains("light safe"))
    }

    @Test("of the first run makes no folder on the drive")
    func first() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/new", "12345678")
        let report = try sandbox.run(.preview { _ in }, invocation: nil)
        #expect(report.verdict == .succeeded)
        #expect(try sandbox.home.names(in: "drive") == [Marker.folder])
        #expect(!sandbox.home.exists("run/red.plug"))
    }

    @Test("tells how long it may take, once runs copied enough to say so", arguments: [true, false])
    func time(isKnown: Bool) throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        try sandbox.home.write("photos/new", "12345678")
        if isKnown {
            let history = try History.open(in: sandbox.layout.stateFolder, now: Timestamp(seconds: 0))
            var report = try #require(try history.runs(limit: 1).first)
            report.sources = [SourceResult(name: "photos", bytesCopied: 2_000_000_000)]
            report.ended = Timestamp(seconds: report.started.seconds + 1_000_000_000)
            try history.record(report)
        }
        let lines = Mutex<[String]>([])
        try sandbox.run(.preview { line in lines.withLock { $0.append(line.description) } }, invocation: nil)
        let last = try #require(lines.withLock { $0.last })
        #expect(
            last.hasPrefix(isKnown ? "about 4 s, at 2 bytes/s as in a run that copied 2.0 GB" : "needed: ")
        )
    }

    @Test("tells that deletions would be held")
    func held() throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["a"])
        try Descriptor.open(sandbox.sourcePath, .directory).unlink("a")
        let lines = Mutex<[String]>([])
        try sandbox.run(.preview { line in lines.withLock { $0.append(line.description) } }, invocation: nil)
        let total = try #require(lines.withLock { $0.dropLast().last })
        #expect(
            total.hasSuffix(
                "; deletions would be held: the source is empty, but the drive has 1 entries of it"
            )
        )
    }

    @Test(
        "tells after the sources and their guards whether it fits, if need be after the deletions",
        Need.images,
        arguments: [
            (
                "rm -f photos/old; head -c 5242880 /dev/urandom > photos/new", "it fits after the deletions",
                true
            ),
            ("head -c 9437184 /dev/urandom > photos/new", "it does not fit", false),
            (
                "rm -f photos/a photos/old; head -c 5242880 /dev/urandom > photos/new", "it does not fit",
                false
            ),
        ] as [(String, String, Bool)]
    )
    func fit(script: String, fit: String, isFine: Bool) throws {
        let image = try SmallDisk(mebibytes: 8)
        let sandbox = try Sandbox(driveFolder: image.root)
        try sandbox.configure(rest: "[guard]\nmax_delete = { files = 1 }")
        try sandbox.home.write("photos/old", String(repeating: "x", count: 4 << 20))
        try sandbox.runBefore(files: ["a"])
        let outcome = try ChildProcess([
            "/bin/sh", "-ec", FileName("cd \(sandbox.path("photos"))/..; \(script)"),
        ])
        .run()
        try #require(outcome.isSuccess)
        let lines = Mutex<[String]>([])
        let report = try sandbox.run(
            .preview { line in lines.withLock { $0.append(line.description) } },
            invocation: nil
        )
        #expect(report.verdict == (isFine ? .succeeded : .failed(.noSpace)))
        let last = lines.withLock { Array($0.suffix(2)) }
        try #require(last.count == 2)
        #expect(last[0].hasPrefix("photos: 1 new, "))
        #expect(last[0].contains("deletions would be held") == script.contains("photos/a"))
        #expect(last[1].hasPrefix("needed: ") && last[1].hasSuffix(": \(fit)"), "\(last[1])")
        #expect(try sandbox.copied().contains("old"))
    }
}
