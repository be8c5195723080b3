import Drives
import LinuxSystem

/// Where hooks run.
public enum HookHost: Hashable, Sendable {
    /// Here, as our children: under the rules of our service, if we are one.
    case children
    /// As services of their own, started by systemd outside of those rules, which would let a hook write nothing and
    /// become nobody else.
    case services

    /// Services where systemd runs the machine (sd_booted(3)).
    public static func ofMachine() -> HookHost {
        // Not to be opened is not to be there, ignoring.
        (try? Descriptor.open("/run/systemd/system", .directory)) == nil ? .children : .services
    }

    /// What a hook is given that has to stop, until it is killed.
    private static let grace = Duration.seconds(10)

    /// How one call of a hook is started, and how it is stopped.
    struct Launch {
        var process: ChildProcess
        /// When it has to stop and does not, it is killed after this time.
        var grace = HookHost.grace
        /// What makes it stop; nil for a signal.
        var stopping: ChildProcess?
    }

    /// - Parameter number: tells the calls of one run apart.
    func launch(_ call: HookCall, number: Int, runFolder: FileName) -> Launch {
        switch self {
        case .children:
            // As for lock programs: under the service's rules /tmp cannot be written, the run folder can.
            let folder = FileName(bytes: Array("TMPDIR=".utf8) + runFolder.bytes)
            return Launch(
                process: ChildProcess(
                    call.command,
                    environment: call.environment + [folder],
                    timeout: call.timeout
                )
            )
        case .services:
            let unit = Self.prefix(of: call.drive) + "\(Machine.processID)-\(number).service"
            return Launch(
                process: ChildProcess(Self.service(unit, for: call), timeout: call.timeout),
                // systemd kills first, and tells.
                grace: Self.grace + .seconds(5),
                stopping: ChildProcess(
                    ["/usr/bin/systemctl", "--no-block", "stop", FileName(unit)],
                    timeout: .seconds(20)
                )
            )
        }
    }

    /// Ends what a run that was killed left running of its hooks. Blocks.
    func endLeftovers(of drive: DriveName) throws(SystemError) {
        switch self {
        case .children: return
        case .services:
            let units = FileName(Self.prefix(of: drive) + "*.service")
            _ = try ChildProcess(["/usr/bin/systemctl", "stop", units]).run()
        }
    }

    /// A drive's name holds no colon, so that no drive's prefix begins another's.
    private static func prefix(of drive: DriveName) -> String { "extbackup-hook:\(drive):" }

    /// systemd-run(1): our output is the service's, and its exit status becomes that of the command.
    private static func service(_ unit: String, for call: HookCall) -> [FileName] {
        var words: [FileName] = [
            "/usr/bin/systemd-run", "--quiet", "--collect", "--wait", "--pipe", FileName("--unit=" + unit),
            // Else an end by SIGTERM were a good one.
            "--service-type=oneshot",
            FileName("--description=extbackup: \(call.subject), drive \(call.drive)"),
            // When the machine goes down, the run ends first, in order, and its hooks with it.
            "--property=DefaultDependencies=no",
            FileName("--property=TimeoutStopSec=\(grace.components.seconds)"),
            // For the case that nobody is left to stop it.
            FileName("--property=TimeoutStartSec=\((call.timeout + .seconds(60)).components.seconds)"),
        ]
        for variable in call.environment {
            words.append(FileName(bytes: Array("--setenv=".utf8) + variable.bytes))
        }
        words.append("--")
        for (index, word) in call.command.enumerated() {
            // In arguments systemd puts variables in for $NAME, and a dollar for two of them.
            let dollar = UInt8(ascii: "$")
            words.append(
                index == 0 ? word : FileName(bytes: word.bytes.flatMap { $0 == dollar ? [$0, $0] : [$0] })
            )
        }
        return words
    }
}
