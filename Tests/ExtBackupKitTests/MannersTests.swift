import Drives
import LinuxSystem
import Reporting
import Synchronization
import Testing

@testable import ExtBackupKit

@Suite("At a terminal", Need.root)
struct MannersTests {
    @Test("a check of the file system that Ctrl-C ended, too, is no damage")
    func check() throws {
        let sandbox = try Sandbox()
        sandbox.drive.state.withLock { $0.fileSystem = .damaged("e2fsck was ended by signal 2") }
        let interruption = sandbox.interruption
        sandbox.drive.onCall("check") { interruption.request() }
        let report = try sandbox.run(invocation: nil)
        #expect(report.verdict == .interrupted)
        #expect(report.safety == .safe(.closed))
    }

    @Test("a damaged file system is told when nobody pressed Ctrl-C")
    func damage() throws {
        let sandbox = try Sandbox()
        sandbox.drive.state.withLock { $0.fileSystem = .damaged("e2fsck was ended by signal 2") }
        #expect(try sandbox.run(invocation: nil).verdict == .failed(.other))
    }

    @Test("a run tells how far each source is")
    func progress() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: try sandbox.music())
        try sandbox.home.write("photos/a", "contents")
        let seen = Mutex<[String]>([])
        var context = sandbox.context(invocation: nil)
        context.showProgress = { source, _ in seen.withLock { $0.append(source) } }
        #expect(try BackupRun.perform(sandbox.name, mode: .backup, in: context).verdict == .succeeded)
        #expect(seen.withLock { Set($0) } == ["photos", "music"])
    }

    @Test("a run writes down which source is at hand, and which of how many it is")
    func place() throws {
        let sandbox = try Sandbox()
        try sandbox.configure(rest: try sandbox.music())
        try sandbox.home.write("photos/a", "contents")
        let seen = Mutex<[Progress.Source]>([])
        var context = sandbox.context(invocation: nil)
        context.showProgress = { [weak sandbox] _, _ in
            // Without a status nothing is seen, and the test fails, ignoring.
            guard let source = try? sandbox?.status().running?.progress?.source else { return }
            seen.withLock { if $0.last != source { $0.append(source) } }
        }
        let syncing = Mutex<[RunningState]>([])
        sandbox.drive.onCall("sync") { [weak sandbox] in
            // As above, ignoring.
            guard let state = try? sandbox?.status().running, state.phase == .syncing else { return }
            syncing.withLock { $0.append(state) }
        }
        #expect(try BackupRun.perform(sandbox.name, mode: .backup, in: context).verdict == .succeeded)
        #expect(
            seen.withLock { $0 } == [
                Progress.Source(name: "photos", number: 1, count: 2),
                Progress.Source(name: "music", number: 2, count: 2),
            ]
        )
        // How far the last source was says nothing of the last data.
        #expect(syncing.withLock { $0.map(\.progress) } == [nil])
    }

    @Test("a test of the light that is stopped leaves it as it was")
    func light() throws {
        let sandbox = try Sandbox()
        let commands = LightCommands(sandbox.context())
        var lines: [String] = []
        do throws(Failure) {
            try commands.test { line in
                lines.append(line)
                sandbox.interruption.request()
            }
            Issue.record("it was not stopped")
        } catch {
            #expect(error.status == .interrupted)
            #expect(error.message == "stopped; the light is as it was")
        }
        #expect(lines.count == 1)
        #expect(sandbox.log.colors == ["working", "off"])
    }
}
