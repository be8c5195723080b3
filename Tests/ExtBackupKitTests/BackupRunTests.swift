import Drives
import Indicators
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

private let opening: [String] = [
    "candidates", "candidates", "pin", "recheck", "activate", "open device", "check", "mount",
]
private let release: [String] = ["deactivate", "flush", "power off"]
private let closing: [String] = ["unmount"] + release
/// The seal is read for the next run.
private let sealing: [String] = ["unmount", "open device"] + release
/// One sync for the copy's batch is the file system's own; these are the run's: after copying, and before unmounting.
private let syncs: [String] = ["sync", "sync"]
/// One before them: what the drive says of its catalogue, before the first change.
private let changingSyncs: [String] = ["sync"] + syncs
private let whole: [String] = opening + syncs + sealing
private let changing: [String] = opening + changingSyncs + sealing
/// Nothing was written, so that only unmounting syncs.
private let toUnmount: [String] = opening + ["sync"] + closing
private let toUnlock: [String] = Array(opening.dropLast(3))
private let unmounted: [String] = opening + ["deactivate", "flush"]
private let unreleased: [String] = ["unmount", "deactivate", "flush"]
private let unreleasedAtUnmount: [String] = opening + changingSyncs + unreleased
private let unreleasedAfterSeal: [String] = Array(changing.dropLast())
private let pulled: [String] = opening + syncs + ["unmount", "deactivate"]
private let busy: [String] =
    opening + changingSyncs + Array(repeating: "unmount", count: 14)
    + Array(repeating: "deactivate", count: 13)

@Suite("A run", Need.root)
struct BackupRunTests {
    /// Something that is wrong, and what comes of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var arrange: @Sendable (Sandbox) throws -> Void
        var status: Reporting.ExitStatus
        /// A part of the failure's message.
        var message: String
        /// What is asked of the drive.
        var calls: [String]
        var light: LightState
        /// A part of the mail's subject.
        var subject: String
        var safety: PullSafety = .safe(.poweredOff)
        /// What the source's copy holds afterwards; it held `old` before.
        var copied: [FileName] = ["old"]

        init(
            _ description: String,
            _ status: Reporting.ExitStatus,
            _ message: String,
            calls: [String],
            light: LightState = .failedSafe,
            subject: String,
            safety: PullSafety = .safe(.poweredOff),
            copied: [FileName] = ["old"],
            arrange: @escaping @Sendable (Sandbox) throws -> Void
        ) {
            testDescription = description
            self.status = status
            self.message = message
            self.calls = calls
            self.light = light
            self.subject = subject
            self.safety = safety
            self.copied = copied
            self.arrange = arrange
        }
    }

    static let beforeOpening: [Row] = [
        Row(
            "with a broken configuration",
            .config,
            "config.toml:1:1: unknown key 'sorce' in 'the top level'",
            calls: ["candidates"],
            subject: "FAILED: configuration invalid",
            safety: .safe(.closed)
        ) { try $0.home.write("etc/config.toml", "sorce = 1\n[[source]]\nname = 'photos'\npath = '/p'\n") },
        Row(
            "with a broken drive file",
            .config,
            "red.toml:1:7: ",
            calls: [],
            subject: "FAILED: configuration invalid",
            safety: .safe(.closed)
        ) { try $0.home.write("etc/drives.d/red.toml", "name =\n") },
        Row(
            "of a drive that was never prepared",
            .noDrive,
            "no drive was prepared under the name 'red'",
            calls: [],
            subject: "FAILED: drive not found",
            safety: .safe(.closed)
        ) { try Descriptor.open($0.layout.driveFolder, .directory).unlink("red.toml") },
        Row(
            "without a key",
            .unlockFailed,
            "etc/keys/red.key' is not there",
            calls: ["candidates"],
            subject: "FAILED: key does not open it",
            safety: .safe(.closed)
        ) { try Descriptor.open($0.layout.keyFolder, .directory).unlink("red.key") },
        Row(
            "with a key that others can read",
            .unlockFailed,
            "can be read by others than root",
            calls: ["candidates"],
            subject: "FAILED: key does not open it",
            safety: .safe(.closed)
        ) { try $0.home.write("etc/keys/red.key", "secret", mode: 0o440) },
        Row(
            "without the drive",
            .noDrive,
            "the drive is not plugged in",
            calls: ["candidates", "candidates"],
            subject: "FAILED: drive not found",
            safety: .gone
        ) { $0.drive.state.withLock { $0.devices = [] } },
        Row(
            "with two candidates",
            .noDrive,
            "more than one disk claims to be the drive",
            calls: ["candidates", "candidates"],
            subject: "FAILED: drive not found",
            safety: .safe(.closed)
        ) { $0.drive.state.withLock { $0.devices.append(.example(diskSequence: 8, serial: "S2")) } },
        Row(
            "with another serial number",
            .noDrive,
            "its serial number was recorded as 'S1'",
            calls: ["candidates", "candidates"],
            subject: "FAILED: drive not found",
            safety: .safe(.closed)
        ) { $0.drive.state.withLock { $0.devices = [.example(serial: "S2")] } },
        Row(
            "with the wrong key",
            .unlockFailed,
            "the key does not open the drive",
            calls: toUnlock,
            subject: "FAILED: key does not open it",
            safety: .safe(.closed)
        ) { $0.drive.fail(.init(call: "activate", errno: .notPermitted)) },
        Row(
            "that cannot mount",
            .failed,
            "the file system cannot be mounted",
            calls: unmounted,
            subject: "FAILED while mounting",
            safety: .safe(.closed)
        ) { $0.drive.fail(.init(call: "mount", errno: .invalidArgument)) },
    ]

    static let whileOpen: [Row] = [
        Row(
            "without a marker",
            .noDrive,
            "the drive has no marker: it was not prepared",
            calls: toUnmount,
            subject: "FAILED: drive not found"
        ) { try Descriptor.open($0.drive.folder.appending(Marker.folder), .directory).unlink(Marker.file) },
        Row(
            "with another drive's marker",
            .noDrive,
            "its marker is another drive's",
            calls: toUnmount,
            subject: "FAILED: drive not found"
        ) { try $0.writeMarker(driveID: "ffffffffffffffffffffffffffffffff") },
        Row(
            "whose source is not mounted",
            .sourceMissing,
            "source 'photos' is not mounted at",
            calls: whole,
            subject: "FAILED: source missing"
        ) { try $0.configure(source: "require_mount = true") },
        Row(
            "whose source is missing",
            .sourceMissing,
            "source 'photos' cannot be opened",
            calls: whole,
            subject: "FAILED: source missing"
        ) { try Descriptor.open($0.home.path, .directory).rename("photos", to: "away") },
        Row(
            "whose source lost everything",
            .held,
            "the source is empty, but the drive has 1 entries of it",
            calls: changing,
            light: .held,
            subject: "deletions are HELD"
        ) { try Descriptor.open($0.sourcePath, .directory).unlink("old") },
        Row(
            "that would delete too much",
            .held,
            "1 of 1 entries would be deleted, more than 0 or 20 percent",
            calls: changing,
            light: .held,
            subject: "deletions are HELD",
            copied: ["new", "old"]
        ) {
            try $0.configure(rest: "[guard]\nmax_delete = { files = 0 }")
            try Descriptor.open($0.sourcePath, .directory).unlink("old")
            try $0.home.write("photos/new", "new")
        },
        Row(
            "whose source is locked",
            .locked,
            "source 'photos' was still locked by its owner after 0 s",
            calls: whole,
            subject: "FAILED: locked by other work"
        ) {
            try $0.home.write("the.lock", "")
            try $0.configure(
                source: "lock = { kind = 'flock', path = '\($0.path("the.lock"))', wait = '0s' }"
            )
            try $0.holdLock("the.lock")
        },
        Row(
            "for a source that is not configured",
            .config,
            "wants the source 'music', which is not configured",
            calls: changing,
            subject: "FAILED: configuration invalid"
        ) {
            try $0.home.write("etc/drives.d/red.toml", Sandbox.driveFile + "sources = ['photos', 'music']\n")
        },
    ]

    static let atTheEnd: [Row] = [
        Row(
            "that is interrupted",
            .interrupted,
            "the run was stopped before it was done",
            calls: opening + syncs + closing,
            subject: "was STOPPED while"
        ) { sandbox in
            try sandbox.home.write("photos/new", "new")
            let interruption = sandbox.interruption
            sandbox.drive.onCall("mount") { interruption.request() }
        },
        Row(
            "that cannot take back what the drive says of its catalogue",
            .failed,
            "not everything reached the drive",
            calls: opening + syncs + unreleased,
            subject: "FAILED while copying",
            safety: .safe(.closed)
        ) {
            try $0.home.write("photos/new", "new")
            $0.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 1...1))
        },
        Row(
            "whose sync fails",
            .failed,
            "not everything reached the drive",
            calls: unreleasedAtUnmount,
            subject: "FAILED while writing the last data",
            safety: .safe(.closed),
            copied: ["new", "old"]
        ) {
            try $0.home.write("photos/new", "new")
            $0.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 2...2))
        },
        Row(
            "whose last sync fails",
            .failed,
            "not everything reached the drive",
            calls: unreleasedAtUnmount,
            subject: "FAILED while closing the drive",
            safety: .safe(.closed)
        ) { $0.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 3...3)) },
        Row(
            "whose flush fails",
            .failed,
            "not everything reached the drive",
            calls: unreleasedAfterSeal,
            subject: "FAILED while closing the drive",
            safety: .safe(.closed)
        ) { $0.drive.fail(.init(call: "flush", errno: .ioError)) },
        Row(
            "that cannot unmount",
            .notClosed,
            "device or resource busy (unmount)",
            calls: busy,
            light: .failedUnsafe,
            subject: "FAILED: drive not closed - DO NOT PULL",
            safety: .unsafe(
                reason: "'/run/mnt-red' is still mounted; 'borg' (process 812) has '/mnt/x' open; "
                    + "mapping 'extbackup-red-7' is still open; 'borg' (process 812) has '/mnt/x' open"
            )
        ) {
            $0.drive.fail(.init(call: "unmount", errno: .resourceBusy))
            $0.drive.fail(.init(call: "deactivate", errno: .resourceBusy))
        },
        Row(
            "whose drive is pulled while it is synced",
            .driveGone,
            "the drive vanished",
            calls: pulled,
            subject: "FAILED: drive gone - not plugged in",
            safety: .gone,
            copied: ["new", "old"]
        ) {
            try $0.home.write("photos/new", "new")
            $0.drive.fail(.init(call: "sync", errno: .ioError, occurrences: 2...2, vanishes: true))
        },
    ]

    @Test(
        "that fails tells so by status, light, and one mail, and deletes nothing",
        arguments: beforeOpening + whileOpen + atTheEnd
    )
    func failure(row: Row) throws {
        let sandbox = try Sandbox()
        try sandbox.runBefore(files: ["old"])
        let seen = sandbox.log.events.count
        try row.arrange(sandbox)
        let report = try sandbox.run()
        #expect(report.verdict.exitStatus == row.status)
        let message = report.failure?.message ?? ""
        #expect(message.contains(row.message), "\(message)")
        #expect(report.failure?.hint != nil)
        if case .failed = report.verdict, row.status != .noDrive {
            let hint = report.failure?.hint ?? ""
            #expect(!hint.contains("in again"), "how the next run begins is said by the mail already")
        }
        let events = sandbox.log.events.dropFirst(seen)
        #expect(events.filter { !$0.hasPrefix("light ") } == row.calls)
        #expect(!events.contains("light safe"))
        #expect(try sandbox.light() == row.light)
        let subjects = try sandbox.subjects()
        #expect(subjects.count == 1)
        #expect(subjects.first?.contains(row.subject) == true, "\(subjects)")
        #expect(sandbox.withoutHome(report.safety) == row.safety)
        #expect(try sandbox.copied() == row.copied)
        #expect(try sandbox.status().lastReport == report)
        #expect(try sandbox.status().running == nil)
    }

    @Test("that goes well copies, closes, turns green last, and mails nobody")
    func success() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "contents")
        let meanwhile = Mutex<LightState?>(nil)
        sandbox.drive.onCall("mount") { [weak sandbox] in
            // Without a board there is no state, and the test fails, ignoring.
            meanwhile.withLock { $0 = try? sandbox?.light() }
        }
        let report = try sandbox.run()
        #expect(report.verdict == .succeeded)
        #expect(report.safety == .safe(.poweredOff))
        #expect(report.runNumber == 1)
        #expect(try sandbox.copied() == ["a"])
        #expect(sandbox.log.calls == whole)
        #expect(meanwhile.withLock { $0 } == .working)
        // The light is painted by a thread of its own, which may come too late for blue, but not for green.
        #expect(sandbox.log.colors.last == "safe")
        #expect(sandbox.log.events.last == "light safe")
        let released = try #require(sandbox.log.events.firstIndex(of: "power off"))
        let green = try #require(sandbox.log.events.firstIndex(of: "light safe"))
        #expect(released < green)
        #expect(try sandbox.mails() == [])
        #expect(try sandbox.status().lastGood == report.ended)
    }

    @Test("after a failed one goes on where that was, and says that all is well again")
    func recovery() throws {
        let sandbox = try Sandbox()
        try sandbox.home.write("photos/a", "contents")
        sandbox.drive.fail(.init(call: "activate", errno: .notPermitted, occurrences: 1...1))
        try sandbox.run()
        let report = try sandbox.run(invocation: "11111111111111111111111111111111")
        #expect(report.verdict == .succeeded)
        #expect(try sandbox.light() == .safe)
        let subjects = try sandbox.subjects()
        #expect(subjects.count == 2)
        #expect(subjects.last == "[nas] Backup to drive 'red' works again - safe to pull")
    }
}
