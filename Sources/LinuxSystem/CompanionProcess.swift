internal import CLinux
import Glibc
import SystemPackage

/// A program that runs beside us and does something for as long as its input is open: it holds a lock.
///
/// It says in a first line of standard output that it is ready, and ends when its input closes. What it writes to
/// standard error is talk: a program that complains and ends was never ready.
public struct CompanionProcess: ~Copyable {
    private var spawned: ChildProcess.Spawned
    private var output: [UInt8] = []
    private var errors: [UInt8] = []
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
        spawned = try process.spawn(errors: .apart, standing: .companion)
    }

    deinit {
        if !hasEnded {
            kill(spawned.pid, SIGKILL)
            _ = waitpid(spawned.pid, nil, 0)
        }
        if spawned.input >= 0 { Glibc.close(spawned.input) }
        Glibc.close(spawned.output)
        if spawned.errors >= 0 { Glibc.close(spawned.errors) }
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
            onWait()
            if try !readSome(milliseconds: 1000) {
                let ending = try spawned.wait()
                hasEnded = true
                let said = errors.isEmpty ? output : errors
                return .ended(
                    ending,
                    lastLine: ChildProcess.Outcome(ending: ending, output: said).lastLine
                )
            }
            if output.contains(UInt8(ascii: "\n")) { return .ready }
        }
    }

    /// True while the program runs.
    public mutating func isRunning() -> Bool {
        !hasEnded && spawned.isRunning()
    }

    /// Closes the program's input and waits for its end, which it is made to find when it takes too long.
    public consuming func finish(timeout: Duration = .seconds(30)) throws(SystemError) -> ChildProcess.Ending
    {
        spawned.closeInput()
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while clock.now < deadline {
            if try !readSome(milliseconds: 200) { break }
        }
        if clock.now >= deadline { kill(spawned.pid, SIGKILL) }
        let ending = try spawned.wait()
        hasEnded = true
        return ending
    }

    /// Waits for something to read and reads what is there; false at the end of the output.
    private mutating func readSome(milliseconds: Int32) throws(SystemError) -> Bool {
        var fds = [
            pollfd(fd: spawned.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: spawned.errors, events: Int16(POLLIN), revents: 0),
        ]
        if poll(&fds, 2, milliseconds) <= 0 { return true }
        if fds[1].revents != 0, try !Self.read(spawned.errors, into: &errors) {
            // At its end it would be ready to be read for ever.
            Glibc.close(spawned.errors)
            spawned.errors = -1
        }
        if fds[0].revents == 0 { return true }
        if try Self.read(spawned.output, into: &output) { return true }
        while spawned.errors >= 0, Self.isReady(spawned.errors), try Self.read(spawned.errors, into: &errors)
        {}
        return false
    }

    private static func isReady(_ fd: CInt) -> Bool {
        var fds = [pollfd(fd: fd, events: Int16(POLLIN), revents: 0)]
        return poll(&fds, 1, 0) > 0
    }

    private static func read(_ fd: CInt, into bytes: inout [UInt8]) throws(SystemError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = try check("read") {
            chunk.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress, $0.count) }
        }
        if bytes.count < 65536 { bytes.append(contentsOf: chunk[..<count]) }
        return count > 0
    }
}
