import LinuxSystem
import Reporting
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("A source's lock")
struct HeldSourceLockTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("the.lock", "")
    }

    private func source(_ lock: SourceLock, path: FileName = "/srv/photos") -> SourceConfiguration {
        SourceConfiguration(
            name: "photos",
            path: path,
            requiresMount: false,
            staysOnFileSystem: false,
            excludes: [],
            lock: lock
        )
    }

    /// Takes the lock and gives it back.
    ///
    /// - Returns: what came of giving it back.
    private func takeAndRelease(
        _ kind: SourceLock.Kind,
        wait: Duration = .seconds(20),
        interruption: Interruption = Interruption(),
        onWait: () -> Void = {},
        whileHeld: () throws -> Void = {}
    ) throws -> HeldSourceLock.Ending {
        let lock = SourceLock(kind: kind, wait: wait)
        let held = try HeldSourceLock.take(
            lock,
            of: source(lock),
            interruption: interruption,
            runFolder: folder.path,
            onWait: onWait
        )
        try whileHeld()
        return held.release()
    }

    private func failure(_ body: () throws -> HeldSourceLock.Ending) throws -> Failure {
        do {
            _ = try body()
        } catch {
            return try #require(error as? Failure)
        }
        Issue.record("the lock was given")
        return Failure(.ok, "")
    }

    private var file: SourceLock.Kind { .flock(path: folder.path.appending("the.lock")) }

    /// A process that holds the lock until it is dropped.
    private func holder() throws -> CompanionProcess {
        let words: [FileName] = [
            "/usr/bin/flock", folder.path.appending("the.lock"), "/bin/sh", "-c", "echo held; exec cat",
        ]
        var holder = try CompanionProcess(starting: ChildProcess(words))
        let readiness = try holder.waitUntilReady(
            timeout: .seconds(20),
            interruption: Interruption(),
            onWait: {}
        )
        guard case .ready = readiness else {
            Issue.record("flock(1): \(readiness)")
            return holder
        }
        return holder
    }

    @Test("on a file is taken, kept, and given back")
    func flock() throws {
        let probe: [FileName] = [
            "/usr/bin/flock", "--nonblock", folder.path.appending("the.lock"), "/bin/true",
        ]
        var whileHeld: ChildProcess.Ending?
        let ending = try takeAndRelease(
            file,
            whileHeld: { whileHeld = try ChildProcess(probe).run().ending }
        )
        #expect(whileHeld == .exited(status: 1))
        #expect(ending == .released)
        #expect(try ChildProcess(probe).run().isSuccess)
    }

    @Test("on a file that another process holds is waited for, and no longer than configured")
    func flockTimeout() throws {
        let holder = try holder()
        var waits = 0
        let failure = try failure {
            try takeAndRelease(file, wait: .milliseconds(500), onWait: { waits += 1 })
        }
        #expect(failure.status == .locked)
        #expect(failure.message == "source 'photos' was still locked by its owner after 0.5 s")
        #expect(waits > 0)
        _ = try holder.finish()
        #expect(try takeAndRelease(file) == .released)
    }

    @Test("on a file is taken as soon as the other process is done")
    func flockFreed() throws {
        // flock(1) exits, and with it goes its lock, when the shell is done after a second.
        let words: [FileName] = [
            "/usr/bin/flock", folder.path.appending("the.lock"), "/bin/sh", "-c", "echo held; sleep 0.5",
        ]
        var holder = try CompanionProcess(starting: ChildProcess(words))
        _ = try holder.waitUntilReady(timeout: .seconds(20), interruption: Interruption(), onWait: {})
        #expect(try takeAndRelease(file) == .released)
        _ = try holder.finish()
    }

    @Test("that is missing, or waited for in vain when somebody stops the run, fails")
    func flockTrouble() throws {
        let missing = try failure { try takeAndRelease(.flock(path: folder.path.appending("none"))) }
        #expect(missing.status == .locked)
        #expect(missing.message.contains("no such file or directory"))
        #expect(missing.hint == "check 'lock' of this source in the configuration")
        let holder = try holder()
        let interruption = Interruption()
        interruption.request()
        #expect(try failure { try takeAndRelease(file, interruption: interruption) }.status == .interrupted)
        _ = try holder.finish()
    }

    @Test("of a program is held from its first line until its input ends")
    func command() throws {
        let mark = folder.path.appending("mark")
        let script = "touch '\(String(decoding: mark.bytes, as: UTF8.self))'; echo ready; cat; rm -f \"$0\""
        let ending = try takeAndRelease(
            .command(["/bin/sh", "-c", FileName(script), mark]),
            whileHeld: { #expect(folder.exists("mark")) }
        )
        #expect(ending == .released)
        #expect(!folder.exists("mark"))
    }

    @Test("of a program that ends early, never answers, or does not exist is not given")
    func commandTrouble() throws {
        let early = try failure {
            try takeAndRelease(.command(["/bin/sh", "-c", "printf 'no lock today'; exit 3"]))
        }
        #expect(early.status == .locked)
        #expect(early.message == "the lock of source 'photos' was not given (status 3): no lock today")
        let silent = try failure {
            try takeAndRelease(.command(["/bin/sleep", "600"]), wait: .milliseconds(100))
        }
        #expect(silent.status == .locked)
        let missing = try failure { try takeAndRelease(.command(["/nonexistent/program"])) }
        #expect(missing.message.contains("'/nonexistent/program': no such file or directory"))
    }

    @Test("of a program that only complains is not given, whatever it writes first")
    func complaint() throws {
        let script: FileName = "echo 'no lock: busy' >&2; exit 2"
        let failure = try failure { try takeAndRelease(.command(["/bin/sh", "-c", script])) }
        #expect(failure.status == .locked)
        #expect(failure.message == "the lock of source 'photos' was not given (status 2): no lock: busy")
        let warned: FileName = "echo 'careful' >&2; sleep 0.1; echo ready; cat; echo 'bye' >&2"
        #expect(try takeAndRelease(.command(["/bin/sh", "-c", warned])) == .released)
    }

    @Test("of a program that fails when it gives the lock back is worth a warning")
    func commandEnding() throws {
        let ending = try takeAndRelease(.command(["/bin/sh", "-c", "echo ready; cat; exit 4"]))
        #expect(
            ending
                == .complaint(
                    "the lock of source 'photos' was given back, but its program ended with status 4"
                )
        )
    }

    @Test("of a program that ends while the source is copied is lost, whatever its status")
    func commandEndsTooEarly() throws {
        let ending = try takeAndRelease(
            .command(["/bin/sh", "-c", "echo ready"]),
            whileHeld: { Thread.sleep(for: .milliseconds(500)) }
        )
        #expect(ending == .lost("the lock of source 'photos' was lost while it was copied (status 0)"))
    }
}

@Suite("borg's lock", Need.borg)
struct BorgLockTests {
    private let folder: TemporaryFolder
    private let environment: [FileName]
    private let repository: FileName

    init() throws {
        folder = try TemporaryFolder()
        repository = folder.path.appending("repo")
        environment = [
            "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8",
            FileName(bytes: Array("BORG_BASE_DIR=".utf8) + folder.path.appending("base").bytes),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes",
        ]
        try #require(try borg("init", "-e", "none", repository).isSuccess)
        try folder.write("data/file", "contents")
    }

    private func borg(_ words: FileName...) throws -> ChildProcess.Outcome {
        try ChildProcess(["/usr/bin/borg", "--lock-wait", "0"] + words, environment: environment).run()
    }

    private var archive: FileName { FileName(bytes: repository.bytes + Array("::a".utf8)) }

    private func take(wait: Duration) throws -> HeldSourceLock {
        let lock = SourceLock(kind: .borg, wait: wait)
        let source = SourceConfiguration(
            name: "borg",
            path: repository,
            requiresMount: false,
            staysOnFileSystem: false,
            excludes: [],
            lock: lock
        )
        return try HeldSourceLock.take(
            lock,
            of: source,
            interruption: Interruption(),
            runFolder: folder.path,
            onWait: {}
        )
    }

    @Test("keeps borg away while it is held, and not any longer; its files are not copied")
    func held() throws {
        let lock = try take(wait: .seconds(30))
        let refused = try borg("create", archive, folder.path.appending("data"))
        #expect(refused.ending == .exited(status: 2))
        let locks = try folder.names(in: "repo").filter { $0.bytes.starts(with: "lock".utf8) }
        #expect(!locks.isEmpty)
        let excluded = HeldSourceLock.privateNames(of: SourceLock(kind: .borg, wait: .zero))
        for name in locks { #expect(excluded.contains(FileName("/").appending(name)), "\(name) is copied") }
        #expect(lock.release() == .released)
        let given = try borg("create", archive, folder.path.appending("data"))
        #expect(given.isSuccess, "\(given.lastLine)")
    }

    @Test("that borg holds is waited for, and no longer than configured")
    func waiting() throws {
        let words: [FileName] = [
            "/usr/bin/borg", "with-lock", repository, "/bin/sh", "-c", "echo held; exec cat",
        ]
        var holder = try CompanionProcess(starting: ChildProcess(words, environment: environment))
        let readiness = try holder.waitUntilReady(
            timeout: .seconds(30),
            interruption: Interruption(),
            onWait: {}
        )
        guard case .ready = readiness else {
            Issue.record("borg with-lock: \(readiness)")
            return
        }
        do {
            _ = try take(wait: .seconds(1)).release()
            Issue.record("the lock was given")
        } catch {
            let failure = try #require(error as? Failure)
            #expect(failure.status == .locked)
            #expect(failure.message.hasPrefix("the lock of source 'borg' was not given (status 2): "))
            #expect(failure.message.contains("lock.exclusive"), "\(failure.message)")
        }
        _ = try holder.finish()
        let lock = try take(wait: .seconds(30))
        #expect(lock.release() == .released)
    }
}
