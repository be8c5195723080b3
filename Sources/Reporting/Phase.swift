/// The step a run is in, or in which it ended.
public enum Phase: String, Codable, CaseIterable, Sendable {
    /// Reading the configuration, taking the run lock.
    case starting
    /// Resolving the drive and pinning it.
    case finding
    /// Opening LUKS.
    case unlocking
    /// Checking the file system and mounting it.
    case mounting
    /// Reading the drive's marker and its run counter.
    case checking
    /// Taking the locks of drive and sources.
    case locking
    /// Running commands of a person's own, before or after.
    case hooks
    /// Scanning the sources and planning the changes.
    case scanning
    /// Copying, and removing what is gone.
    case copying
    /// Comparing contents with the manifest.
    case verifying
    /// Waiting until all is on the drive.
    case syncing
    /// Unmounting, closing LUKS, stopping the drive.
    case closing
    /// Telling about it.
    case reporting

    /// For a sentence: `while …`.
    public var activity: String {
        switch self {
        case .starting: "starting"
        case .finding: "looking for the drive"
        case .unlocking: "unlocking"
        case .mounting: "mounting"
        case .checking: "checking the drive"
        case .locking: "waiting for locks"
        case .hooks: "running hooks"
        case .scanning: "scanning the sources"
        case .copying: "copying"
        case .verifying: "verifying"
        case .syncing: "writing the last data"
        case .closing: "closing the drive"
        case .reporting: "reporting"
        }
    }
}
