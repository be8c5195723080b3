import LinuxSystem
import Testing

@testable import Reporting

@Suite("The history")
struct HistoryTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open() throws -> History {
        try History.open(in: directory.path, now: Sample.ended)
    }

    private func report(_ verdict: Verdict, drive: String, hour: Int64, number: Int64 = 1) -> RunReport {
        var report = Sample.report(verdict)
        report.drive = ReportedDrive(name: drive, luksUUID: "uuid-of-\(drive)")
        report.started = Timestamp(seconds: hour * 3_600)
        report.ended = Timestamp(seconds: hour * 3_600 + 60)
        report.runNumber = number
        return report
    }

    @Test("of nothing is empty, and only root may read it")
    func empty() throws {
        let history = try open()
        #expect(history.warning == nil)
        #expect(try history.runs(limit: 10).isEmpty)
        #expect(try history.lastGood(drive: "x") == nil)
        #expect(try history.lastVerdict(drive: "x") == nil)
        #expect(try history.runCounter(drive: "x") == nil)
        #expect(try directory.mode("history.sqlite") == 0o600)
    }

    @Test("keeps whole reports, the latest first, also when it is opened again")
    func runs() throws {
        var rich = report(.partial, drive: "red", hour: 2)
        var source = SourceResult(name: "photos", filesCopied: 3, bytesCopied: 4, deleted: 5)
        source.skipped.add(FileName(bytes: [0x61, 0xff]), reason: "permission denied")
        rich.sources = [source, SourceResult(name: "borg")]
        rich.space = FreeSpace(before: 10, after: 6, needed: 4)
        rich.warnings = ["no light"]
        let plain = report(.failed(.driveGone), drive: "blue", hour: 1)
        try open().record(plain)
        try open().record(rich)
        #expect(try open().runs(limit: 10) == [rich, plain])
        #expect(try open().runs(limit: 1) == [rich])
        #expect(try open().runs(drive: plain.drive.luksUUID, limit: 9) == [plain])
        #expect(try open().runs(drive: rich.drive.luksUUID, limit: 0).isEmpty)
    }

    @Test("answers when a drive last took everything")
    func lastGood() throws {
        let history = try open()
        try history.record(report(.succeeded, drive: "red", hour: 1))
        try history.record(report(.succeeded, drive: "blue", hour: 5))
        try history.record(report(.succeeded, drive: "red", hour: 6))
        try history.record(report(.partial, drive: "red", hour: 7))
        try history.record(report(.held, drive: "blue", hour: 8))
        try history.record(report(.failed(.noDrive), drive: "green", hour: 9))
        #expect(try history.lastGood(drive: "uuid-of-red") == Timestamp(seconds: 21_660))
        #expect(try history.lastGood(drive: "uuid-of-green") == nil)
        let all = try history.lastGoodByDrive()
        #expect(all.map(\.drive.name) == ["red", "blue"])
        #expect(all.map(\.ended.seconds) == [21_660, 18_060])
    }

    @Test("answers how the drive's run before ended, skipped ones left out")
    func lastVerdict() throws {
        let history = try open()
        try history.record(report(.failed(.noSpace), drive: "red", hour: 1))
        try history.record(report(.skipped, drive: "red", hour: 2))
        try history.record(report(.succeeded, drive: "blue", hour: 3))
        #expect(try history.lastVerdict(drive: "uuid-of-red") == .failed(.noSpace))
    }

    @Test("never lowers a drive's run counter")
    func counter() throws {
        let history = try open()
        try history.raiseRunCounter(drive: "a", to: 7)
        try history.raiseRunCounter(drive: "a", to: 3)
        try history.raiseRunCounter(drive: "b", to: 1)
        #expect(try history.runCounter(drive: "a") == 7)
        try history.record(report(.succeeded, drive: "red", hour: 1, number: 12))
        try history.record(report(.failed(.noDrive), drive: "red", hour: 2, number: 0))
        #expect(try history.runCounter(drive: "uuid-of-red") == 12)
    }

    @Test("finds runs again by their number, and those of a drive by its name or its UUID")
    func numbers() throws {
        let history = try open()
        try history.record(report(.succeeded, drive: "red", hour: 1))
        var renamed = report(.held, drive: "red", hour: 2)
        renamed.drive.name = "blue"
        try history.record(renamed)
        try history.record(report(.partial, drive: "green", hour: 3))
        var unnamed = report(.failed(.config), drive: "red", hour: 4)
        unnamed.drive.luksUUID = ""
        try history.record(unnamed)
        #expect(try history.recordedRuns(limit: 9).map(\.id) == [4, 3, 2, 1])
        #expect(try history.recordedRuns(limit: 2).map(\.id) == [4, 3])
        let found = { (name: String, uuid: String?, limit: Int) in
            try history.recordedRuns(named: name, luksUUID: uuid, limit: limit).map(\.id)
        }
        #expect(try found("red", "UUID-of-red", 9) == [4, 2, 1])
        #expect(try found("red", "UUID-of-red", 2) == [4, 2])
        #expect(try found("red", nil, 9) == [4, 1])
        #expect(try found("none", nil, 9) == [])
        #expect(try history.recordedRun(id: 2)?.report == renamed)
        #expect(try history.recordedRun(id: 5) == nil)
    }

    @Test("is not begun by somebody who looks")
    func looking() throws {
        #expect(try History.existing(in: "/no/such") == nil)
        #expect(try History.existing(in: directory.path) == nil)
        #expect(try directory.names() == [])
        try open().record(report(.succeeded, drive: "red", hour: 1))
        #expect(try History.existing(in: directory.path)?.recordedRuns(limit: 9).count == 1)
    }

    @Test("that is damaged stays as it is while somebody looks")
    func damagedLook() throws {
        try directory.write("history.sqlite", String(repeating: "no history ", count: 1000))
        let error = #expect(throws: ReportingError.self) { try History.existing(in: directory.path) }
        #expect(error?.message.hasSuffix("/history.sqlite' is damaged") == true)
        #expect(error?.hint == "the next run keeps it aside and begins a new one")
        #expect(try directory.names() == ["history.sqlite"])
    }

    @Test("that is damaged is kept aside and begun anew", arguments: [0, 4_096])
    func damaged(offset: Int) throws {
        for hour in 0..<40 { try open().record(report(.succeeded, drive: "red", hour: Int64(hour))) }
        // The header, or a page of a table.
        let file = try Descriptor.open(directory.path, .directory).open("history.sqlite", .readWrite)
        var bytes = try file.readAll(limit: 1 << 22)
        #expect(bytes.count > offset + 4_096)
        bytes.replaceSubrange(offset..<(offset + 4_096), with: repeatElement(0xa5, count: 4_096))
        try Descriptor.open(directory.path, .directory).replaceFile(
            "history.sqlite",
            with: bytes,
            mode: 0o600
        )

        let history = try open()
        let aside = "history.sqlite.broken-\(Sample.ended.seconds)"
        #expect(history.warning == "the history was damaged; it was kept as '\(aside)' and begun anew")
        #expect(try directory.names() == ["history.sqlite", aside])
        try history.record(report(.succeeded, drive: "red", hour: 1))
        #expect(try open().runs(limit: 10).count == 1)
        #expect(try open().warning == nil)
        #expect(try directory.mode("history.sqlite") == 0o600)
    }

    @Test("is written by two agents at once without loss")
    func concurrency() async throws {
        let path = directory.path
        _ = try open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for drive in ["red", "blue"] {
                group.addTask {
                    let history = try History.open(in: path, now: Sample.ended)
                    for hour in Int64(0)..<10 {
                        try history.record(self.report(.succeeded, drive: drive, hour: hour))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try open().runs(limit: 100).count == 20)
    }

    @Test("that cannot be kept says why")
    func missingFolder() {
        let error = #expect(throws: ReportingError.self) {
            try History.open(in: "/no/such", now: Sample.ended)
        }
        #expect(error?.code == .history)
        #expect(error?.message.contains("no such file or directory") == true)
    }
}
