public import Drives
import LinuxSystem
import Reporting
import SystemPackage

/// `extbackup drives show`: everything that is known of one drive.
public struct DriveDescription {
    private let drive: KnownDrive
    private let sources: Sources
    private let files: [File]
    private let now: Timestamp
    /// What kept something from being told.
    public let warnings: [String]

    /// What goes to the drive.
    private enum Sources {
        case everything([String])
        case chosen([String])
        /// All; which these are, the configuration does not tell, for it has a mistake.
        case unknown
    }

    /// A file on this machine that belongs to the drive.
    private struct File: Encodable {
        let title: String
        let path: String
        let state: String
    }

    /// Looks at everything.
    ///
    /// - Throws: `noDrive` when no such drive was prepared, `config` when its file is wrong.
    public init(of name: DriveName, in context: RunContext) throws(Failure) {
        now = context.now()
        let file = try DriveFile.prepared(name, in: context.layout)
        let (status, warnings) = try context.statusOfDrives()
        drive = try KnownDrive(file, status: status[drive: name.text], in: context)
        let layout = context.layout
        let paths: [(String, FileName)] = [
            ("drive file", layout.driveFile(of: name)),
            ("key file", layout.keyFile(of: name)),
            ("header backup", layout.headerBackup(luksUUID: file.luksUUID)),
            ("unit link", layout.unitLink(of: name, luksUUID: file.luksUUID)),
        ]
        files = paths.map { File(title: $0, path: $1.text, state: Self.state(of: $1)) }
        let mistake: String?
        (sources, mistake) = Self.sources(of: file, in: layout)
        self.warnings = warnings + (mistake.map { [$0] } ?? [])
    }

    private static func sources(of file: DriveFile, in layout: HostLayout) -> (Sources, mistake: String?) {
        if let names = file.sources { return (.chosen(names), nil) }
        do {
            let configuration = try Configuration(readingFrom: layout.configurationFile)
            return (.everything(configuration.sources.map(\.name)), nil)
        } catch {
            return (.unknown, error.description)
        }
    }

    private static func state(of path: FileName) -> String {
        do {
            _ = try Descriptor.open(path, .path)
            return "present"
        } catch {
            return error.errno == .noSuchFileOrDirectory ? "missing" : error.reason
        }
    }
}

extension DriveDescription {
    /// All of it, for people.
    public var lines: [String] {
        let file = drive.file
        let status = drive.situation.status
        var facts = [("plugged in", plug), ("last good backup", status.lastGood.map(age) ?? "never")]
        if let running = status.running {
            let since = running.started.duration(to: now).text
            facts.append(("now", "\(running.phase.activity), since \(since)"))
        } else if drive.situation.isInUse == true {
            facts.append(("now", "in use by a command"))
        }
        if let run = drive.situation.cutOffRun {
            facts.append(("cut off", "the run that began \(age(of: run.started)): plug the drive in again"))
        }
        if let report = status.lastReport {
            facts.append(("last run", "\(report.verdict.exitStatus.name), \(age(of: report.ended))"))
        }
        facts += [
            ("disk", file.disk ?? "not known"),
            ("serial number", file.serial ?? "none"),
            ("file system", "\(file.fileSystem), labeled \(FileName(file.label))"),
            ("prepared", file.prepared.isEmpty ? "not known" : file.prepared),
            ("LUKS UUID", file.luksUUID),
            ("key slot", "\(file.keySlot)"),
            ("marker", file.driveID),
            ("sources", sourceList),
        ]
        facts += files.map { ($0.title, $0.state == "present" ? $0.path : "\($0.path) (\($0.state))") }
        return [file.name] + facts.map { Self.line($0.0, $0.1) }
    }

    private static func line(_ title: String, _ value: String) -> String {
        let blanks = String(repeating: " ", count: max(1, 17 - title.count))
        return "  \(title):\(blanks)\(SingleLine.escape(value))"
    }

    private var plug: String {
        let node = drive.device.map { "yes, as \($0.node)" } ?? "no"
        guard let impostor = drive.impostor else { return node }
        return
            "\(node); \(impostor.node) has its LUKS UUID, but the serial number \(impostor.serial ?? "none")"
    }

    private var sourceList: String {
        switch sources {
        case .everything(let names): "all: \(names.joined(separator: ", "))"
        case .chosen(let names): names.joined(separator: ", ")
        case .unknown: "all that are configured"
        }
    }

    private func age(of time: Timestamp) -> String { "\(time.text) (\(time.age(asOf: now)))" }
}

extension DriveDescription {
    /// The same for programs.
    public func json() throws(Failure) -> String { try PrettyJSON.text(of: self) }
}

extension DriveDescription: Encodable {
    private enum Key: String, CodingKey {
        case disk, label, keySlot, marker, sources, files, impostor, running, lastRun, isInUse, cutOffRun
        case safety
    }

    /// Writes what the list has, and the rest.
    public func encode(to encoder: any Encoder) throws {
        try KnownDriveDocument(drive).encode(to: encoder)
        var values = encoder.container(keyedBy: Key.self)
        try values.encodeIfPresent(drive.file.disk, forKey: .disk)
        try values.encode(drive.file.label, forKey: .label)
        try values.encode(drive.file.keySlot, forKey: .keySlot)
        try values.encode(drive.file.driveID, forKey: .marker)
        try values.encode(files, forKey: .files)
        try values.encodeIfPresent(drive.impostor?.node.text, forKey: .impostor)
        let situation = drive.situation
        try values.encodeIfPresent(situation.status.running, forKey: .running)
        try values.encodeIfPresent(situation.status.lastReport, forKey: .lastRun)
        try values.encodeIfPresent(situation.isInUse, forKey: .isInUse)
        try values.encodeIfPresent(situation.cutOffRun, forKey: .cutOffRun)
        try values.encodeIfPresent(situation.safety, forKey: .safety)
        switch sources {
        case .everything(let names), .chosen(let names): try values.encode(names, forKey: .sources)
        case .unknown: break
        }
    }
}
