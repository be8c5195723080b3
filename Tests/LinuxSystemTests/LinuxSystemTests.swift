import LinuxSystem
import SystemPackage
import Testing

@Suite("File names")
struct FileNameTests {
    @Test(
        "are printed in quotes, with everything escaped that could deceive",
        arguments: [
            (Array("plain name.txt".utf8), "'plain name.txt'"),
            (Array("it's".utf8), "'it\\'s'"),  // the quote itself
            ([0x61, 0xff, 0x62], "'a\\xffb'"),  // no UTF-8
            (Array("a\nb\u{1b}[31m".utf8), "'a\\nb\\x1b[31m'"),  // moves the cursor, colours
            (Array("a\u{202e}gpj.exe".utf8), "'a\\u{202e}gpj.exe'"),  // reads right to left
            (Array("größe".utf8), "'größe'"),
        ] as [([UInt8], String)]
    )
    func escaping(bytes: [UInt8], expected: String) {
        #expect(FileName(bytes: bytes).description == expected)
    }

    @Test("of two normal forms are two names")
    func normalForms() {
        #expect(FileName("\u{e9}") != FileName("e\u{301}"))
    }

    @Test("are in the order of their bytes, of which none is negative")
    func order() {
        let sorted: [FileName] = ["", "A", "Z", "a", "a\u{1}", "aa", "b", FileName(bytes: [0xff])]
        #expect(sorted.reversed().sorted() == sorted)
        for (index, name) in sorted.enumerated() {
            for (other, bytes) in sorted.map(\.bytes).enumerated() {
                let order = bytes.withUnsafeBytes { name.order(beside: $0) }
                #expect(order.signum() == (index - other).signum())
            }
        }
    }

    @Test("in memory end before a NUL")
    func copying() {
        let bytes: [UInt8] = [0x61, 0xff, 0, 0x62]
        #expect(bytes.withUnsafeBytes { FileName(copying: $0) } == FileName(bytes: [0x61, 0xff]))
        #expect(FileName(copying: UnsafeRawBufferPointer(start: nil, count: 0)) == FileName())
    }
}

@Suite("An entry's status")
struct EntryStatusTests {
    @Test("has the time of birth where the file system knows it")
    func born() throws {
        let file = try Descriptor.open("/tmp", [.write, .temporary])
        let before = try file.status()
        try file.writeAll([1])
        try file.setModified(FileTime(seconds: 1, nanoseconds: 2))
        let after = try file.status()
        #expect(after.born == before.born)
        #expect(try #require(after.born) <= after.changed)
        #expect(after.modified == FileTime(seconds: 1, nanoseconds: 2))
        #expect(try Descriptor.open("/proc", .directory).status().born == nil)
    }
}

@Suite("A child process")
struct ChildProcessTests {
    @Test("gives its status and its output")
    func status() throws {
        let outcome = try ChildProcess(
            ["/bin/sh", "-c", "cat; echo late >&2; exit 7"],
            input: Array("early\n".utf8)
        )
        .run()
        #expect(outcome.ending == .exited(status: 7))
        #expect(outcome.output == Array("early\nlate\n".utf8))
        #expect(outcome.lastLine == "late")
    }

    @Test("that does not read its input is no failure")
    func unreadInput() throws {
        let outcome = try ChildProcess(["/bin/true"], input: Array(repeating: 120, count: 1 << 20)).run()
        #expect(outcome.isSuccess)
    }

    @Test("that ends while it is written to does not end us")
    func brokenPipe() throws {
        for _ in 0..<20 {
            let outcome = try ChildProcess(
                ["/bin/sh", "-c", "exec <&-; sleep 0.01"],
                input: Array(repeating: 120, count: 1 << 20)
            )
            .run()
            #expect(outcome.isSuccess)
        }
    }

    @Test("that runs beside us is in a process group of its own: the terminal's Ctrl-C does not reach it")
    func group() throws {
        let script: FileName = "read _ _ _ _ group _ < /proc/$$/stat; echo $(($$ - group)) >&2; exit 3"
        var companion = try CompanionProcess(starting: ChildProcess(["/bin/sh", "-c", script]))
        let readiness = try companion.waitUntilReady(
            timeout: .seconds(20),
            interruption: Interruption(),
            onWait: {}
        )
        guard case .ended(.exited(status: 3), let line) = readiness else {
            Issue.record("it ended otherwise: \(readiness)")
            return
        }
        #expect(line == "0")
    }

    @Test("is killed when its time is over")
    func timeout() throws {
        let outcome = try ChildProcess(["/bin/sleep", "60"], timeout: .milliseconds(100)).run()
        #expect(outcome.ending == .timedOut)
    }

    @Test("that is missing says so")
    func missing() {
        #expect(throws: SystemError(call: "posix_spawn", subject: "/no/such", errno: .noSuchFileOrDirectory))
        {
            try ChildProcess(["/no/such"]).run()
        }
    }
}
