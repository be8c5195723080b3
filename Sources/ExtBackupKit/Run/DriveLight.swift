import Drives
import Indicators
import LinuxSystem

/// The light of one drive while a person has something done with it. Made and used under the run lock; after `giveBack`,
/// `fail` or `forgetUse` it is over.
struct DriveLight {
    private let identity: DriveIdentity
    private let context: RunContext
    /// What the light said of the drive before.
    private let before: LightState
    /// Nil until there is something to say, and where the light is switched off.
    private var indicator: Indicator?

    private var job: FileName { FileName(identity.name.text) }

    /// For a drive of which nothing is said yet.
    init(of identity: DriveIdentity, in context: RunContext) {
        self.identity = identity
        self.context = context
        before = LightBoard(folder: context.layout.lightFolder).state(of: FileName(identity.name.text))
    }

    /// From now on the drive is in use.
    mutating func showWork() { show(.working) }

    /// The drive was released: what the light said before is true again.
    mutating func giveBack(_ released: borrowing ReleasedDrive) {
        guard let indicator = started() else { return }
        indicator.show(before, again: released, job: job)
        indicator.stop()
    }

    /// Nothing of the drive is open: it proves that and is released, and what the light said before is true again.
    mutating func giveBack() {
        do {
            waitForDrive()
            giveBack(try LockedDrive.claim(identity, operations: context.operations).release(.leave))
        } catch {
            if case .absent = error.reason { sayAgain() } else { fail(error) }
        }
    }

    /// The drive is not found, and nothing of it was opened: what was said before, without what needs a proof.
    private mutating func sayAgain() {
        switch before {
        case .held: show(.held)
        case .failedSafe: show(.failed(.safeToPull))
        case .failedUnsafe: show(.failed(.doNotPull))
        case .due: show(.due)
        case .off, .working, .verifying, .safe, .unknownDrive: show(.off)
        }
        indicator?.stop()
    }

    /// The drive may have been left as it must not be.
    mutating func fail(_ error: DriveError) { fail(error.isClosed ? .safeToPull : .doNotPull) }

    /// The same, when no more is known.
    mutating func fail(_ safety: FailureSafety) {
        show(.failed(safety))
        indicator?.stop()
    }

    /// The drive is away and nothing of it is open: that it was in use is over, and all else stays as it was said.
    mutating func forgetUse() {
        switch before {
        case .working, .verifying:
            show(.off)
            indicator?.stop()
        case .failedUnsafe: fail(.safeToPull)
        case .off, .safe, .unknownDrive, .due, .held, .failedSafe: break
        }
    }

    /// No drive has the name any more: what was said of it is over, unless it must not be pulled yet.
    mutating func forgetName() {
        switch before {
        case .off, .failedUnsafe: break
        case .working, .verifying, .safe, .unknownDrive, .due, .held, .failedSafe:
            show(.off)
            indicator?.stop()
        }
    }

    private mutating func show(_ notice: LightNotice) {
        if let indicator { return indicator.show(notice, job: job) }
        guard let settings = LightCommands(context).settingsForRuns() else { return }
        indicator = Indicator(settings, in: context, saying: notice, job: job)
    }

    private mutating func started() -> Indicator? {
        if indicator == nil {
            indicator = LightCommands(context).settingsForRuns().map { Indicator($0, in: context) }
        }
        return indicator
    }

    /// udev knows a header that was just written a moment later.
    private func waitForDrive() {
        for _ in 0..<20 {
            // Whoever needs the drive tells why it cannot be looked for, ignoring.
            let devices = try? context.operations.candidates(luksUUID: identity.luksUUID)
            if devices?.isEmpty == false { return }
            context.operations.pause(.milliseconds(250))
        }
    }
}

extension LightBoard {
    /// What a job says. A board that cannot be read is told by the indicator.
    func state(of job: FileName) -> LightState {
        // As said, ignoring.
        let entries = (try? read().entries) ?? []
        return entries.first { $0.job == job }?.state ?? .off
    }
}

extension Indicator {
    /// Says again what the light said of a drive before it was used and released again.
    func show(_ before: LightState, again released: borrowing ReleasedDrive, job: FileName) {
        switch before {
        case .safe: show(safeToUnplug: released, job: job)
        case .held: show(.held, safeToUnplug: released, job: job)
        case .failedSafe, .failedUnsafe: show(.failed, safeToUnplug: released, job: job)
        case .due: show(.due, job: job)
        case .off, .working, .verifying, .unknownDrive: show(.off, job: job)
        }
    }
}
