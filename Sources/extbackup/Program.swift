import ArgumentParser
import Drives
import ExtBackupKit
import Indicators
import LinuxSystem
import Logging
import Reporting

/// The program as it starts: everything that commands take from the world, gathered once.
struct Program {
    var context: RunContext

    /// What a command is going to do.
    enum Purpose {
        /// It looks, or speaks to the light or the mail system.
        case talk
        /// It uses the light, and leaves it in order.
        case light
        /// It opens drives for a unit: as root, in a mount namespace of its own.
        case drives
        /// As `drives`, for a person at a terminal.
        case drivesByHand
        /// It opens a drive for everybody to see, for a person at a terminal.
        case visibleDrives
    }

    /// Begins. Must be called before any thread starts: signals are blocked for all of them, and the mount
    /// namespace is that of the calling thread.
    static func start(for purpose: Purpose) throws(Failure) -> Program {
        Machine.forbidLookingInside()
        let interruption = Interruption()
        switch purpose {
        case .talk: break
        case .light:
            interruption.requestOnSignals()
        case .drives, .drivesByHand:
            try requireRoot()
            do {
                try MountNamespace.makePrivate()
            } catch {
                throw Failure(.failed, "no mount namespace of our own: \(error)")
            }
            interruption.requestOnSignals(onSignal: sayThatItEnds)
        case .visibleDrives:
            try requireRoot()
            interruption.requestOnSignals(onSignal: sayThatItEnds)
        }
        var program = Program(context: context(interruption))
        program.context.hookHost = .ofMachine()
        switch purpose {
        case .talk, .light, .drives: break
        // A terminal inside a service has that service's name for its start; it is none of ours.
        case .drivesByHand, .visibleDrives:
            program.context.invocation = nil
            if StandardStream.input.isTerminal, StandardStream.error.isTerminal {
                program.context.askForDrive = {
                    Output.say("Plug drive '\($0)' in; no backup begins by that. Ctrl-C stops waiting.")
                }
            }
        }
        return program
    }

    /// Closing a drive takes a moment, in which a person would press Ctrl-C again.
    private static func sayThatItEnds(after signal: Int32) {
        if StandardStream.error.isTerminal { Output.say("\nextbackup: ending in order …") }
    }

    /// From now on a person at the terminal sees how far each source is.
    ///
    /// - Returns: the display, to be cleared before other text.
    mutating func showProgress() -> CopyDisplay {
        let display = CopyDisplay()
        guard StandardStream.error.terminalColumns != nil else { return display }
        context.showProgress = { display.show($1, of: $0) }
        context.logger = Logger(label: "extbackup") { _ in
            TalkAboveLine(display: display, base: JournalLogHandler(destination: .standardError))
        }
        return display
    }

    /// Lets only errors be said.
    mutating func keepQuiet() -> CopyDisplay {
        context.logger.logLevel = .error
        return CopyDisplay()
    }

    private static func requireRoot() throws(Failure) {
        if effectiveUserID() == 0 { return }
        throw Failure(.failed, "this needs root", hint: "put 'sudo' in front of it")
    }

    private static func context(_ interruption: Interruption) -> RunContext {
        let invocation = Environment.value(of: "INVOCATION_ID")
        let silence = Environment.value(of: "WATCHDOG_USEC").flatMap { Int64($0) }.map {
            Duration.microseconds($0)
        }
        let destination = LogDestination.detect(journalStream: Environment.value(of: "JOURNAL_STREAM"))
        let logger = Logger(label: "extbackup") { _ in JournalLogHandler(destination: destination) }
        return RunContext(
            layout: HostLayout(),
            operations: LinuxDriveOperations(),
            lightOutput: { BlinkStick($0) },
            now: { Timestamp(seconds: UnixTime.now().seconds) },
            hostName: Machine.hostName(),
            invocation: invocation,
            credentials: Environment.value(of: "CREDENTIALS_DIRECTORY").map { FileName($0) },
            notifier: ServiceNotifier(usualSilence: silence),
            inhibitSleep: { SleepInhibitor(reason: $0) },
            journal: { invocation in
                // A mail without the journal's lines is still a mail, ignoring.
                (try? JournalReader().lastLines(ofInvocation: invocation)) ?? []
            },
            startUnit: RunContext.startWithSystemd,
            reloadUnits: RunContext.reloadSystemd,
            interruption: interruption,
            logger: logger
        )
    }

    /// The drive of that name, or the only prepared drive that is plugged in.
    func drive(named name: String?) throws(Failure) -> DriveName {
        if let name { return try DriveName(argument: name) }
        return try context.onlyPluggedDrive()
    }
}

extension DriveName {
    /// A name from the command line.
    init(argument: String) throws(Failure) {
        guard let name = DriveName(argument) else {
            throw Failure(
                .usage,
                "\(FileName(argument: argument)) cannot be a drive's name",
                hint: "use \(DriveName.rule)"
            )
        }
        self = name
    }
}
