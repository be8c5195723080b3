import Glibc
import SystemPackage

/// Programs that are not ours: they may say much, take long, and start others.
extension ChildProcess {
    /// How a program ended that was watched.
    public enum Conclusion: Hashable, Sendable {
        /// By itself, or because its time was over.
        case ended(Ending)
        /// By itself, while others still had its output; they were asked to stop.
        case deserted(Ending)
        /// It had to stop, because somebody asked us to.
        case interrupted
    }

    /// Bytes of a line beyond this number are dropped.
    public static let longestLine = 2000

    /// Runs the program to its end, in a process group of its own and with /dev/null as its input, and hands on what
    /// it writes line by line. Blocks. `input` and `outputLimit` do not count.
    ///
    /// When its time is over, or somebody interrupts, the whole group gets SIGTERM; what is left of it after `grace`
    /// is killed. Also a program that ends by itself ends what it leaves running in its group, which gets a second to
    /// write what it has to say.
    ///
    /// - Parameters:
    ///   - stopping: what makes it stop where signals do not reach it, instead of SIGTERM.
    ///   - onLine: gets each line of both outputs without its end; empty ones are left out, long ones are cut.
    ///   - onWait: called about every second.
    /// - Throws: when it cannot be started, for example `ENOENT`.
    public func watch(
        interruption: Interruption,
        grace: Duration = .seconds(10),
        stopping: ChildProcess? = nil,
        onLine: ([UInt8]) -> Void,
        onWait: () -> Void
    ) throws(SystemError) -> Conclusion {
        var child = try spawn(standing: .ownGroup)
        defer { child.closeAll() }
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var lines = LineCutter(longest: Self.longestLine)
        var chunk = [UInt8](repeating: 0, count: 65536)
        var nextWait = clock.now
        var stopped: Conclusion?
        // From when on nothing more is waited for.
        var end: ContinuousClock.Instant?
        while child.output >= 0 || child.isRunning() {
            let now = clock.now
            if now >= nextWait {
                onWait()
                nextWait = now + .seconds(1)
            }
            if let end {
                if now >= end { break }
            } else if !child.isRunning() {
                end = now + .seconds(1)
            } else if interruption.isRequested || now >= deadline {
                stopped = interruption.isRequested ? .interrupted : .ended(.timedOut)
                end = now + grace
                child.stop(by: stopping)
            }
            lines.take(child.readSome(&chunk), onLine)
        }
        lines.finish(onLine)
        // As long as the program was not waited for, no other group can have its number.
        kill(-child.pid, stopped == nil ? SIGTERM : SIGKILL)
        let ending = try child.wait()
        return stopped ?? (child.output < 0 ? .ended(ending) : .deserted(ending))
    }
}

extension ChildProcess.Spawned {
    fileprivate func stop(by stopping: ChildProcess?) {
        guard let stopping else {
            kill(-pid, SIGTERM)
            return
        }
        // Where it does not help, the group is killed in the end, ignoring.
        _ = try? stopping.run()
    }

    /// Waits a moment for output and reads what is there; closes it at its end.
    fileprivate mutating func readSome(_ chunk: inout [UInt8]) -> ArraySlice<UInt8> {
        guard output >= 0 else {
            Thread.sleep(for: .milliseconds(20))
            return []
        }
        var fds = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
        if poll(&fds, 1, 200) <= 0 { return [] }
        let count = chunk.withUnsafeMutableBytes { Glibc.read(output, $0.baseAddress, $0.count) }
        if count > 0 { return chunk[..<count] }
        if count == 0 || currentErrno() != .interrupted { closeOutput() }
        return []
    }
}
