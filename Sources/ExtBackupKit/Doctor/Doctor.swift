public import Drives
import Indicators
public import LinuxSystem
import Reporting
import SystemPackage

/// `extbackup doctor`: looks at everything that breaks such systems without a word, and says how to mend it. It changes
/// nothing, and needs no drive to be plugged in; what it can ask a plugged drive, it asks.
public struct Doctor {
    let context: RunContext
    let machine: MachinePlaces

    /// Looks at the machine of `context`.
    public init(_ context: RunContext, machine: MachinePlaces = MachinePlaces()) {
        self.context = context
        self.machine = machine
    }

    /// All findings, in the order of the checks. Blocks: header backups are read, and a light is looked for.
    public func examine() -> [Finding] {
        var findings: [Finding] = []
        let configuration = readConfiguration(&findings)
        let drives = readDrives(&findings)
        if let configuration {
            findings += checkSelections(of: drives, configuration)
            findings += configuration.sources.map(check)
        }
        for drive in drives { findings += check(drive, configuration) }
        findings += strangers(beside: drives)
        findings += checkMachine() + checkAutomounters(of: drives) + checkClock() + checkSpace()
        findings += checkLight(configuration) + checkMail(configuration)
        let order = Finding.Check.allCases
        return order.flatMap { check in findings.filter { $0.check == check } }
    }

    private func readConfiguration(_ findings: inout [Finding]) -> Configuration? {
        do {
            let configuration = try Configuration(readingFrom: context.layout.configurationFile)
            let count = configuration.sources.count
            findings.append(.fine(.configuration, nil, "\(count) source\(count == 1 ? "" : "s")"))
            return configuration
        } catch {
            findings.append(.failure(.configuration, nil, Failure(error)))
            return nil
        }
    }

    private func readDrives(_ findings: inout [Finding]) -> [DriveFile] {
        let names: [String]
        do {
            names = try DriveFile.prepared(in: context.layout.driveFolder)
        } catch {
            findings.append(.failure(.configuration, nil, Failure(error)))
            return []
        }
        if names.isEmpty {
            findings.append(
                .failure(
                    .configuration,
                    nil,
                    "no drive was prepared: nothing is backed up",
                    hint: "'extbackup prepare-disk' makes a drive",
                    status: .noDrive
                )
            )
        }
        var drives: [DriveFile] = []
        for name in names {
            do {
                drives.append(try DriveFile(named: name, in: context.layout.driveFolder))
            } catch {
                findings.append(.failure(.configuration, name, Failure(error)))
            }
        }
        return drives
    }

    /// Names of sources in the drives' files.
    private func checkSelections(of drives: [DriveFile], _ configuration: Configuration) -> [Finding] {
        drives.flatMap { drive in
            (drive.sources ?? []).filter { name in
                !configuration.sources.contains { $0.name == name }
            }
            .map {
                .failure(
                    .configuration,
                    drive.name,
                    "its file names the source \(FileName($0)), which is not configured",
                    hint: "correct 'sources' there, or add [[source]] with this name to config.toml",
                    status: .config
                )
            }
        }
    }

    private func check(_ source: SourceConfiguration) -> Finding {
        do {
            let folder = try BackupRun.openSource(source)
            _ = try folder.entryNames(limit: 100_000_000)
            return .fine(.source, source.name, "\(source.path) can be read")
        } catch let error as Failure {
            return .failure(.source, source.name, error)
        } catch {
            return .failure(
                .source,
                source.name,
                "\(source.path) cannot be read: \(error)",
                hint: "run it as root; else repair or mount it",
                status: .sourceMissing
            )
        }
    }
}

/// Where the doctor finds what is not the program's own. Tests put it into a folder.
public struct MachinePlaces: Sendable {
    /// The kernel's device-mapper.
    public var deviceMapper: FileName = "/dev/mapper/control"
    /// The socket of a running udev.
    public var udevControl: FileName = "/run/udev/control"
    /// Folders with rules of udev; the first has precedence.
    public var ruleFolders: [FileName] = ["/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d"]
    /// What the system opens by itself.
    public var cryptTable: FileName = "/etc/crypttab"
    /// What the system mounts by itself.
    public var mountTable: FileName = "/etc/fstab"
    /// Folders with units besides those of the administrator and of the package; the first has precedence.
    public var otherUnitFolders: [FileName] = ["/run/systemd/system", "/usr/local/lib/systemd/system"]
    /// The running processes.
    public var processes: FileName = "/proc"
    /// True when the clock is set by another machine; nil when nobody knows.
    public var isClockSynchronized: @Sendable () -> Bool?
    /// True when a unit of systemd is active; nil where systemd does not run the machine.
    public var isUnitActive: @Sendable (FileName) -> Bool?
    /// True when udev lets no desktop touch a device; nil when it does not say.
    public var isHiddenFromDesktops: @Sendable (BlockDevice) -> Bool?

    /// Those of an installed system.
    public init() {
        isUnitActive = Self.askSystemd
        isHiddenFromDesktops = { DriveFinder.isHiddenFromDesktops($0) }
        isClockSynchronized = { Machine.isClockSynchronized() }
    }

    private static func askSystemd(about unit: FileName) -> Bool? {
        guard HookHost.ofMachine() == .services else { return nil }
        // Without systemctl nobody knows, ignoring.
        return try? ChildProcess(["/usr/bin/systemctl", "--quiet", "is-active", unit]).run().isSuccess
    }
}
