import LinuxSystem
import Reporting
import SystemPackage

/// A source that nobody else changes as long as this value lives.
struct HeldSourceLock: ~Copyable {
    private enum Holding: ~Copyable {
        case file(Descriptor)
        case companion(CompanionProcess, source: String)
        /// The repository was made writable for its own program.
        case writable(CompanionProcess, source: String, path: FileName)
    }

    private let holding: Holding

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - runFolder: where lock programs may keep what they need while they run.
    ///   - onWait: called about every second; the wait is bounded by the lock's own time.
    /// - Throws: `Failure` with status `locked` when the time is over or the lock cannot be had.
    static func take(
        _ lock: SourceLock,
        of source: SourceConfiguration,
        interruption: Interruption,
        runFolder: FileName,
        onWait: () -> Void
    ) throws(Failure) -> HeldSourceLock {
        switch lock.kind {
        case .flock(let path):
            HeldSourceLock(
                holding: .file(try waitForFile(path, lock, of: source, interruption, onWait))
            )
        case .borg:
            try takeBorg(lock, of: source, runFolder, interruption, onWait)
        case .command(let arguments):
            HeldSourceLock(
                holding: .companion(
                    try start(
                        ChildProcess(arguments, environment: environment(runFolder)),
                        lock,
                        of: source,
                        interruption,
                        onWait
                    ),
                    source: source.name
                )
            )
        }
    }

    /// What came of giving the lock back.
    enum Ending: Hashable {
        /// It was held to the end.
        case released
        /// It was held to the end, but its holder complained.
        case complaint(String)
        /// Its holder ended before: the source may have changed while it was copied.
        case lost(String)
    }

    /// Gives the lock back.
    consuming func release() -> Ending {
        switch consume holding {
        case .file(let file):
            // Closing unlocks too, ignoring.
            try? file.unlock()
            return .released
        case .companion(let companion, let source):
            return Self.finish(companion, source: source)
        case .writable(let companion, let source, let path):
            let ending = Self.finish(companion, source: source)
            // The mount is this process's own and ends with it, ignoring.
            try? MountNamespace.endWritable(path)
            return ending
        }
    }

    private static func finish(_ companion: consuming CompanionProcess, source: String) -> Ending {
        let wasHeld = companion.isRunning()
        do {
            let ending = try companion.finish()
            if !wasHeld {
                return .lost("the lock of source '\(source)' was lost while it was copied (\(ending))")
            }
            if ending == .exited(status: 0) { return .released }
            return .complaint(
                "the lock of source '\(source)' was given back, but its program ended with \(ending)"
            )
        } catch {
            return .complaint("the lock of source '\(source)' was given back, but: \(error)")
        }
    }

    /// The lock files that must not be copied: a copied lock would make the copy unusable until it is broken.
    static func privateNames(of lock: SourceLock?) -> [FileName] {
        switch lock?.kind {
        case .borg: ["/lock.exclusive", "/lock.roster"]
        case .flock, .command, nil: []
        }
    }

    private static func waitForFile(
        _ path: FileName,
        _ lock: SourceLock,
        of source: SourceConfiguration,
        _ interruption: Interruption,
        _ onWait: () -> Void
    ) throws(Failure) -> Descriptor {
        let clock = ContinuousClock()
        let deadline = clock.now + lock.wait
        let file = try explaining(source) { () throws(SystemError) in
            try Descriptor.open(path, [.read, .followLink])
        }
        while !(try explaining(source, { () throws(SystemError) in try file.tryLock(.exclusive) })) {
            if interruption.isRequested { throw Failure.interrupted }
            if clock.now >= deadline { throw Failure.lockTimedOut(source: source.name, after: lock.wait) }
            onWait()
            Thread.sleep(for: .seconds(1))
        }
        return file
    }

    /// borg keeps its lock as long as the program that it starts runs; ours waits for the end of its input. The lock
    /// is a file in the repository, which the service's rules make read-only for us.
    private static func takeBorg(
        _ lock: SourceLock,
        of source: SourceConfiguration,
        _ runFolder: FileName,
        _ interruption: Interruption,
        _ onWait: () -> Void
    ) throws(Failure) -> HeldSourceLock {
        let path = source.path
        let isMadeWritable = try explaining(source) { () throws(SystemError) in
            try MountNamespace.makeWritable(path)
        }
        do {
            let companion = try start(borg(lock, path, runFolder), lock, of: source, interruption, onWait)
            return HeldSourceLock(
                holding: isMadeWritable
                    ? .writable(companion, source: source.name, path: path)
                    : .companion(companion, source: source.name)
            )
        } catch {
            // See `release`, ignoring.
            if isMadeWritable { try? MountNamespace.endWritable(path) }
            throw error
        }
    }

    private static func borg(_ lock: SourceLock, _ repository: FileName, _ runFolder: FileName)
        -> ChildProcess
    {
        let base = runFolder.appending("borg")
        return ChildProcess(
            [
                "/usr/bin/borg", "--lock-wait", FileName(String(lock.wait.components.seconds)), "with-lock",
                repository, "/bin/sh", "-c", "echo locked && exec cat >/dev/null",
            ],
            environment: environment(runFolder) + [FileName(bytes: Array("BORG_BASE_DIR=".utf8) + base.bytes)]
        )
    }

    /// Under the service's rules /tmp cannot be written; the run folder can.
    private static func environment(_ runFolder: FileName) -> [FileName] {
        [
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
            FileName(bytes: Array("TMPDIR=".utf8) + runFolder.bytes),
        ]
    }

    /// borg waits by itself and says then who has the lock; it gets the time to say so.
    private static func patience(_ lock: SourceLock) -> Duration {
        switch lock.kind {
        case .borg: lock.wait + .seconds(60)
        case .flock, .command: lock.wait
        }
    }

    private static func start(
        _ process: ChildProcess,
        _ lock: SourceLock,
        of source: SourceConfiguration,
        _ interruption: Interruption,
        _ onWait: () -> Void
    ) throws(Failure) -> CompanionProcess {
        var companion = try explaining(source) { () throws(SystemError) in
            try CompanionProcess(starting: process)
        }
        let readiness = try explaining(source) { () throws(SystemError) in
            try companion.waitUntilReady(timeout: patience(lock), interruption: interruption, onWait: onWait)
        }
        switch readiness {
        case .ready:
            return companion
        case .interrupted:
            throw Failure.interrupted
        case .timedOut:
            throw Failure.lockTimedOut(source: source.name, after: lock.wait)
        case .ended(let ending, let line):
            throw Failure(
                .locked,
                "the lock of source '\(source.name)' was not given (\(ending)): \(line)",
                hint: "see whether another program works on \(source.path)"
            )
        }
    }

    private static func explaining<Result: ~Copyable>(
        _ source: SourceConfiguration,
        _ body: () throws(SystemError) -> Result
    ) throws(Failure) -> Result {
        do {
            return try body()
        } catch {
            throw Failure(
                .locked,
                "the lock of source '\(source.name)' cannot be taken: \(error)",
                hint: "check 'lock' of this source in the configuration"
            )
        }
    }
}
