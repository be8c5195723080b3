import Drives
import Indicators
import LinuxSystem
import Logging
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

/// A machine in a folder: configuration, state, one source, and a prepared drive with the name `red`.
final class Sandbox: Sendable {
    let home: TemporaryFolder
    let log = EventLog()
    let drive: FakeDrive
    let name: DriveName
    let layout: HostLayout
    let interruption = Interruption()
    private let time = Mutex<Int64>(1_790_000_000)
    let held = Mutex<[HeldFile]>([])

    var sourcePath: FileName { home.path.appending("photos") }

    /// - Parameter driveFolder: what lies on the drive; nil for a folder in memory.
    init(driveFolder: FileName? = nil) throws {
        let home = try TemporaryFolder()
        self.home = home
        name = try #require(DriveName("red"))
        layout = HostLayout(
            configurationFolder: home.path.appending("etc"),
            stateFolder: home.path.appending("var"),
            runFolder: home.path.appending("run"),
            unitFolder: home.path.appending("units"),
            unitFile: home.path.appending("extbackup@.service")
        )
        for folder: FileName in ["etc/drives.d", "etc/keys", "var", "run", "photos", "drive"] {
            try home.makeFolder(folder)
        }
        drive = try FakeDrive(
            folder: driveFolder ?? home.path.appending("drive"),
            device: home.path.appending("device"),
            log: log
        )
        try home.write("etc/keys/red.key", "secret", mode: 0o400)
        try configure()
        try home.write("etc/drives.d/red.toml", Self.driveFile)
        try writeMarker()
    }

    static let driveFile = """
        name = "red"
        luks_uuid = "\(FakeDrive.uuid)"
        serial = "S1"
        disk = "Elements, 2.0 TB"
        key_slot = 0
        filesystem = "ext4"
        label = "red"
        prepared = 2026-11-01T10:00:00Z
        marker = "\(FakeDrive.driveID)"

        """

    /// Writes the configuration: the source `photos` with these lines more, then the rest.
    func configure(source: String = "", rest: String = "") throws {
        try home.write(
            "etc/config.toml",
            """
            [[source]]
            name = "photos"
            path = "\(String(decoding: sourcePath.bytes, as: UTF8.self))"
            \(source)
            \(rest)
            """
        )
    }

    func writeMarker(driveID: String = FakeDrive.driveID, runCounter: UInt64 = 0) throws {
        let marker = Marker(driveID: driveID, name: name, luksUUID: FakeDrive.uuid, runCounter: runCounter)
        try marker.write(to: try Descriptor.open(drive.folder, .directory))
    }

    /// - Parameter invocation: systemd's name for the start; nil for a person.
    func context(invocation: String? = "0123456789abcdef0123456789abcdef") -> RunContext {
        let log = log
        return RunContext(
            layout: layout,
            operations: drive,
            lightOutput: { _ in LoggingLight(log: log) },
            now: { [self] in
                Timestamp(
                    seconds: time.withLock {
                        $0 += 1
                        return $0
                    }
                )
            },
            hostName: "nas",
            invocation: invocation,
            credentials: nil,
            notifier: ServiceNotifier(),
            inhibitSleep: { _ in nil },
            journal: { _ in [] },
            startUnit: { unit throws(Failure) in log.add("start \(unit)") },
            reloadUnits: { () throws(Failure) in log.add("reload") },
            interruption: interruption,
            logger: Logger(label: "test") { _ in TalkHandler(log: log) }
        )
    }

    @discardableResult
    func run(
        _ mode: BackupRun.Mode = .backup,
        invocation: String? = "0123456789abcdef0123456789abcdef"
    ) throws -> RunReport {
        try BackupRun.perform(name, mode: mode, in: context(invocation: invocation))
    }

    /// A run that must go well, so that there is something on the drive. What was seen of it is forgotten.
    func runBefore(files: [FileName]) throws {
        for file in files { try home.write(FileName("photos").appending(file), "contents") }
        let report = try run(.backup, invocation: "fedcba9876543210fedcba9876543210")
        try #require(report.verdict == .succeeded, "\(report)")
        drive.state.withLock {
            $0.isPresent = true
            $0.counts = [:]
        }
    }

    /// Lets time go by; a negative time sets the clock back.
    func pass(_ duration: Duration) {
        time.withLock { $0 += duration.components.seconds }
    }

    /// The mails that wait.
    func mails() throws -> [String] {
        let outbox: FileName = "var/outbox"
        return try home.names(in: outbox).map { try home.contents(outbox.appending($0)) }
    }

    /// Subjects of the mails that wait.
    func subjects() throws -> [String] {
        try mails().map { mail in
            let line = mail.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Subject: ") }
            return line.map { String($0.dropFirst("Subject: ".count)) } ?? ""
        }
    }

    func status() throws -> DriveStatus {
        try StatusFile(directory: layout.stateFolder).read().status[drive: name.text]
    }

    /// The drive's state on the light's board.
    func light() throws -> LightState {
        try LightBoard(folder: layout.lightFolder).read().worst
    }

    /// Files of the source's copy on the drive.
    func copied() throws -> [FileName] {
        try Descriptor.open(drive.folder.appending("photos"), .directory).entryNames().sorted()
    }
}

extension Sandbox {
    /// A path below the sandbox, for texts.
    func path(_ name: String) -> String {
        String(decoding: home.path.appending(FileName(name)).bytes, as: UTF8.self)
    }

    /// Holds flock(2) on a file until the sandbox goes.
    func holdLock(_ name: FileName) throws {
        let file = HeldFile(file: try Descriptor.open(home.path.appending(name), .read))
        let isLocked = try file.file.tryLock(.exclusive)
        try #require(isLocked)
        held.withLock { $0.append(file) }
    }

    /// Without the sandbox's own path, which differs every time.
    func withoutHome(_ safety: PullSafety) -> PullSafety {
        guard case .unsafe(let reason) = safety else { return safety }
        return .unsafe(reason: reason.split(separator: path("x").dropLast(2)).joined())
    }
}

/// An open file.
final class HeldFile: Sendable {
    let file: Descriptor
    init(file: consuming Descriptor) { self.file = file }
}
