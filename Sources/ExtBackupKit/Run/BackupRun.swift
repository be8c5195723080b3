import Copying
public import Drives
import Indicators
import LinuxSystem
import Logging
public import Reporting
import SystemPackage

/// One backup to one drive, from the plug to the report.
///
/// Whatever happens ends in a report: steps record what failed and go on to closing. The order of opening and
/// closing is that of the `~Copyable` values in `Drives`, so that the light's green needs a drive that went
/// through all of it.
public struct BackupRun {
    let context: RunContext
    let name: DriveName
    let mode: Mode
    var record: RunRecord
    var indicator: Indicator?
    /// What the drive said of its last change before it was checked and mounted.
    var sealBefore: Seal?
    /// What is known of the drive; nil when the run goes without.
    var catalogue: Catalogue?
    /// The catalogue and the drive's copy of it are what the drive holds.
    var isPublished = false
    /// Which of the planned sources is at hand, from 1, and how many they are.
    var position = (number: 0, count: 0)
    /// What was offered and approved by plugging the drive in again.
    var replug = ReplugLedger()
    /// What hooks are still to come.
    var hooks = HookLedger()
    /// What the light said of this drive before.
    private var lightBefore = LightState.off

    /// What a run is for.
    public enum Mode: Sendable {
        /// Copies, and switches the drive off as configured.
        case backup
        /// Tells what a backup would do, and leaves the drive plugged in and closed.
        case preview(@Sendable (PreviewLine) -> Void)

        /// What the drive is opened for.
        var access: DriveAccess {
            switch self {
            case .backup: .writing
            case .preview: .looking
            }
        }
    }

    /// Runs a backup to the drive `name`. Blocks until all is over.
    ///
    /// - Throws: only when there is no run to report on: another one works on this drive, or a person named a drive
    ///   that was never prepared.
    public static func perform(_ name: DriveName, mode: Mode, in context: RunContext) throws(Failure)
        -> RunReport
    {
        if context.invocation == nil { _ = try DriveFile.prepared(name, in: context.layout) }
        let lock: RunLock
        do {
            lock = try RunLock.take(of: name, for: .run, in: context)
        } catch {
            // This was the plug-in that the last run's offer was for.
            if error.status == .locked { try ReplugOfferFile(of: name.text, in: context.layout).withdraw() }
            throw error
        }
        var run = BackupRun(
            context: context,
            name: name,
            mode: mode,
            record: RunRecord(started: context.now(), driveName: name.text),
            indicator: nil
        )
        let report = run.perform()
        withExtendedLifetime(lock) {}
        return report
    }

    private mutating func perform() -> RunReport {
        takeReplugOffer()
        let (drive, configuration) = readFiles()
        guard let drive, let configuration else {
            startLight(configuration.map(\.light) ?? .standard, saying: .failed(.safeToPull))
            return end(configuration: configuration)
        }
        startLight(configuration.light, saying: .working)
        context.notifier.ready()
        begin(drive)
        if let inhibitor = context.inhibitSleep("backing up to drive '\(name)'") {
            if let warning = inhibitor.warning { warn(warning) }
            workOnDrive(drive, configuration)
            withExtendedLifetime(inhibitor) {}
        } else {
            workOnDrive(drive, configuration)
        }
        return end(configuration: configuration)
    }

    /// The drive's file and the configuration; nil for one that is wrong.
    private mutating func readFiles() -> (DriveFile?, Configuration?) {
        var drive: DriveFile?
        var configuration: Configuration?
        do throws(Failure) {
            let file = try DriveFile.prepared(name, in: context.layout)
            drive = file
            record.luksUUID = file.luksUUID
            record.serial = file.serial
            notePlugIns(of: file)
        } catch {
            record.fail(error)
        }
        do throws(ConfigurationError) {
            configuration = try Configuration(readingFrom: context.layout.configurationFile)
        } catch {
            record.fail(Failure(error))
        }
        return (drive, configuration)
    }

    private mutating func startLight(_ light: LightConfiguration?, saying notice: LightNotice) {
        guard let light else { return }
        let job = FileName(name.text)
        lightBefore = LightBoard(folder: context.layout.lightFolder).state(of: job)
        do {
            indicator = Indicator(try LightSettings(light), in: context, saying: notice, job: job)
        } catch {
            warn("the light: \(error)")
        }
    }

    private mutating func begin(_ drive: DriveFile) {
        guard case .backup = mode else { return }
        context.logger.notice("backup begins", metadata: ["drive": "\(name)"])
        let state = RunningState(
            invocation: context.invocation,
            pid: Machine.processID,
            started: record.started
        )
        do {
            var earlier: RunningState?
            try StatusFile(directory: context.layout.stateFolder).update {
                earlier = $0[drive: name.text].running
                $0[drive: name.text].begin(state)
            }
            // We hold the run lock, so it does not run any more.
            if let earlier {
                warn("the run that began at \(earlier.started) ended without a word, as after a power cut")
            }
        } catch {
            warn(error.message)
        }
    }

    /// Opens the drive, fills it, closes it. The key is read first: whatever is wrong with it is known before
    /// anything is open.
    private mutating func workOnDrive(_ drive: DriveFile, _ configuration: Configuration) {
        let identity: DriveIdentity
        do {
            identity = try drive.identity()
        } catch {
            return failUnopened(error)
        }
        guard let key = readKey() else { return }
        closeLeftovers()
        // Where the drive was closed in order, this was done already, before the light said so.
        defer { endRun() }
        do {
            enter(.finding)
            let locked = try LockedDrive.claim(identity, operations: context.operations)
            record.serial = locked.device.serial
            notePlug(locked.device.diskSequence)
            judgeReplug(locked.device.diskSequence, configuration)
            guard beginRun(configuration.hooks) else { return }
            enter(.unlocking)
            let unlocked = try locked.unlock(key: key, for: mode.access)
            // The check may write.
            sealBefore = readSeal(of: unlocked)
            enter(.mounting)
            // A full check of a large file system takes hours and shows no progress.
            context.notifier.allowSilence(for: .seconds(24 * 3600))
            let mounted = try unlocked.mount(at: context.layout.mountPoint(of: name))
            context.notifier.allowSilence(for: nil)
            defer { context.notifier.allowSilence(for: nil) }
            if case .repaired(let words) = mounted.fileSystemState {
                warn("the file system was repaired: \(words)")
            }
            fill(mounted, drive, configuration)
            enter(.closing)
            // What is still in memory has to reach a slow disk; the kernel shows no progress of it.
            context.notifier.allowSilence(for: .seconds(2 * 3600))
            try close(mounted, configuration)
        } catch {
            record.fail(Failure(error, unlessStoppedBy: context.interruption))
            record.safety = Self.safety(after: error)
            indicator?.show(.failed(error.isClosed ? .safeToPull : .doNotPull), job: FileName(name.text))
        }
    }

    /// A failure while nothing of the drive is open yet.
    private mutating func failUnopened(_ failure: Failure) {
        record.fail(failure)
        indicator?.show(.failed(.safeToPull), job: FileName(name.text))
    }

    /// Whatever comes of this run, it is the one for every plug-in so far; else the clean-up would start one that
    /// fails in the same way, again and again.
    private mutating func notePlugIns(of drive: DriveFile) {
        // Drives that cannot be looked for are told by the step that looks for this one, ignoring.
        let devices = (try? context.operations.candidates(luksUUID: drive.luksUUID)) ?? []
        if let latest = devices.map(\.diskSequence).max() { notePlug(latest) }
    }

    private mutating func notePlug(_ diskSequence: UInt64) {
        guard case .backup = mode else { return }
        do {
            try PlugRecord(of: name, in: context.layout).note(diskSequence: diskSequence)
        } catch {
            warn("this plug-in cannot be noted: \(error)")
        }
    }

    /// The key comes as a credential when systemd started us, else from its file.
    private mutating func readKey() -> SecretBytes? {
        let path = context.credentials?.appending("key") ?? context.layout.keyFile(of: name)
        do {
            let file = try Descriptor.open(path, [.read, .nonBlocking])
            if context.credentials == nil, try file.nodeStatus().isOpenToOthers {
                failUnopened(
                    Failure(
                        .unlockFailed,
                        "the key \(path) can be read by others than root",
                        hint: "run: chown root: \(path); chmod 0400 \(path)"
                    )
                )
                return nil
            }
            return try SecretBytes(readingFrom: file)
        } catch {
            if context.credentials == nil {
                failUnopened(Failure(DriveRecords.KeyFault(error), of: name, in: context.layout))
                return nil
            }
            failUnopened(
                Failure(
                    .unlockFailed,
                    "the key of drive '\(name)' cannot be read: \(error)",
                    hint: "put \(context.layout.keyFile(of: name)) back from your backup"
                )
            )
            return nil
        }
    }

    /// What a killed run left open would make the drive busy.
    private mutating func closeLeftovers() {
        do {
            let left = try DriveLeftovers.close(driveName: name, operations: context.operations)
            for leftover in left { warn("left by an earlier run: \(leftover)") }
        } catch {
            warn("what an earlier run left open cannot be found out: \(error)")
        }
    }

    /// Syncs, unmounts, closes LUKS, flushes and releases; then the light says what came of the run.
    private mutating func close(_ mounted: consuming MountedVolume, _ configuration: Configuration)
        throws(DriveError)
    {
        context.notifier.extendTimeout(.seconds(2 * 3600))
        guard mounted.isPresent else {
            let left = mounted.abandon().leftOpen
            throw DriveError(drive: name, reason: .gone(during: .unmount), leftOpen: left)
        }
        let power: PowerRequest =
            switch mode {
            case .backup: PowerRequest(configuration.drive.ending)
            case .preview: .leave
            }
        let unlocked = try mounted.unmount()
        let seal = isPublished ? readSeal(of: unlocked) : nil
        let released = try unlocked.lock().release(power)
        store(seal)
        for warning in released.warnings { warn(warning.description) }
        record.safety = .safe(RestState(released.power))
        endRun()
        let job = FileName(name.text)
        // A preview leaves the light as it found it: what the last run said is true again.
        if case .preview = mode {
            indicator?.show(lightBefore, again: released, job: job)
            return
        }
        switch Verdict(record.status) {
        case .succeeded: indicator?.show(safeToUnplug: released, job: job)
        case .held, .partial, .skipped: indicator?.show(.held, safeToUnplug: released, job: job)
        case .failed, .interrupted: indicator?.show(.failed, safeToUnplug: released, job: job)
        }
    }

    private static func safety(after error: DriveError) -> PullSafety {
        if !error.isClosed {
            return .unsafe(reason: error.leftOpen.map(\.description).joined(separator: "; "))
        }
        switch error.reason {
        case .gone, .absent: return .gone
        case .ambiguous, .wrongSerial, .suspiciousInterfaces, .inUse, .wrongKey, .unlockRefused,
            .damagedFileSystem, .mountRefused, .syncFailed, .notClosed, .searchFailed:
            return .safe(.closed)
        }
    }
}
