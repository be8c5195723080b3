import Drives
import LinuxSystem
import Reporting

/// `extbackup drives list`: every drive that was prepared.
public struct DriveList {
    /// A drive whose file has a mistake is listed with the mistake.
    fileprivate enum Entry {
        case known(KnownDrive)
        case unreadable(name: String, mistake: ConfigurationError)
    }

    private let entries: [Entry]
    private let now: Timestamp
    /// What kept something from being told.
    public let warnings: [String]

    /// Reads the drives' files and the status, and looks which drives are plugged in.
    public init(_ context: RunContext) throws(Failure) {
        now = context.now()
        let names: [String]
        do {
            names = try DriveFile.prepared(in: context.layout.driveFolder)
        } catch {
            throw Failure(error)
        }
        // Before the first drive there need not be a state folder.
        guard !names.isEmpty else {
            entries = []
            warnings = []
            return
        }
        let (status, warnings) = try context.statusOfDrives()
        var entries: [Entry] = []
        for name in names {
            switch Self.file(of: name, in: context) {
            case .success(let file):
                entries.append(.known(try KnownDrive(file, status: status[drive: name], in: context)))
            case .failure(let mistake):
                entries.append(.unreadable(name: name, mistake: mistake))
            }
        }
        self.entries = entries
        self.warnings = warnings + entries.compactMap(\.mistake)
    }

    private static func file(
        of name: String,
        in context: RunContext
    ) -> Result<DriveFile, ConfigurationError> {
        do {
            return .success(try DriveFile(named: name, in: context.layout.driveFolder))
        } catch {
            return .failure(error)
        }
    }

    /// A line for each drive, below headings.
    ///
    /// - Parameter width: how many columns the terminal has; nil when there is none, and all is told.
    public func lines(width: Int?) -> [String] {
        if entries.isEmpty { return ["no drive was prepared yet: 'extbackup prepare-disk' makes one"] }
        var table = TextTable([
            .init("NAME", .leading, .isCut), .init("PLUGGED IN"), .init("LAST GOOD BACKUP (UTC)"),
            .init("SERIAL NUMBER", .leading, .isLeftOut), .init("FILE SYSTEM", .leading, .isLeftOut),
            .init("PREPARED", .leading, .isLeftOut),
        ])
        for entry in entries {
            switch entry {
            case .known(let drive): table.append(cells(of: drive))
            case .unreadable(let name, _): table.append([name, "?", "?", "?", "?", "?"])
            }
        }
        return table.lines(width: width)
    }

    private func cells(of drive: KnownDrive) -> [String] {
        [
            drive.file.name,
            drive.device == nil ? "no" : "yes",
            drive.situation.status.lastGood.map { "\($0.minute) (\($0.age(asOf: now)))" } ?? "never",
            drive.file.serial ?? "none",
            drive.file.fileSystem,
            String(drive.file.prepared.prefix(10)),
        ]
    }

    /// The same for programs: an array.
    public func json() throws(Failure) -> String { try PrettyJSON.text(of: entries) }
}

extension DriveList.Entry {
    fileprivate var mistake: String? {
        switch self {
        case .known: nil
        case .unreadable(_, let mistake): mistake.description
        }
    }
}

extension DriveList.Entry: Encodable {
    private enum Key: String, CodingKey { case name, mistake }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .known(let drive):
            try KnownDriveDocument(drive).encode(to: encoder)
        case .unreadable(let name, let mistake):
            var values = encoder.container(keyedBy: Key.self)
            try values.encode(name, forKey: .name)
            try values.encode(mistake.description, forKey: .mistake)
        }
    }
}
