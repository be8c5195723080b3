import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import Copying
@testable import ExtBackupKit

@Suite("A copy's rate")
struct ProgressRateTests {
    @Test("is that of all the time at first, then that of the last seconds")
    func rate() {
        var rate = ProgressRate()
        rate.update(100, at: .seconds(1))
        #expect(rate.perSecond == 100)
        rate.update(100, at: .seconds(2))
        #expect(rate.perSecond == 50)
        for second in 3...200 { rate.update(Int64(100 + (second - 2) * 1000), at: .seconds(second)) }
        #expect(abs(rate.perSecond - 1000) < 1)
        // One slow second does not change much.
        rate.update(198_100, at: .seconds(201))
        #expect(rate.perSecond > 900)
    }

    @Test("gives no time before it is known, and none where nothing is left")
    func unknown() {
        var rate = ProgressRate()
        #expect(rate.time(for: 10) == nil)
        rate.update(0, at: .zero)
        rate.update(5, at: .zero)
        #expect(rate.perSecond == 0)
        rate.update(30, at: .seconds(1))
        #expect(rate.time(for: 0) == nil)
        #expect(rate.time(for: 31) == .seconds(2))
        #expect(rate.time(for: Int64.max) == nil)
    }
}

@Suite("A name on a line")
struct EscapedNameTests {
    static let names: [(bytes: [UInt8], text: String)] = [
        (Array("plain.txt".utf8), "plain.txt"),
        (Array("größe 日本".utf8), "größe 日本"),
        (Array("a\tb".utf8), "a\tb"),
        (Array("a\nb\u{1b}[2J\u{7f}".utf8), "a\\#012b\\#033[2J\\#177"),
        // A single continuation byte, and one that is cut off.
        ([0x61, 0x80, 0xc3], "a\\#200\\#303"),
        // What looks like an escape is one itself.
        (Array("\\#123".utf8), "\\#134#123"),
        (Array("\\#12x\\n\\".utf8), "\\#12x\\n\\"),
        // Reorders text; invisible; a line's end of its own; a control character of C1.
        (Array("a\u{202e}b".utf8), "a\\#342\\#200\\#256b"),
        (Array("\u{200b}\u{2028}\u{85}".utf8), "\\#342\\#200\\#213\\#342\\#200\\#250\\#302\\#205"),
    ]

    @Test("is printed as rsync prints it", arguments: names)
    func text(bytes: [UInt8], text: String) {
        #expect(EscapedName(FileName(bytes: bytes)).text == text)
    }

    @Test(
        "is shortened in front to the columns that it has",
        arguments: [
            ("photos/2024/a.jpg", 17, "photos/2024/a.jpg"), ("photos/2024/a.jpg", 16, "...os/2024/a.jpg"),
            ("photos/2024/a.jpg", 4, "...g"), ("photos/2024/a.jpg", 3, ""), ("", 0, ""),
            // Two columns each.
            ("日本語", 6, "日本語"), ("日本語", 5, "...語"), ("日本語x", 6, "...語x"),
            // An escape is not cut, nor a mark taken from what it stands on.
            ("abc\ndef", 10, "...def"), ("abc\ndef", 11, "abc\\#012def"),
            ("abcde\u{301}f", 5, "...e\u{301}f"), ("abcde\u{301}f", 4, "...f"),
        ]
    )
    func end(name: String, columns: Int, text: String) {
        #expect(EscapedName(FileName(name)).end(columns: columns) == text)
    }
}

@Suite("An itemized change")
struct ItemizedChangeTests {
    static let lines: [(kind: PlannedChange.Kind, entry: EntryKind, differences: Differences, line: String)] =
        [
            (.new, .file, [], ">f+++++++++ x"), (.new, .directory, [], "cd+++++++++ x/"),
            (.new, .symbolicLink, [], "cL+++++++++ x"), (.new, .fifo, [], "cS+++++++++ x"),
            (.new, .socket, [], "cS+++++++++ x"), (.new, .characterDevice, [], "cD+++++++++ x"),
            (.new, .blockDevice, [], "cD+++++++++ x"),
            (.contents, .file, [], ">f+++++++++ x"), (.contents, .file, [.size, .time], ">f.st...... x"),
            (.contents, .file, [.contents], ">fc........ x"),
            (.contents, .symbolicLink, [.contents, .time], "cLc.t...... x"),
            (.metadata, .file, [.permissions], ".f...p..... x"),
            (.metadata, .file, [.owner, .group, .accessLists, .attributes], ".f....og.ax x"),
            (.metadata, .directory, [.time], ".d..t...... x/"),
            (.move, .file, [], "mf......... x"),
            (.metadata, .symbolicLink, [], ".L......... x"),
            (.link, .file, [], "hf+++++++++ x"), (.link, .file, [.contents, .time], "hf..t...... x"),
            (.removal, .file, [], "*deleting   x"),
            (.removal, .directory, [], "*deleting   x/"), (.leftover, .file, [], "*deleting   x"),
        ]

    @Test("is one line in rsync's form", arguments: lines)
    func line(kind: PlannedChange.Kind, entry: EntryKind, differences: Differences, line: String) {
        let change = PlannedChange(kind: kind, entry: entry, path: "x", bytes: 0, differences: differences)
        #expect(String(decoding: ItemizedChange(change).bytes, as: UTF8.self) == line)
    }

    @Test("calls the root by a dot")
    func root() {
        let change = PlannedChange(kind: .metadata, entry: .directory, path: "", bytes: 0, differences: .time)
        #expect(
            String(decoding: ItemizedChange(change).bytes, as: UTF8.self)
                == ".d..t...... ./"
        )
    }
}

@Suite("A copy's progress")
struct ProgressTextTests {
    static let bars: [(columns: Int, text: String)] = [
        (79, "[####------] copying 45%  1.2 GB/2.7 GB  2 min 30 s left  10 MB/s  ...cture.jpg"),
        (78, "[####------] copying 45%  1.2 GB/2.7 GB  2 min 30 s left  10 MB/s"),
        (94, "[####------] copying 45%  1.2 GB/2.7 GB  2 min 30 s left  10 MB/s  1 234/5 678 changes"),
        (
            120,
            "[####------] copying 45%  1.2 GB/2.7 GB  2 min 30 s left  10 MB/s  1 234/5 678 changes  ...r/2024/\\#033[2J/a picture.jpg"
        ),
        (
            140,
            "[####------] copying 45%  1.2 GB/2.7 GB  2 min 30 s left  10 MB/s  1 234/5 678 changes  photos/summer/2024/\\#033[2J/a picture.jpg"
        ),
        (45, "[####------] copying 45%  1.2 GB/2.7 GB"),
        (39, "copying 45%  1.2 GB/2.7 GB"),
        (20, "copying 45%"), (11, "copying 45%"), (10, ""), (0, ""), (-1, ""),
    ]

    private var progress: CopyProgress {
        var progress = CopyProgress()
        progress.phase = .copying
        progress.bytesDone = 1_230_000_000
        progress.bytesTotal = 2_730_000_000
        progress.changesDone = 1234
        progress.changesTotal = 5678
        progress.path = "photos/summer/2024/\u{1b}[2J/a picture.jpg"
        return progress
    }

    private var rate: ProgressRate {
        var rate = ProgressRate()
        rate.update(10_000_000, at: .seconds(1))
        return rate
    }

    @Test("fits every width", arguments: bars)
    func bar(columns: Int, text: String) {
        #expect(ProgressText(progress, rate: rate).bar(columns: columns) == text)
    }

    @Test("is never wider than the terminal")
    func widths() {
        for columns in 0...200 {
            let text = ProgressText(progress, rate: rate).bar(columns: columns)
            #expect(TextLayout.columns(text) <= columns)
        }
    }

    @Test("says 100 percent only when all is copied")
    func percent() {
        var progress = progress
        progress.bytesDone = progress.bytesTotal - 1
        #expect(ProgressText(progress, rate: rate).bar(columns: 20) == "copying 99%")
        progress.bytesDone += 1
        #expect(ProgressText(progress, rate: rate).bar(columns: 20) == "copying 100%")
    }

    @Test("is written down with its rate and the time that is left, while there are contents to copy")
    func kept() throws {
        let source = Progress.Source(name: "photos", number: 1, count: 3)
        let kept = try #require(Progress(progress, of: source, rate: rate))
        #expect(
            kept.text
                == "'photos', 1 of 3 sources: 1 234 of 5 678 changes, 1.2 GB of 2.7 GB, 10 MB/s, 2 min 30 s left"
        )
        var other = progress
        other.phase = .deleting
        let deleting = try #require(Progress(other, of: source, rate: rate))
        #expect(deleting.secondsLeft == nil && deleting.bytesPerSecond == nil)
        #expect(Progress(CopyProgress(), of: source, rate: rate) == nil)
    }

    @Test("gives a pace from the first moment of copying")
    func pace() {
        var (pace, progress) = (CopyPace(), CopyProgress())
        let start = ContinuousClock.now
        // Scanning took ten seconds.
        pace.update(progress, at: start)
        progress.phase = .copying
        progress.bytesTotal = 100
        pace.update(progress, at: start + .seconds(10))
        progress.bytesDone = 20
        pace.update(progress, at: start + .seconds(12))
        #expect(pace.rate.perSecond == 10)
    }

    @Test("counts changes where there are no bytes")
    func changes() {
        var progress = progress
        progress.bytesDone = 0
        progress.bytesTotal = 0
        progress.path = ""
        var rate = ProgressRate()
        rate.update(1234, at: .seconds(1))
        #expect(ProgressText(progress, rate: rate).sentence == "copying 21%, 4 s left, 1 234/5 678 changes")
    }

    @Test("names each phase")
    func phases() {
        var progress = CopyProgress()
        progress.entriesScanned = 12345
        let none = ProgressRate()
        #expect(ProgressText(progress, rate: none).sentence == "scanning, 12 345 entries")
        progress.changesDone = 3
        progress.changesTotal = 4
        progress.phase = .deleting
        #expect(ProgressText(progress, rate: none).sentence == "deleting, 3/4 changes")
        progress.phase = .finishing
        #expect(ProgressText(progress, rate: none).bar(columns: 40) == "[#######---] finishing  3/4 changes")
    }
}

@Suite("What ends a copy")
struct CopyFailureTests {
    static let failures: [(error: CopyError, status: Reporting.ExitStatus)] = [
        (.interrupted, .interrupted), (.noSpace(SystemError(call: "write", errno: .noSpace)), .noSpace),
        (.destinationFailed(SystemError(call: "write", errno: .ioError)), .driveGone),
        (.destinationFailed(SystemError(call: "write", errno: .noSuchAddressOrDevice)), .driveGone),
        // It was not pulled.
        (.destinationFailed(SystemError(call: "write", errno: .readOnlyFileSystem)), .failed),
        (.sourceFailed(SystemError(call: "openat2", errno: .ioError)), .sourceMissing),
        (.outOfResources(SystemError(call: "openat2", errno: .noMemory)), .failed),
    ]

    @Test("gives the exit status of the table", arguments: failures)
    func status(error: CopyError, status: Reporting.ExitStatus) {
        let failure = Failure(error, CopyOptions(source: "s", destination: "t"))
        #expect(failure.status == status)
        #expect(failure.hint != nil)
    }

    @Test("leaves what the plan said in the result")
    func interrupted() throws {
        let folder = try TemporaryFolder()
        try folder.write("s/a", "1")
        let interruption = Interruption()
        let options = CopyOptions(source: folder.path.appending("s"), destination: folder.path.appending("t"))
        let result = FolderCopy(options, interruption: interruption).perform(
            onChange: nil,
            onPlanned: { interruption.request() },
            onProgress: { _ in }
        )
        #expect(result.status == .interrupted)
        #expect(result.summary?.newFiles == 1)
        #expect(result.outcome == nil)
        #expect(try folder.names(in: "t") == [])
        #expect(result.lines == [])
    }

    @Test("does not hide what vanished, which is no failure")
    func vanished() throws {
        let folder = try TemporaryFolder()
        try folder.write("s/a", "1")
        try folder.write("s/b", "2")
        let options = CopyOptions(source: folder.path.appending("s"), destination: folder.path.appending("t"))
        let result = FolderCopy(options, interruption: Interruption()).perform(
            onChange: nil,
            onPlanned: { _ = try? ChildProcess(["/bin/rm", folder.path.appending("s/a")]).run() },
            onProgress: { _ in }
        )
        #expect(result.status == .ok)
        #expect(result.remarks == [.warning("'a' vanished while it was copied")])
        #expect(try folder.names(in: "t") == ["b"])
    }
}
