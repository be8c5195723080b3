public import Copying
public import Drives
public import Indicators
public import LinuxSystem
public import Logging
public import Reporting
internal import SystemPackage

/// What a run takes from the world around it: where things lie, and the seams for tests.
public struct RunContext: Sendable {
    /// Configuration, state and run folders.
    public var layout: HostLayout
    /// What touches drives.
    public var operations: any DriveOperations
    /// Makes what shows a color.
    public var lightOutput: @Sendable (LightSettings) -> any LightOutput
    /// The time.
    public var now: @Sendable () -> Timestamp
    /// This machine's name.
    public var hostName: String
    /// systemd's name for this start of the service; nil by hand.
    public var invocation: String?
    /// The folder with the drive's key as a credential; nil by hand, when the key file itself is read.
    public var credentials: FileName?
    /// What systemd is told.
    public var notifier: ServiceNotifier
    /// Keeps the machine from sleeping while what it gives lives.
    public var inhibitSleep: @Sendable (String) -> SleepInhibitor?
    /// The last lines that an invocation wrote to the journal.
    public var journal: @Sendable (String) -> [JournalLine]
    /// Starts a unit without waiting for it.
    public var startUnit: @Sendable (FileName) throws(Failure) -> Void
    /// Lets systemd read units and links anew.
    public var reloadUnits: @Sendable () throws(Failure) -> Void
    /// Asks the run to stop.
    public var interruption: Interruption
    /// Where talk goes.
    public var logger: Logger
    /// Where hooks run.
    public var hookHost = HookHost.children
    /// Asks a person to plug a drive in; nil where nobody is there.
    public var askForDrive: (@Sendable (DriveName) -> Void)?
    /// Shows a person how far a source, by its name, is; called a few times a second.
    public var showProgress: @Sendable (String, CopyProgress) -> Void = { _, _ in }
    /// A moment as the clocks here show it.
    public var localTime: @Sendable (Timestamp) -> LocalTime = { LocalTime($0) }
    /// The time since the machine started, which nobody sets.
    public var bootTime: @Sendable () -> BootTime = { BootTime.now() }

    /// Joins the parts; see `live` for the real ones.
    public init(
        layout: HostLayout,
        operations: any DriveOperations,
        lightOutput: @escaping @Sendable (LightSettings) -> any LightOutput,
        now: @escaping @Sendable () -> Timestamp,
        hostName: String,
        invocation: String?,
        credentials: FileName?,
        notifier: ServiceNotifier,
        inhibitSleep: @escaping @Sendable (String) -> SleepInhibitor?,
        journal: @escaping @Sendable (String) -> [JournalLine],
        startUnit: @escaping @Sendable (FileName) throws(Failure) -> Void,
        reloadUnits: @escaping @Sendable () throws(Failure) -> Void,
        interruption: Interruption,
        logger: Logger
    ) {
        self.layout = layout
        self.operations = operations
        self.lightOutput = lightOutput
        self.now = now
        self.hostName = hostName
        self.invocation = invocation
        self.credentials = credentials
        self.notifier = notifier
        self.inhibitSleep = inhibitSleep
        self.journal = journal
        self.startUnit = startUnit
        self.reloadUnits = reloadUnits
        self.interruption = interruption
        self.logger = logger
    }
}

extension RunContext {
    /// What folders with keys in them are, as far as they are there: that of the keys, and the one in which systemd gives us
    /// ours.
    func keyFolders() throws(SystemError) -> [EntryStatus] {
        var found: [EntryStatus] = []
        for path in [layout.keyFolder, credentials].compactMap(\.self) {
            do {
                found.append(try Descriptor.open(path, [.directory, .followLink]).status())
            } catch {
                if error.errno != .noSuchFileOrDirectory { throw error }
            }
        }
        return found
    }
}

extension HostLayout {
    var outboxFolder: FileName { stateFolder.appending("outbox") }
    var approvalFolder: FileName { stateFolder.appending("approvals") }
    var catalogueFolder: FileName { stateFolder.appending("catalogue") }
    var lightFolder: FileName { runFolder.appending("light") }
    var configurationFile: FileName { configurationFolder.appending("config.toml") }
    func mountPoint(of name: DriveName) -> FileName { runFolder.appending(FileName("mnt-" + name.text)) }

    /// A folder with nothing in it, to plan a first copy against; made when it is missing.
    func emptyFolder() throws(SystemError) -> Descriptor {
        try Descriptor.makeFolder(runFolder, mode: 0o755).makeDirectory("empty", mode: 0o700)
    }
}
