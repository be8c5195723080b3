public import LinuxSystem
import Reporting
import SystemPackage

/// `extbackup config check`: reads everything a run would read.
public enum ConfigurationCheck {
    /// Checks the configuration and all drive files.
    ///
    /// - Returns: what they say, in short lines.
    public static func perform(folder: FileName) throws(Failure) -> [String] {
        let files = try ConfigurationFiles(in: folder)
        var lines = files.configuration.sources.map { source in
            "source \(source.name): \(source.path)" + (source.requiresMount ? ", must be mounted" : "")
                + source.hooks.programs.map { ", \($0)" }.joined()
        }
        let programs = files.configuration.hooks.programs
        if !programs.isEmpty { lines.append("run: " + programs.joined(separator: ", ")) }
        for drive in files.drives {
            lines.append("drive \(drive.name): serial \(drive.serial ?? "none"), \(drive.fileSystem)")
        }
        lines.append("the configuration is right")
        return lines
    }
}

/// The configuration and the drives' files, all of them right.
struct ConfigurationFiles {
    let folder: FileName
    let configuration: Configuration
    let drives: [DriveFile]

    /// Reads and checks everything in the configuration's folder.
    init(in folder: FileName) throws(Failure) {
        self.folder = folder
        let driveFolder = folder.appending("drives.d")
        do {
            configuration = try Configuration(readingFrom: folder.appending("config.toml"))
            var drives: [DriveFile] = []
            for name in try DriveFile.prepared(in: driveFolder) {
                let drive = try DriveFile(named: name, in: driveFolder)
                try Self.check(drive.sources ?? [], of: drive, in: driveFolder, against: configuration)
                drives.append(drive)
            }
            self.drives = drives
        } catch {
            throw Failure(error)
        }
    }

    private static func check(
        _ sources: [String],
        of drive: DriveFile,
        in folder: FileName,
        against configuration: Configuration
    ) throws(ConfigurationError) {
        for name in sources where !configuration.sources.contains(where: { $0.name == name }) {
            throw ConfigurationError(
                file: folder.appending(FileName(drive.name + ".toml")),
                position: nil,
                message: "the source \(FileName(name)) is not configured",
                hint: "correct 'sources', or add [[source]] with this name to config.toml"
            )
        }
    }
}

extension Hooks {
    /// Which programs are run, in words.
    fileprivate var programs: [String] {
        [("before", before), ("after", after)].compactMap { moment, command in
            command?.first.map { "\($0) is run \(moment)" }
        }
    }
}
