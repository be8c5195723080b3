/// What a recovery sheet says of a drive beside its name, its UUID and what its LUKS header holds.
public struct DriveFacts: Hashable, Sendable {
    /// The machine that has the key file and the backup of the header.
    public var hostName: String
    /// The file system on it.
    public var fileSystem: FileSystemKind
    /// The file system's.
    public var label: String
    /// The disk's serial number; nil for disks that have none.
    public var serial: String?
    /// Model and size, for people; nil when nobody wrote them down.
    public var disk: String?
    /// Where the container lies on the disk; nil when nobody wrote it down.
    public var extent: DiskExtent?
    /// When the drive was prepared, as it is written in the drive's file (RFC 3339).
    public var prepared: String

    /// Joins the facts.
    public init(
        hostName: String,
        fileSystem: FileSystemKind,
        label: String,
        serial: String?,
        disk: String?,
        extent: DiskExtent?,
        prepared: String
    ) {
        self.hostName = hostName
        self.fileSystem = fileSystem
        self.label = label
        self.serial = serial
        self.disk = disk
        self.extent = extent
        self.prepared = prepared
    }
}

extension DiskDescription {
    /// Model and size, for people.
    var title: String { "\(model ?? "unknown model"), \(ByteSize.text(sizeBytes))" }
}
