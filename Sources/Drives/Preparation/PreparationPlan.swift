public import LinuxSystem

/// What a person decided before a disk is erased.
public struct PreparationPlan: Sendable {
    /// The drive's name from now on.
    public var name: DriveName
    /// The disk as it was shown and confirmed. It is inspected again; another disk under the same path is
    /// refused, and so is this one with anything else on it.
    public var disk: DiskDescription
    /// Which disks may be erased.
    public var policy: DiskPolicy
    /// The file system to make.
    public var fileSystem: FileSystemKind
    /// The time of preparation, in seconds since 1970 (UTC).
    public var preparedAtSeconds: Int64
    /// This machine's name, for the instructions on the drive.
    public var hostName: String
    /// The drives that this machine has already: none of them is erased.
    public var known: OwnDrives

    /// Joins the decisions.
    public init(
        name: DriveName,
        disk: DiskDescription,
        policy: DiskPolicy,
        fileSystem: FileSystemKind = .ext4,
        preparedAtSeconds: Int64,
        hostName: String,
        known: OwnDrives
    ) {
        self.name = name
        self.disk = disk
        self.policy = policy
        self.fileSystem = fileSystem
        self.preparedAtSeconds = preparedAtSeconds
        self.hostName = hostName
        self.known = known
    }

    /// The file system's label.
    public var label: String { fileSystem.label(for: name) }
    /// The slot that the key file gets.
    public var keySlot: Int32 { LUKSContainer.keySlot }
    /// The slot that the passphrase gets, if there is one.
    public var passphraseSlot: Int32 { LUKSContainer.passphraseSlot }
}

/// What opens the drive beside the machine's own key, which preparation makes itself.
public struct PreparationSecrets: ~Copyable, Sendable {
    let passphrase: SecretBytes?

    /// With a passphrase the drive can be opened without this machine; without one only its key file opens it.
    public init(passphrase: consuming SecretBytes?) {
        self.passphrase = passphrase
    }

    /// True when a person can open the drive without this machine.
    var hasPassphrase: Bool {
        switch passphrase {
        case .some: true
        case .none: false
        }
    }
}

/// A drive that is ready for its first run.
public struct PreparedDrive: Hashable, Sendable {
    /// Its name.
    public let name: DriveName
    /// The LUKS container's UUID as it is written in the header: the links in /dev/disk/by-uuid have its case.
    public let luksUUID: String
    /// What the marker on the drive and the drive file share.
    public let markerID: String
    /// The slot of the key file.
    public let keySlot: Int32
    /// The slot of the passphrase, if there is one.
    public let passphraseSlot: Int32?
    /// The file system on it, and its label.
    public let fileSystem: FileSystemKind
    /// The file system's label.
    public let label: String
    /// The only file that opens the drive without a passphrase.
    public let keyFile: FileName
    /// The backup of the LUKS header.
    public let headerBackup: FileName
    /// Its SHA-256, in hexadecimal digits.
    public let headerDigest: String
    /// What the program knows of the drive.
    public let driveFile: FileName
    /// What restores the data when this machine is gone, to be printed.
    public let recoverySheet: FileName
    /// The link that starts the agent when the drive appears. systemd sees it after `daemon-reload`.
    public let unitLink: FileName
}
