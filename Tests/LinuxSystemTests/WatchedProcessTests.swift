import Glibc
import LinuxSystem
import Synchronization
import SystemPackage
import Testing

/// A shell script that is watched, and what was seen of it.
private struct Watching {
    var script: FileName
    var timeout = Duration.seconds(60)
    var grace = Duration.seconds(30)
    var interruption = Interruption()
    var stopping: ChildProcess?
    private(set) var lines: [String] = []
    private(set) var count = 0
    private(set) var longest = 0
    private(set) var waits = 0
    private(set) var duration = Duration.zero

    init(_ script: FileName, timeout: Duration = .seconds(60), grace: Duration = .seconds(30)) {
        self.script = script
        self.timeout = timeout
        self.grace = grace
    }

    mutating func run() throws -> ChildProcess.Conclusion {
        let clock = ContinuousClock()
        let start = clock.now
        var lines: [String] = []
        var count = 0
        var longest = 0
        var waits = 0
        let conclusion = try ChildProcess(["/bin/sh", "-c", script], timeout: timeout).watch(
            interruption: interruption,
            grace: grace,
            stopping: stopping,
            onLine: { line in
                count += 1
                longest = max(longest, line.count)
                if count <= 10 { lines.append(String(decoding: line, as: UTF8.self)) }
            },
            onWait: { waits += 1 }
        )
        self.lines = lines
        self.count = count
        self.longest = longest
        self.waits = waits
        duration = start.duration(to: clock.now)
        return conclusion
    }

    /// The number that the script wrote in its first line: of a process that it started.
    var startedProcess: Int32? { lines.first.flatMap { Int32($0) } }
}

/// True unless the process is gone, or is dead and only waits to be asked after.
private func isAlive(_ process: Int32) -> Bool {
    // Gone: it has no such file, ignoring.
    let status = try? Descriptor.open(FileName("/proc/\(process)/stat"), .read).readAll(limit: 4096)
    guard let status, let name = status.lastIndex(of: UInt8(ascii: ")")) else { return false }
    return status.dropFirst(name + 2).first != UInt8(ascii: "Z")
}

/// The kernel takes a moment to end who was killed.
private func dies(_ process: Int32) -> Bool {
    for _ in 0..<200 {
        if !isAlive(process) { return true }
        LinuxSystem.Thread.sleep(for: .milliseconds(50))
    }
    // It would stay for ten minutes.
    kill(process, SIGKILL)
    return false
}

@Suite("A watched process")
struct WatchedProcessTests {
    @Test("gives its lines as they come, of both outputs, and its status")
    func lines() throws {
        var watching = Watching("echo one; echo two >&2; printf '\\nthree\\r\\n'; printf last; exit 75")
        #expect(try watching.run() == .ended(.exited(status: 75)))
        #expect(watching.lines == ["one", "two", "three", "last"])
        #expect(watching.waits >= 1)
    }

    @Test("tells a line before it ends")
    func early() throws {
        let seen = Mutex(false)
        let process = ChildProcess(["/bin/sh", "-c", "echo first; sleep 600"], timeout: .seconds(60))
        let interruption = Interruption()
        let conclusion = try process.watch(
            interruption: interruption,
            onLine: { _ in
                seen.withLock { $0 = true }
                interruption.request()
            },
            onWait: {}
        )
        #expect(conclusion == .interrupted)
        #expect(seen.withLock { $0 })
    }

    @Test("reads nothing and leads a process group of its own")
    func surroundings() throws {
        var watching = Watching("readlink /proc/$$/fd/0; cut -d' ' -f5 /proc/$$/stat; echo $$")
        #expect(try watching.run() == .ended(.exited(status: 0)))
        try #require(watching.lines.count == 3)
        #expect(watching.lines[0] == "/dev/null")
        #expect(watching.lines[1] == watching.lines[2])
    }

    @Test("is stopped with all that it started when its time is over")
    func timeout() throws {
        var watching = Watching("sleep 600 & echo $!; wait", timeout: .milliseconds(300))
        #expect(try watching.run() == .ended(.timedOut))
        #expect(watching.duration < .seconds(20))
        #expect(dies(try #require(watching.startedProcess)))
    }

    @Test("may end in order when its time is over")
    func order() throws {
        var watching = Watching(
            "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done",
            timeout: .milliseconds(500)
        )
        #expect(try watching.run() == .ended(.timedOut))
        // The shell may tell in between that its sleep was ended.
        #expect([watching.lines.first, watching.lines.last] == ["ready", "bye"])
    }

    @Test("that does not stop is killed with all that it started")
    func stubborn() throws {
        var watching = Watching(
            "trap '' TERM; sleep 600 & echo $!; wait",
            timeout: .milliseconds(300),
            grace: .milliseconds(300)
        )
        #expect(try watching.run() == .ended(.timedOut))
        #expect(watching.duration < .seconds(20))
        #expect(dies(try #require(watching.startedProcess)))
    }

    @Test("whose end is quick, but not that of what it started, takes that with it")
    func stubbornChild() throws {
        // The shell in brackets ignores the signal, the one in front does not.
        var watching = Watching(
            "(trap '' TERM; exec sleep 600) & echo $!; wait",
            timeout: .milliseconds(300),
            grace: .milliseconds(500)
        )
        #expect(try watching.run() == .ended(.timedOut))
        #expect(dies(try #require(watching.startedProcess)))
    }

    @Test("is stopped with all that it started when somebody asks us to stop")
    func interruption() throws {
        var watching = Watching("sleep 600 & echo $!; wait")
        let interruption = watching.interruption
        LinuxSystem.Thread.start(named: "test") {
            LinuxSystem.Thread.sleep(for: .milliseconds(300))
            interruption.request()
        }
        #expect(try watching.run() == .interrupted)
        #expect(watching.duration < .seconds(20))
        #expect(dies(try #require(watching.startedProcess)))
    }

    @Test(
        "that is done ends what it leaves running",
        arguments: [
            ("", .deserted(.exited(status: 4))), (" >/dev/null 2>&1", .ended(.exited(status: 4))),
        ] as [(String, ChildProcess.Conclusion)]
    )
    func leftovers(redirection: String, conclusion: ChildProcess.Conclusion) throws {
        var watching = Watching(FileName("sleep 600\(redirection) & echo $!; exit 4"))
        #expect(try watching.run() == conclusion)
        #expect(watching.duration < .seconds(20))
        #expect(dies(try #require(watching.startedProcess)))
    }

    @Test("that says more than anybody can read is stopped in time, and fills no memory")
    func endless() throws {
        var watching = Watching("yes", timeout: .milliseconds(500))
        #expect(try watching.run() == .ended(.timedOut))
        #expect(watching.duration < .seconds(20))
        #expect(watching.count > 1000)
        #expect(watching.longest == 1)
    }

    @Test("whose line never ends gets it cut")
    func endlessLine() throws {
        var watching = Watching("head -c 30000000 /dev/zero | tr '\\0' x; echo; echo next")
        #expect(try watching.run() == .ended(.exited(status: 0)))
        #expect(watching.count == 2)
        let cut = String(repeating: "x", count: ChildProcess.longestLine) + " […]"
        #expect(watching.lines == [cut, "next"])
    }

    @Test("is stopped by a command where signals do not reach what it does")
    func stopping() throws {
        let flag = FileName("/dev/shm/extbackup-watch-\(UInt64.random(in: 0 ... .max))")
        let path = String(decoding: flag.bytes, as: UTF8.self)
        var watching = Watching(
            FileName("trap '' TERM; touch \(path); while [ -e \(path) ]; do sleep 0.05; done; echo over"),
            timeout: .milliseconds(500)
        )
        watching.stopping = ChildProcess(["/bin/rm", flag])
        #expect(try watching.run() == .ended(.timedOut))
        #expect(watching.lines == ["over"])
        #expect(watching.duration < .seconds(20))
    }

    @Test("that is missing says so")
    func missing() {
        let missing = SystemError(call: "posix_spawn", subject: "/no/such", errno: .noSuchFileOrDirectory)
        #expect(throws: missing) {
            try ChildProcess(["/no/such"]).watch(interruption: Interruption(), onLine: { _ in }, onWait: {})
        }
    }
}
