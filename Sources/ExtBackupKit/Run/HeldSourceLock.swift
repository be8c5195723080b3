import LinuxSystem
import Reporting
import SystemPackage

/// A source that nobody else changes as long as this value lives.
struct HeldSourceLock: ~Copyable {
    private enum Holding: ~Copyable {
        case file(Descriptor)
        case companion(CompanionProcess, source: String)
    }

    private let holding: Holding

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - runFolder: where borg keeps what it needs while it runs.
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
            try start(borg(lock, source.path, runFolder), lock, of: source, interruption, onWait)
        case .command(let arguments):
            try start(ChildProcess(arguments), lock, of: source, interruption, onWait)
        }
    }

    /// Gives the lock back. What its holder says then is worth a warning, for the copy is done.
    consuming func release() -> String? {
        switch consume holding {
        case .file(let file):
            // Closing unlocks too, ignoring.
            try? file.unlock()
            return nil
        case .companion(let companion, let source):
            do {
                let ending = try companion.finish()
                if ending == .exited(status: 0) { return nil }
                return "the lock of source '\(source)' was given back, but its program ended with \(ending)"
            } catch {
                return "the lock of source '\(source)' was given back, but: \(error)"
            }
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

    /// borg keeps its lock as long as the program that it starts runs; ours waits for the end of its input.
    private static func borg(_ lock: SourceLock, _ repository: FileName, _ runFolder: FileName)
        -> ChildProcess
    {
        let base = runFolder.appending("borg")
        return ChildProcess(
            [
                "/usr/bin/borg", "--lock-wait", FileName(String(lock.wait.components.seconds)), "with-lock",
                repository, "/bin/sh", "-c", "echo locked && exec cat >/dev/null",
            ],
            environment: [
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                FileName(bytes: Array("BORG_BASE_DIR=".utf8) + base.bytes),
            ]
        )
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
    ) throws(Failure) -> HeldSourceLock {
        var companion = try explaining(source) { () throws(SystemError) in
            try CompanionProcess(starting: process)
        }
        let readiness = try explaining(source) { () throws(SystemError) in
            try companion.waitUntilReady(timeout: patience(lock), interruption: interruption, onWait: onWait)
        }
        switch readiness {
        case .ready:
            return HeldSourceLock(holding: .companion(companion, source: source.name))
        case .interrupted:
            throw Failure.interrupted
        case .timedOut:
            throw Failure.lockTimedOut(source: source.name, after: lock.wait)
        case .ended(let ending, let line):
            throw Failure(
                .locked,
                "the lock of source '\(source.name)' was not given (\(ending)): \(line)",
                hint: "see whether another program works on \(source.path), then plug the drive in again"
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
