public import Copying
public import Indicators
public import LinuxSystem
public import Reporting

/// What a person decided: `/etc/extbackup/config.toml`. The program reads it and never writes it.
///
/// Every mistake in it is a `ConfigurationError` with its place; unknown keys are mistakes too, since a key
/// that does nothing is worse than one that is refused.
public struct Configuration: Sendable {
    /// What is copied, in the order of the file. At least one, each with a name of its own.
    public var sources: [SourceConfiguration]
    /// What is run around the run as a whole.
    public var hooks: Hooks
    /// When deletions are held.
    public var deletionLimit: DeletionLimit
    /// What plugging a drive in again means for deletions that were held.
    public var replugging: Replugging
    /// The light; nil when it is switched off.
    public var light: LightConfiguration?
    /// Who gets mail, and when.
    public var mail: MailConfiguration
    /// What holds for every drive: when it is due, and what happens to it in the end.
    public var drive: DriveConfiguration
}

/// A folder that is copied to the drive.
public struct SourceConfiguration: Hashable, Sendable {
    /// Its folder on the drive, `/NAME`.
    public var name: String
    /// Where it is on this machine; absolute.
    public var path: FileName
    /// True when the path must be a mounted file system.
    public var requiresMount: Bool
    /// True when file systems mounted below are left out.
    public var staysOnFileSystem: Bool
    /// Patterns with rsync's meaning, in order: those of `exclude`, then those of the file `exclude_from`.
    public var excludes: [FileName]
    /// Whether `.extbackupignore` in its folders is obeyed.
    public var ignoreFiles = EntrySelection.IgnoreFiles.disregarded
    /// What becomes of caches that are tagged with `CACHEDIR.TAG`.
    public var taggedCaches = EntrySelection.TaggedCaches.carried
    /// Files of which sizes are copied.
    public var sizes = SizeLimits.any
    /// What keeps others from changing it meanwhile.
    public var lock: SourceLock?
    /// What is run around its copy.
    public var hooks = Hooks.none
}

/// A lock on a source, held for as long as it is copied.
public struct SourceLock: Hashable, Sendable {
    /// How it is taken.
    public enum Kind: Hashable, Sendable {
        /// flock(2) on a file.
        case flock(path: FileName)
        /// borg's own lock of the repository that the source is.
        case borg
        /// A program that prints a line when it has the lock, and gives it back when its input closes.
        case command([FileName])
    }

    /// How it is taken.
    public var kind: Kind
    /// How long to wait for it.
    public var wait: Duration
}

/// More deletions than this are held until a person approves.
///
/// Either number is enough to hold them, and so is that nothing of the old copy would remain (unless the limit is
/// 100 percent). A handful of files is a large part of a small tree, so up to `alwaysAllowed` deletions pass as long
/// as they are not more than half of it.
public struct DeletionLimit: Hashable, Sendable {
    /// Number of files and folders.
    public var files: Int
    /// Percent of what is on the drive for this source.
    public var percent: Int

    /// What holds without a configuration.
    static let standard = DeletionLimit(files: 1000, percent: 20)

    /// So few deletions pass when they are at most half of the tree.
    public static let alwaysAllowed = 10

    /// True when deleting `count` of `total` entries needs a person.
    public func isExceeded(deleting count: Int, of total: Int) -> Bool {
        if count > files { return true }
        if percent == 100 { return false }
        if count > 0 && count >= total { return true }
        if count <= Self.alwaysAllowed && count * 2 <= total { return false }
        return Double(count) * 100 > Double(total) * Double(percent)
    }
}

/// What it means that a drive is pulled and plugged in again soon after a run that held deletions.
public enum Replugging: Hashable, Sendable {
    /// A person approved them.
    case approves
    /// Nothing.
    case disregarded
}

/// The light: which LED, how bright, which colors.
public struct LightConfiguration: Hashable, Sendable {
    /// The stick's serial number; nil takes the first stick.
    public var serial: String?
    /// Number of the LED on the stick, from 0.
    public var index: Int
    /// Percent.
    public var brightness: Int
    /// Colors that are not the standard ones.
    public var colors: [LightRole: RGB]
}

/// Mail: to whom, and when.
public struct MailConfiguration: Hashable, Sendable {
    /// Addresses or local users. Empty: no mail.
    public var recipients: [String]
    /// When.
    public var policy: MailPolicy
    /// The program that takes the mail.
    public var sendmail: FileName
}

/// What holds for every drive.
public struct DriveConfiguration: Hashable, Sendable {
    /// How far the drive is switched off after it was closed.
    public enum Ending: String, CaseIterable, Sendable {
        /// Its USB port is switched off, as a desktop's "eject" does.
        case powerOff = "power-off"
        /// It spins down and stays visible.
        case stop
        /// It is only closed.
        case leave
    }

    /// How far the drive is switched off.
    public var ending: Ending
    /// So long after its last good backup a drive is due.
    public var dueAfter: Duration

    /// What holds without a configuration.
    static let standard = DriveConfiguration(ending: .powerOff, dueAfter: .seconds(30 * 86400))

    /// `dueAfter` as the configuration has it.
    var dueAfterText: String { "\(dueAfter.components.seconds / 86400)d" }
}
