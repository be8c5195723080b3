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
    public enum Ending: Hashable, Sendable {
        /// By itself, with a status.
        case exited(status: Int32)
        /// By a signal.
        case signaled(Int32)
        /// Killed, because the time was over.
        case timedOut
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
        var status: Int32 = 0
        if output.isLate { kill(spawned.pid, SIGKILL) }
        let pid = spawned.pid
        try check("waitpid", arguments[0]) { waitpid(pid, &status, 0) }
        if output.isLate { return Outcome(ending: .timedOut, output: output.bytes) }
        let signal = status & 0x7f
        return Outcome(
            ending: signal == 0 ? .exited(status: (status >> 8) & 0xff) : .signaled(signal),
            output: output.bytes
        )
    }

    private struct Spawned {
        var pid: pid_t
        var input: CInt
        var output: CInt

        mutating func closeInput() {
            if input >= 0 { Glibc.close(input) }
            input = -1
        }

        mutating func closeAll() {
            closeInput()
            Glibc.close(output)
        }
    }

    private func spawn() throws(SystemError) -> Spawned {
        let toChild = try Self.pipe()
        let fromChild: (read: CInt, write: CInt)
        do {
            fromChild = try Self.pipe()
        } catch {
            Glibc.close(toChild.read)
            Glibc.close(toChild.write)
            throw error
        }
        defer {
            Glibc.close(toChild.read)
            Glibc.close(fromChild.write)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild.read, 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild.write, 1)
        posix_spawn_file_actions_adddup2(&actions, fromChild.write, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let reason = Self.withCStrings(arguments) { argv -> CInt in
            Self.withCStrings(environment) { envp -> CInt in
                guard let path = argv[0], let argv = argv.baseAddress, let envp = envp.baseAddress else {
                    return EINVAL
                }
                return posix_spawn(&pid, path, &actions, &attributes, argv, envp)
            }
        }
        guard reason == 0 else {
            Glibc.close(toChild.write)
            Glibc.close(fromChild.read)
            throw SystemError(call: "posix_spawn", subject: arguments[0], errno: Errno(rawValue: reason))
        }
        return Spawned(pid: pid, input: toChild.write, output: fromChild.read)
    }

    private static func pipe() throws(SystemError) -> (read: CInt, write: CInt) {
        var ends: (CInt, CInt) = (0, 0)
        try check("pipe2") {
            withUnsafeMutableBytes(of: &ends) { ext_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress) }
        }
        return (ends.0, ends.1)
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

    private static func withCStrings<Result>(
        _ names: [FileName],
        _ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies: [UnsafeMutablePointer<CChar>?] = names.map { $0.withCString { strdup($0) } }
        copies.append(nil)
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { body($0) }
    }
}
