import Drives
import LinuxSystem
import Reporting

/// How a drive stands at this moment.
///
/// The status file has what runs wrote down, and that need not hold any more: there a run that was cut off goes on for
/// ever, and of a command that has the drive open nothing is said. The run lock knows better, and so does the kernel.
struct DriveSituation {
    /// What the status file says, as far as it still holds: a run only when it goes on, and what the last report says of
    /// pulling the drive only when that is so.
    private(set) var status: DriveStatus
    /// The run that was cut off, as by a power cut, if nothing came after it.
    private(set) var cutOffRun: RunningState?
    /// True while a run or a command works on the drive; nil when that cannot be found out.
    let isInUse: Bool?
    /// Whether the drive may be pulled; nil when no run told.
    private(set) var safety: PullSafety?

    fileprivate init(_ name: String, _ kept: DriveStatus, in context: RunContext) {
        status = kept
        let safetyInUse: PullSafety?
        do throws(SystemError) {
            let isHeld = try RunLock.isHeld(of: name, in: context.layout)
            isInUse = isHeld
            if let running = kept.running, !isHeld || !Machine.isRunning(running.pid) {
                status.running = nil
                cutOffRun = running
            }
            let use = status.running == nil ? "it is in use by a command" : "a backup works on it"
            safetyInUse = isHeld ? .unsafe(reason: use) : nil
        } catch {
            isInUse = nil
            safetyInUse = .unsafe(reason: "whether something works on it cannot be found out: \(error)")
        }
        safety = safetyInUse ?? safetyAtRest(name, in: context)
        // As the clean-up corrects it.
        if let safety { status.lastReport?.safety = safety }
    }

    /// What the last run told, if nothing was opened since, or left open.
    private func safetyAtRest(_ name: String, in context: RunContext) -> PullSafety? {
        let told = cutOffRun == nil ? status.lastReport?.safety : .safe(.closed)
        guard let told else { return nil }
        switch told {
        case .unsafe: return told
        case .safe, .gone: return context.safety(of: name, whenClosed: told)
        }
    }
}

extension RunContext {
    /// How a drive stands, of which the status file says `kept`.
    func situation(of name: String, _ kept: DriveStatus) -> DriveSituation {
        let situation = DriveSituation(name, kept, in: self)
        // The run may have come to its end between the two looks. What cannot be read now was read before, ignoring.
        guard situation.cutOffRun != nil, let again = try? statusOfDrives().status[drive: name], again != kept
        else { return situation }
        return DriveSituation(name, again, in: self)
    }

    /// Whether a drive may be pulled on which nothing works, from what the kernel says alone.
    ///
    /// - Parameter whenClosed: the answer where nothing of it is open.
    func safety(of name: String, whenClosed: PullSafety) -> PullSafety {
        // What has no drive's name was never opened.
        guard let drive = DriveName(name) else { return whenClosed }
        do {
            let isOpen = try DriveLeftovers.exist(driveName: drive, operations: operations)
            return isOpen ? .unsafe(reason: "its encryption is still open") : whenClosed
        } catch {
            return .unsafe(reason: "what is open cannot be found out: \(error)")
        }
    }
}
