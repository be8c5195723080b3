public import Drives
import Indicators
public import LinuxSystem
import Logging
public import Reporting

/// `extbackup mount` and `extbackup eject`: a drive that a person opens to look at it, and one that is closed and switched
/// off by hand.
public struct DriveVisit {
    private let name: DriveName
    private let context: RunContext

    /// A visit to a prepared drive.
    public init(to name: DriveName, in context: RunContext) {
        self.name = name
        self.context = context
    }

    /// Opens the drive, keeps it open until the interruption is requested, and closes it. Blocks. The run lock is held
    /// all the time: no backup begins meanwhile.
    ///
    /// - Parameters:
    ///   - directory: where it is mounted; made, for root only, when it is missing. Nil: below the run folder.
    ///   - onOpen: called with the directory once it can be looked at.
    /// - Returns: whether the drive may be pulled.
    public func look(
        for access: DriveAccess,
        at directory: FileName?,
        onOpen: (FileName) -> Void
    ) throws(Failure) -> PullSafety {
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        let drive = try EnrolledDrive(name, in: context)
        let key = try drive.key()
        let place = directory ?? context.layout.runFolder.appending(FileName("look-\(name)"))
        try closeLeftovers()
        _ = try drive.pluggedDevice()
        var light = DriveLight(of: drive.identity, in: context)
        light.showWork()
        do {
            let locked = try LockedDrive.claim(drive.identity, operations: context.operations)
            let mounted = try locked.unlock(key: key, for: access).mount(at: place)
            onOpen(place)
            while !context.interruption.isRequested, mounted.isPresent {
                Thread.sleep(for: .milliseconds(200))
            }
            let released = try mounted.unmount().lock().release(.leave)
            light.giveBack(released)
            let safety = PullSafety.safe(RestState(released.power))
            takeBackWarning(now: safety)
            withExtendedLifetime(lock) {}
            return safety
        } catch {
            light.fail(error)
            throw Failure(error, unlessStoppedBy: context.interruption)
        }
    }

    private func closeLeftovers() throws(Failure) {
        do {
            let left = try DriveLeftovers.close(driveName: name, operations: context.operations)
            guard let first = left.first else { return }
            throw Failure(
                .notClosed,
                "drive '\(name)' is open: \(first)",
                hint: "end what holds it, then run 'extbackup cleanup \(name)'"
            )
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(.failed, "what is open of drive '\(name)' cannot be found out: \(error)")
        }
    }

    /// Closes whatever is open of the drive and switches it off, as far as the configuration does not say otherwise.
    ///
    /// - Throws: `notClosed` when something is still open, `noDrive` when it is not plugged in, `locked` while a run works
    ///   on it.
    public func eject() throws(Failure) -> PullSafety {
        let lock = try RunLock.take(of: name, for: .byHand, in: context)
        let identity = try DriveFile.prepared(name, in: context.layout).identity()
        // A configuration that is broken must not keep the drive from being pulled, ignoring.
        let configuration = try? Configuration(readingFrom: context.layout.configurationFile)
        let ending = (configuration?.drive ?? .standard).ending
        var light = DriveLight(of: identity, in: context)
        let outcome = DriveLeftovers.settle(
            identity,
            power: PowerRequest(ending),
            operations: context.operations
        ) { light.giveBack($0) }
        switch outcome {
        case .released(let power, _): takeBackWarning(now: .safe(RestState(power)))
        case .absent:
            light.forgetUse()
            takeBackWarning(now: .gone)
        case .open, .doubtful: light.fail(.doNotPull)
        }
        withExtendedLifetime(lock) {}
        return try result(of: outcome)
    }

    /// The last run may have told that the drive must not be pulled; that is over.
    private func takeBackWarning(now safety: PullSafety) {
        do {
            try StatusFile(directory: context.layout.stateFolder).update {
                if case .unsafe? = $0[drive: name.text].lastReport?.safety {
                    $0[drive: name.text].lastReport?.safety = safety
                }
            }
        } catch {
            context.logger.warning("\(error.message)", metadata: ["drive": "\(name)"])
        }
    }

    private func result(of outcome: DriveLeftovers.Outcome) throws(Failure) -> PullSafety {
        switch outcome {
        case .released(let power, let warnings):
            for warning in warnings {
                context.logger.warning("\(warning)", metadata: ["drive": "\(name)"])
            }
            return .safe(RestState(power))
        case .absent:
            throw Failure(
                .noDrive,
                "drive '\(name)' is not plugged in",
                hint: "'extbackup status' tells where things stand"
            )
        case .open(let leftovers):
            let reason = leftovers.map(\.description).joined(separator: "; ")
            throw Failure(
                .notClosed,
                "drive '\(name)' is not closed, do not pull it: \(reason)",
                hint: "end what holds it, then run 'extbackup eject \(name)' again"
            )
        case .doubtful(let error):
            throw Failure(error)
        }
    }
}
