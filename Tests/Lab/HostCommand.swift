// Programs on the host.

@preconcurrency internal import Glibc  // environ is a variable

/// Runs a program on the host and waits for it.
enum HostCommand {
    /// Runs a program, found through PATH, with its outputs in files: a program that is started at the same time
    /// elsewhere in this process may inherit them without harm, which is not so with pipes.
    /// - Throws: when the program cannot be started, or was killed because `timeout` passed.
    static func run(
        _ arguments: [String],
        input: [UInt8] = [],
        environment: [String: String] = [:],
        timeout: Duration
    ) throws(LabFailure) -> CommandResult {
        let stdin = try ScratchSpace.openUnnamedFile()
        defer { close(stdin) }
        let stdout = try ScratchSpace.openUnnamedFile()
        defer { close(stdout) }
        let stderr = try ScratchSpace.openUnnamedFile()
        defer { close(stderr) }
        try HostFile.write(input, to: stdin)
        lseek(stdin, 0, SEEK_SET)
        let pid = try spawn(
            arguments,
            environment: environment,
            stdin: stdin,
            stdout: stdout,
            stderr: stderr
        )
        let status = try waitForEnd(of: pid, timeout: timeout)
        lseek(stdout, 0, SEEK_SET)
        lseek(stderr, 0, SEEK_SET)
        let result = CommandResult(
            status: status ?? 124,
            stdoutBytes: try HostFile.readAll(stdout),
            stderrBytes: try HostFile.readAll(stderr)
        )
        if status == nil {
            throw LabFailure(
                "'\(arguments.joined(separator: " "))' did not end within \(timeout)",
                details: result.evidence
            )
        }
        return result
    }

    /// As `run`, and an exit status other than 0 is a failure with all that was written.
    @discardableResult
    static func check(
        _ arguments: [String],
        input: [UInt8] = [],
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws(LabFailure) -> CommandResult {
        let result = try run(arguments, input: input, environment: environment, timeout: timeout)
        guard result.succeeded else {
            throw LabFailure(
                "'\(arguments.joined(separator: " "))' ended with status \(result.status)",
                details: result.evidence
            )
        }
        return result
    }

    /// Starts a program in a process group of its own, with default signals.
    static func spawn(
        _ arguments: [String],
        environment: [String: String],
        stdin: Int32,
        stdout: Int32,
        stderr: Int32
    ) throws(LabFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin, 0)
        posix_spawn_file_actions_adddup2(&actions, stdout, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers { free(pointer) } }
        var variables = currentEnvironment()
        variables.merge(environment) { _, new in new }
        var environmentPointers: [UnsafeMutablePointer<CChar>?] =
            variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in environmentPointers { free(pointer) } }

        var pid: pid_t = 0
        let code = posix_spawnp(
            &pid,
            arguments[0],
            &actions,
            &attributes,
            &argumentPointers,
            &environmentPointers
        )
        guard code == 0 else { throw .systemCall("start '\(arguments[0])'", code) }
        return pid
    }

    /// The exit status as a shell has it, from the status that waitpid(2) fills in.
    static func exitStatus(_ waitStatus: Int32) -> Int32 {
        let signal = waitStatus & 0x7f
        return signal == 0 ? (waitStatus >> 8) & 0xff : 128 + signal
    }

    /// The exit status, or nothing when the program had to be killed.
    private static func waitForEnd(of pid: pid_t, timeout: Duration) throws(LabFailure) -> Int32? {
        let deadline = Deadline(after: timeout)
        var interval: UInt32 = 1
        var status: Int32 = 0
        while true {
            let ended = waitpid(pid, &status, WNOHANG)
            if ended == pid { return exitStatus(status) }
            if ended < 0 {
                let code = errno
                if code != EINTR { throw .systemCall("waitpid", code) }
            }
            if deadline.hasPassed {
                kill(-pid, SIGKILL)
                waitpid(pid, &status, 0)
                return nil
            }
            pause(milliseconds: interval)
            interval = min(interval * 2, 50)
        }
    }

    private static func currentEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let pointer = next.pointee {
            let entry = String(cString: pointer)
            if let equals = entry.firstIndex(of: "=") {
                variables[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }
}
