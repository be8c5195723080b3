internal import CLinux
import Glibc
import SystemPackage

extension ChildProcess {
    /// A program that was started, with our ends of its pipes.
    struct Spawned {
        var pid: pid_t
        var input: CInt
        var output: CInt
        /// Its standard error; -1 when that goes to `output`, too.
        var errors: CInt = -1

        mutating func closeInput() {
            if input >= 0 { Glibc.close(input) }
            input = -1
        }

        mutating func closeOutput() {
            if output >= 0 { Glibc.close(output) }
            output = -1
        }

        mutating func closeAll() {
            closeInput()
            closeOutput()
            if errors >= 0 { Glibc.close(errors) }
        }

        /// True until it has ended; its status stays for `wait`.
        func isRunning() -> Bool {
            var status = siginfo_t()
            let answer = waitid(P_PID, id_t(pid), &status, WEXITED | WNOHANG | WNOWAIT)
            return answer == 0 && status.si_signo == 0
        }

        /// Waits for its end. Blocks.
        func wait() throws(SystemError) -> Ending {
            var status: Int32 = 0
            let pid = pid
            try check("waitpid") { waitpid(pid, &status, 0) }
            let signal = status & 0x7f
            return signal == 0 ? .exited(status: (status >> 8) & 0xff) : .signaled(signal)
        }
    }

    /// Where a program's standard error goes.
    enum ErrorStream {
        /// To the same pipe as its output.
        case joined
        /// To a pipe of its own.
        case apart
    }

    /// How far a program is set apart from us.
    enum Standing {
        /// In our process group; what it reads comes from us, through a pipe.
        case attached
        /// In a process group of its own, so that the terminal's Ctrl-C reaches us alone; what it reads comes from us.
        case companion
        /// In a process group of its own, so that one signal reaches all that it starts; it reads /dev/null.
        case ownGroup
    }

    /// Starts the program.
    func spawn(errors: ErrorStream = .joined, standing: Standing = .attached) throws(SystemError) -> Spawned {
        switch errors {
        case .joined:
            return try spawn(errors: nil, standing)
        case .apart:
            let pipe = try Self.pipe()
            defer { Glibc.close(pipe.write) }
            do {
                var spawned = try spawn(errors: pipe.write, standing)
                spawned.errors = pipe.read
                return spawned
            } catch {
                Glibc.close(pipe.read)
                throw error
            }
        }
    }

    private func spawn(errors: CInt?, _ standing: Standing) throws(SystemError) -> Spawned {
        let toChild = try Self.input(for: standing)
        let fromChild: (read: CInt, write: CInt)
        do {
            fromChild = try Self.pipe()
        } catch {
            Glibc.close(toChild.read)
            if toChild.write >= 0 { Glibc.close(toChild.write) }
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
        posix_spawn_file_actions_adddup2(&actions, errors ?? fromChild.write, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        switch standing {
        case .attached: break
        case .companion, .ownGroup:
            posix_spawnattr_setpgroup(&attributes, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))

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
            if toChild.write >= 0 { Glibc.close(toChild.write) }
            Glibc.close(fromChild.read)
            throw SystemError(call: "posix_spawn", subject: arguments[0], errno: Errno(rawValue: reason))
        }
        return Spawned(pid: pid, input: toChild.write, output: fromChild.read)
    }

    /// What the program reads, and our end of it; -1 where there is none.
    private static func input(for standing: Standing) throws(SystemError) -> (read: CInt, write: CInt) {
        switch standing {
        case .attached, .companion: return try pipe()
        case .ownGroup:
            let null = try check("open", "/dev/null") {
                ext_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0)
            }
            return (null, -1)
        }
    }

    private static func pipe() throws(SystemError) -> (read: CInt, write: CInt) {
        var ends: (CInt, CInt) = (0, 0)
        try check("pipe2") {
            withUnsafeMutableBytes(of: &ends) { ext_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress) }
        }
        return (ends.0, ends.1)
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
