public import LinuxSystem

/// Where things lie on the machine. Tests put them into a temporary folder.
public struct HostLayout: Hashable, Sendable {
    /// Configuration, drive files and keys.
    public var configurationFolder: FileName
    /// Header backups, status, history.
    public var stateFolder: FileName
    /// Mount points and run locks.
    public var runFolder: FileName
    /// Where the administrator's units and their links lie.
    public var unitFolder: FileName
    /// The template that every drive's unit is an instance of.
    public var unitFile: FileName

    /// Names the folders; without arguments those of an installed system.
    public init(
        configurationFolder: FileName = "/etc/extbackup",
        stateFolder: FileName = "/var/lib/extbackup",
        runFolder: FileName = "/run/extbackup",
        unitFolder: FileName = "/etc/systemd/system",
        unitFile: FileName = "/usr/lib/systemd/system/extbackup@.service"
    ) {
        self.configurationFolder = configurationFolder
        self.stateFolder = stateFolder
        self.runFolder = runFolder
        self.unitFolder = unitFolder
        self.unitFile = unitFile
    }

    /// The folder of the keys, 0700.
    public var keyFolder: FileName { configurationFolder.appending("keys") }
    /// The folder of the drive files.
    public var driveFolder: FileName { configurationFolder.appending("drives.d") }
    /// The files of drives that are out of service.
    public var retiredFolder: FileName { configurationFolder.appending("retired") }
    /// The folder of the header backups, 0700.
    public var headerFolder: FileName { stateFolder.appending("headers") }

    /// The folder of the recovery sheets.
    public var sheetFolder: FileName { stateFolder.appending("sheets") }

    /// The recovery sheet of a drive; beside it is the same as a page, `NAME.html`.
    public func recoverySheet(of name: DriveName) -> FileName {
        sheetFolder.appending(FileName(name.text + ".txt"))
    }

    /// The key that opens a drive.
    public func keyFile(of name: DriveName) -> FileName {
        keyFolder.appending(FileName(name.text + ".key"))
    }

    /// What the program knows of a drive.
    public func driveFile(of name: DriveName) -> FileName {
        driveFolder.appending(FileName(name.text + ".toml"))
    }

    /// The backup of a drive's LUKS header.
    public func headerBackup(luksUUID: String) -> FileName {
        headerFolder.appending(FileName(luksUUID + ".img"))
    }

    /// The link that makes systemd start a drive's agent when it is plugged in.
    public func unitLink(of name: DriveName, luksUUID: String) -> FileName {
        UnitLink(of: name, luksUUID: luksUUID, in: self).path
    }
}
