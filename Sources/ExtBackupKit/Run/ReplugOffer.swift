import Drives
import FoundationEssentials
import LinuxSystem
import Reporting
import SystemPackage

/// What a run held and a person may approve by pulling the drive and plugging it in again. It lies in the run folder, so
/// that it ends with the boot; every run of the drive takes it away, so that it is for the next plug-in alone.
///
/// It is made only when the run ended in order and switched the drive off: from then on the kernel does not know the
/// drive any more, until its port sees something plugged in. A drive that has power comes back by itself after any
/// disturbance; one without power does so when the contact is shaken, or its hub starts anew, which cannot be told from a
/// hand.
struct ReplugOffer: Codable, Hashable, Sendable {
    /// The plug-in that the run worked on.
    var diskSequence: UInt64
    /// When it ended.
    var ended: BootTime
    /// How many deletions were told, by source.
    var deletions: [String: Int]

    /// Sooner it is no approval: a port that is switched off may bring its device back at once, the disk takes its time to
    /// spin up, and nobody has read the mail.
    static let soonest = Duration.seconds(30)
    /// Later it is no approval: drives come back every week, and mean nothing by it.
    static let latest = Duration.seconds(600)

    /// What a plug-in means.
    enum Decision: Hashable, Sendable {
        /// A person approved up to so many deletions, by source.
        case approved([String: Int])
        /// A plug-in as any other.
        case disregarded
        /// One that a person may have meant as an approval, and why it is none.
        case refused(reason: String)
    }

    /// Who started the run that comes after it.
    enum Starter: Hashable, Sendable {
        /// systemd, for the plug-in or because somebody asked it.
        case unit
        /// A person, by `extbackup run`.
        case person
    }

    /// Decides whether a run is what the offer waited for.
    ///
    /// - Parameters:
    ///   - diskSequence: of the plug-in that it works on.
    ///   - began: when it began.
    func decide(diskSequence: UInt64, began: BootTime, startedBy starter: Starter) -> Decision {
        // The same plug-in: the unit was started by hand, or a power-off that did not last.
        guard diskSequence > self.diskSequence, starter == .unit else { return .disregarded }
        guard ended.seconds >= 0, began.seconds >= ended.seconds else { return .disregarded }
        let passed = Duration.seconds(began.seconds - ended.seconds)
        if passed > Self.latest { return .disregarded }
        if began.asleepSeconds != ended.asleepSeconds {
            return .refused(reason: "the machine slept meanwhile, and wakes with all its ports")
        }
        if passed < Self.soonest {
            return .refused(
                reason: "the drive was back after \(passed.components.seconds) s, and "
                    + "\(Self.soonest.components.seconds) s is the least"
            )
        }
        return .approved(deletions)
    }
}

/// Where a drive's offer lies.
struct ReplugOfferFile {
    private let folder: FileName
    private let file: FileName

    init(of name: String, in layout: HostLayout) {
        folder = layout.runFolder
        file = FileName(name + ".replug")
    }

    /// Makes the offer.
    func write(_ offer: ReplugOffer) throws {
        let bytes = Array(try JSONEncoder().encode(offer))
        try Descriptor.makeFolder(folder, mode: 0o755).replaceFile(file, with: bytes, mode: 0o600)
    }

    /// Ends it: the next plug-in is for something else.
    func withdraw() throws(Failure) {
        do {
            _ = try take()
        } catch {
            throw Failure(
                .failed,
                "what the last run held cannot be kept from being approved by plugging the drive in: \(error)",
                hint: Failure.hint(toUse: folder)
            )
        }
    }

    /// Takes it away.
    ///
    /// - Returns: nothing when there is none, or one that cannot be understood: then deletions are held once more.
    func take() throws(SystemError) -> ReplugOffer? {
        let folder = try Descriptor.makeFolder(folder, mode: 0o755)
        // Missing and unreadable mean the same: nobody approved, ignoring.
        let bytes = try? folder.open(file, [.read, .nonBlocking]).readAll(limit: 65536)
        try folder.removeFileIfPresent(file)
        // As above, ignoring.
        return bytes.flatMap { try? JSONDecoder().decode(ReplugOffer.self, from: Data($0)) }
    }
}
