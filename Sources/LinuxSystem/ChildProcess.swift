internal import CLinux
import Glibc
import SystemPackage

/// Runs another program and waits for it: mkfs, e2fsck, sendmail, a lock command.
///
/// The program gets no shell, an environment of its own, default signals, and no descriptors but the three.
public struct ChildProcess: Sendable {
    /// The program's path and its arguments, as bytes.
    public var arguments: [FileName]
    /// The whole environment, `NAME=value`.
    public var environment: [FileName]
    /// What the program reads.
    public var input: [UInt8]
    /// It is killed after this time.
    public var timeout: Duration
    /// More output than this is dropped.
    public var outputLimit: Int

    /// Describes a program to run; `arguments[0]` is the path.
    public init(
        _ arguments: [FileName],
        environment: [FileName] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
        input: [UInt8] = [],
        timeout: Duration = .seconds(60),
        outputLimit: Int = 1 << 20
    ) {
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.timeout = timeout
        self.outputLimit = outputLimit
    }

    /// How a program ended.
    public enum Ending: Hashable, Sendable, CustomStringConvertible {
        /// By itself, with a status.
        case exited(status: Int32)
        /// By a signal.
        case signaled(Int32)
        /// Killed, because the time was over.
        case timedOut

        /// For people: `status 2`, `signal 9`, `killed after its time was over`.
        public var description: String {
            switch self {
            case .exited(let status): "status \(status)"
            case .signaled(let signal): "signal \(signal)"
            case .timedOut: "killed after its time was over"
            }
        }
    }

    /// What came of it: how it ended, and what it wrote to both outputs together.
    public struct Outcome: Sendable {
        /// How it ended.
        public let ending: Ending
        /// Standard output and standard error, in the order written.
        public let output: [UInt8]

        /// True after exit status 0.
        public var isSuccess: Bool { ending == .exited(status: 0) }
        /// The last line that is not empty, for people. Bytes that are no UTF-8 are replaced.
        public var lastLine: String {
            let lines = output.split(separator: UInt8(ascii: "\n"))
            return String(decoding: lines.last ?? [], as: UTF8.self)
        }
    }

    /// Runs the program to its end. Blocks.
    ///
    /// - Throws: when it cannot be started, for example `ENOENT`.
    public func run() throws(SystemError) -> Outcome {
        var spawned = try spawn()
        defer { spawned.closeAll() }
        let output = exchange(&spawned)
        if output.isLate { kill(spawned.pid, SIGKILL) }
        let ending = try spawned.wait()
        return Outcome(ending: output.isLate ? .timedOut : ending, output: output.bytes)
    }

    /// Feeds the input and collects the output until the program closes it or the time is over.
    private func exchange(_ child: inout Spawned) -> (bytes: [UInt8], isLate: Bool) {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        _ = ext_fcntl(child.input, F_SETFL, Int64(O_NONBLOCK))
        var rest = input[...]
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        if rest.isEmpty { child.closeInput() }
        while true {
            let left = clock.now.duration(to: deadline)
            if left <= .zero { return (output, true) }
            let milliseconds = Int32(clamping: Int64(left / .milliseconds(1)) + 1)
            var fds = [
                pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.input, events: Int16(POLLOUT), revents: 0),
            ]
            if poll(&fds, 2, milliseconds) < 0 { continue }
            if fds[1].revents != 0 {
                let count = Self.writeWithoutSignal(child.input, rest)
                if count > 0 { rest = rest.dropFirst(count) }
                // A program that does not read its input to the end is no failure of ours: its status tells.
                if rest.isEmpty || (count < 0 && currentErrno() != .wouldBlock) { child.closeInput() }
            }
            if fds[0].revents != 0 {
                let count = chunk.withUnsafeMutableBytes {
                    Glibc.read(child.output, $0.baseAddress, $0.count)
                }
                if count == 0 { return (output, false) }
                if count > 0, output.count < outputLimit {
                    output.append(contentsOf: chunk[..<min(count, outputLimit - output.count)])
                }
            }
        }
    }

    /// write(2) to a program that may have ended: that raises SIGPIPE in the writing thread, whose default ends
    /// the whole process. It is held back here and taken off the thread again, so that a program that ignores
    /// its input is no matter of how the process is set up.
    private static func writeWithoutSignal(_ fd: CInt, _ bytes: ArraySlice<UInt8>) -> Int {
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let count = bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
        let reason = errno
        if count < 0, reason == EPIPE {
            var none = timespec()
            // Where SIGPIPE is ignored none is pending, and this says so at once, ignoring.
            _ = sigtimedwait(&pipe, nil, &none)
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        errno = reason
        return count
    }
}
