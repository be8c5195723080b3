internal import CLinux
import Glibc
import SystemPackage

/// A program that runs beside us and does something for as long as its input is open: it holds a lock.
///
/// It says in a first line of output that it is ready, and ends when its input closes.
public struct CompanionProcess: ~Copyable {
    private var spawned: ChildProcess.Spawned
    private var output: [UInt8] = []
    private var hasEnded = false

    /// How waiting for the first line ended.
    public enum Readiness: Sendable {
        /// The line came.
        case ready
        /// The program ended first; the last line that it wrote, for people.
        case ended(ChildProcess.Ending, lastLine: String)
        /// The time was over.
        case timedOut
        /// Somebody asked to stop.
        case interrupted
    }

    /// Starts a program.
    public init(starting process: ChildProcess) throws(SystemError) {
        spawned = try process.spawn()
    }

    deinit {
        if !hasEnded {
            kill(spawned.pid, SIGKILL)
            _ = waitpid(spawned.pid, nil, 0)
        }
        if spawned.input >= 0 { Glibc.close(spawned.input) }
        Glibc.close(spawned.output)
    }

    /// Waits until the program has written a line. Blocks; `onWait` is called about every second.
    public mutating func waitUntilReady(
        timeout: Duration,
        interruption: Interruption,
        onWait: () -> Void
    ) throws(SystemError) -> Readiness {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            if interruption.isRequested { return .interrupted }
            if clock.now >= deadline { return .timedOut }
            var fds = [pollfd(fd: spawned.output, events: Int16(POLLIN), revents: 0)]
            onWait()
            if poll(&fds, 1, 1000) <= 0 { continue }
            if try readSome() {
                if output.contains(UInt8(ascii: "\n")) { return .ready }
                continue
            }
            let ending = try spawned.wait()
            hasEnded = true
            return .ended(ending, lastLine: ChildProcess.Outcome(ending: ending, output: output).lastLine)
        }
    }

    /// Closes the program's input and waits for its end, which it is made to find when it takes too long.
    public consuming func finish(timeout: Duration = .seconds(30)) throws(SystemError) -> ChildProcess.Ending
    {
        spawned.closeInput()
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while clock.now < deadline {
            var fds = [pollfd(fd: spawned.output, events: Int16(POLLIN), revents: 0)]
            if poll(&fds, 1, 200) > 0, try !readSome() { break }
        }
        if clock.now >= deadline { kill(spawned.pid, SIGKILL) }
        let ending = try spawned.wait()
        hasEnded = true
        return ending
    }

    /// Reads what is there; false at the end.
    private mutating func readSome() throws(SystemError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let fd = spawned.output
        let count = try check("read") {
            chunk.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress, $0.count) }
        }
        if output.count < 65536 { output.append(contentsOf: chunk[..<count]) }
        return count > 0
    }
}
