import Copying
import Drives
import LinuxSystem
import Logging
import Reporting

/// What a run knows of approval by pulling the drive and plugging it in again.
struct ReplugLedger {
    /// What the last run offered; taken when this one began.
    var offer: ReplugOffer?
    /// When this one began.
    var began: BootTime?
    /// How many deletions were approved by this plug-in, by source.
    var approved: [String: Int] = [:]
    /// The plug-in that this run works on.
    var diskSequence: UInt64?
    /// What this run held and may be approved so, by source.
    var held: [String: Int] = [:]
}

/// Approval by replugging: the offer of the last run, and the one for the next.
extension BackupRun {
    /// Takes what the last run offered: whatever comes of this run, it was for this plug-in. A preview approves nothing.
    mutating func takeReplugOffer() {
        replug.began = context.bootTime()
        do {
            let offer = try ReplugOfferFile(of: name.text, in: context.layout).take()
            switch mode {
            case .backup: replug.offer = offer
            case .preview: break
            }
        } catch {
            warn("what the last run held cannot be looked up: \(error)")
        }
    }

    /// Decides whether this plug-in of the drive approves what the last run held.
    mutating func judgeReplug(_ diskSequence: UInt64, _ configuration: Configuration) {
        replug.diskSequence = diskSequence
        guard let offer = replug.offer, let began = replug.began else { return }
        switch configuration.replugging {
        case .disregarded: return
        case .approves: break
        }
        let starter: ReplugOffer.Starter = context.invocation == nil ? .person : .unit
        switch offer.decide(diskSequence: diskSequence, began: began, startedBy: starter) {
        case .disregarded: break
        case .refused(let reason):
            warn("plugging the drive in again approved nothing: \(reason)")
        case .approved(let deletions):
            replug.approved = deletions
            context.logger.notice(
                "held deletions approved by plugging the drive in again",
                metadata: ["drive": "\(name)", "deletions": "\(deletions.values.reduce(0, +))"]
            )
        }
    }

    /// Notes what was held of a source. Where nothing of the old copy would remain, a person has to say so with
    /// `approve`: a drive is easily plugged in once more.
    mutating func noteHeld(_ planned: PlannedSource) {
        let summary = planned.plan.summary
        guard summary.sourceEntryCount > 0, summary.deletionCount < summary.destinationEntryCount else {
            return
        }
        replug.held[planned.source.name] = summary.deletionCount
    }

    /// Offers approval by replugging, when this run held something and nothing else is wrong with it.
    ///
    /// - Returns: what the report says of it.
    mutating func offerReplug(_ configuration: Configuration?, at now: Timestamp) -> ReplugApproval? {
        guard case .backup = mode, case .approves? = configuration?.replugging,
            !record.failures.isEmpty, record.failures.allSatisfy({ $0.status == .held }),
            record.safety == .safe(.poweredOff),
            let diskSequence = replug.diskSequence, !replug.held.isEmpty
        else { return nil }
        let offer = ReplugOffer(
            diskSequence: diskSequence,
            ended: context.bootTime(),
            deletions: replug.held
        )
        do {
            try ReplugOfferFile(of: name.text, in: context.layout).write(offer)
        } catch {
            warn("held deletions cannot be approved by plugging the drive in again: \(error)")
            return nil
        }
        return ReplugApproval(
            sources: replug.held.keys.sorted(),
            from: now.advanced(by: ReplugOffer.soonest),
            until: now.advanced(by: ReplugOffer.latest)
        )
    }
}
