import LinuxSystem
import SystemPackage
import Testing

@testable import Reporting

@Suite("The status file")
struct StatusFileTests {
    let directory: TemporaryDirectory
    let file: StatusFile

    init() throws {
        directory = try TemporaryDirectory()
        file = StatusFile(directory: directory.path)
    }

    @Test("says nothing when it is missing, and is not made by reading")
    func missing() throws {
        let reading = try file.read()
        #expect(reading.status == Status())
        #expect(reading.warning == nil)
        #expect(try directory.names() == [])
    }

    @Test("gives back what was written, and only root may read it")
    func roundTrip() throws {
        let run = RunningState(
            invocation: Sample.invocation,
            pid: 42,
            started: Sample.started,
            phase: .copying,
            progress: Progress(changesDone: 1, changesTotal: 2, bytesDone: 3, bytesTotal: 4)
        )
        try file.update {
            $0[drive: "red"].finish(Sample.report(.held))
            $0[drive: "red"].begin(run)
            $0[drive: "red"].noteMailed(invocation: Sample.invocation)
        }
        let red = try file.read().status[drive: "red"]
        #expect(red.running == run)
        #expect(red.lastReport == Sample.report(.held))
        #expect(red.hasMailed(invocation: Sample.invocation))
        #expect(try directory.mode("status.json") == 0o600)
    }

    @Test("of an older version, which did not name the source, is read")
    func older() throws {
        let progress = """
            {"changesDone": 12, "changesTotal": 340, "bytesDone": 1500000000, "bytesTotal": 20000000000}
            """
        let running = """
            {"pid": 42, "phase": "copying", "started": "2026-03-01T06:09:05Z", "progress": \(progress)}
            """
        try directory.write(
            "status.json",
            "{\"version\": 1, \"drives\": {\"red\": {\"mailedInvocations\": [], \"running\": \(running)}}}"
        )
        let reading = try file.read()
        #expect(reading.warning == nil)
        let read = try #require(reading.status[drive: "red"].running?.progress)
        #expect(read.text == "12 of 340 changes, 1.5 GB of 20 GB")
    }

    @Test("keeps all that is known of a run's progress")
    func progress() throws {
        var progress = Progress(
            changesDone: 12,
            changesTotal: 340,
            bytesDone: 1_500_000_000,
            bytesTotal: 20_000_000_000
        )
        progress.source = Progress.Source(name: "photos", number: 1, count: 3)
        progress.bytesPerSecond = 25_000_000
        progress.secondsLeft = 740
        var run = RunningState(invocation: nil, pid: 42, started: Sample.started, phase: .copying)
        run.progress = progress
        let state = run
        try file.update { $0[drive: "red"].begin(state) }
        let read = try #require(try file.read().status[drive: "red"].running?.progress)
        #expect(read == progress)
        #expect(
            read.text
                == "'photos', 1 of 3 sources: 12 of 340 changes, 1.5 GB of 20 GB, 25 MB/s, 12 min 20 s left"
        )
    }

    @Test("knows after a run what it was, and when all went well for the last time")
    func finish() throws {
        var drive = DriveStatus()
        let succeeded = Sample.report(.succeeded)
        drive.begin(RunningState(invocation: succeeded.invocation, pid: 1, started: Sample.started))
        drive.finish(succeeded)
        #expect(drive.running == nil)
        #expect(drive.lastGood == Sample.ended)
        var failed = Sample.report(.failed(.noSpace))
        failed.ended = Sample.ended.advanced(by: .seconds(3_600))
        drive.finish(failed)
        #expect(drive.lastReport == failed)
        #expect(drive.lastGood == Sample.ended)
    }

    @Test("still knows a run that began before the report of an earlier one came")
    func lateReport() {
        var drive = DriveStatus()
        let next = RunningState(invocation: "fedcba9876543210", pid: 1, started: Sample.started)
        drive.begin(next)
        drive.finish(Sample.report(.failed(.agentKilled)))
        #expect(drive.running == next)
        #expect(drive.lastReport != nil)
    }

    @Test("remembers the last eight mailed invocations")
    func mailed() {
        var drive = DriveStatus()
        for number in 0..<10 { drive.noteMailed(invocation: "\(number)") }
        #expect(!drive.hasMailed(invocation: "1"))
        #expect(drive.hasMailed(invocation: "2"))
        drive.noteMailed(invocation: "2")  // again: it is not kept twice
        #expect(drive.mailedInvocations == ["3", "4", "5", "6", "7", "8", "9", "2"])
    }

    @Test(
        "that is damaged is kept aside and begun anew",
        arguments: [
            "",  // cut off by a power cut
            "{\"version\": 1, \"drives\": {\"red\": {",
            "{\"version\": 2, \"drives\": {}}",  // another program's
            "{\"version\": 1, \"drives\": {\"red\": {\"mailedInvocations\": 7}}}",
            "\u{0}\u{0}\u{0}",
        ]
    )
    func damaged(text: String) throws {
        try directory.write("status.json", text)
        #expect(try file.read().status == Status())
        #expect(try file.read().warning != nil)
        let warning = try file.update { $0[drive: "red"].noteMailed(invocation: "a") }
        #expect(warning?.contains("'status.json.broken'") == true)
        #expect(try directory.read("status.json.broken") == text)
        let reading = try file.read()
        #expect(reading.status[drive: "red"].hasMailed(invocation: "a"))
        #expect(reading.warning == nil)
    }

    @Test("loses no change when agents write at once")
    func concurrency() async throws {
        let file = file
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    try await Self.onThread {
                        for number in 0..<5 {
                            try file.update { $0[drive: "\(writer)-\(number)"] = DriveStatus() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try file.read().status.drives.count == 20)
        #expect(try directory.names() == ["status.json"])
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            Thread.start(named: "writer") { waiting.resume(with: Result { try body() }) }
        }
    }

    @Test("that cannot be kept says why")
    func missingFolder() {
        let file = StatusFile(directory: "/no/such")
        #expect(throws: ReportingError.self) { try file.read() }
        let error = #expect(throws: ReportingError.self) { try file.update { _ in } }
        #expect(
            error?.message == "the status file cannot be used: '/no/such': no such file or directory (open)"
        )
    }

    @Test("waits for a lock only so long")
    func lockTimeout() throws {
        let folder = try Descriptor.open(directory.path, .directory)
        let holder = try folder.open("lock", [.readWrite, .create])
        try holder.lock(.exclusive, timeout: .zero)
        let other = try folder.open("lock", .readWrite)
        #expect(throws: SystemError(call: "flock", errno: .timedOut)) {
            try other.lock(.exclusive, timeout: .milliseconds(30))
        }
    }
}
