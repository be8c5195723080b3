internal import LinuxSystem

/// What was recorded of a drive when it was prepared: how to know it again, and how to open it.
public struct DriveIdentity: Hashable, Sendable {
    /// The name that a person gave it.
    public let name: DriveName
    /// The UUID in its LUKS header, in lower case.
    public let luksUUID: String
    /// The serial number that the disk gave (`BlockDevice.serial`); nil for disks that have none, which are then
    /// known by their UUID alone.
    public let serial: String?
    /// The slot in the LUKS header that the key file opens.
    public let keySlot: Int32
    /// What is inside.
    public let fileSystem: FileSystemKind

    /// Describes a prepared drive.
    public init(
        name: DriveName,
        luksUUID: String,
        serial: String?,
        keySlot: Int32,
        fileSystem: FileSystemKind
    ) {
        self.name = name
        self.luksUUID = luksUUID.lowercased()
        self.serial = serial
        self.keySlot = keySlot
        self.fileSystem = fileSystem
    }

    /// The name below /dev/mapper while it is open: `extbackup-NAME-DISKSEQ`. A drive that comes back while a
    /// dead mapping of its last visit is still there gets another one.
    func mappingName(diskSequence: UInt64) -> FileName {
        FileName("\(Self.mappingPrefix(of: name))\(diskSequence)")
    }

    /// The disk's sequence number in the name of a mapping of this drive; nil for all other names.
    static func diskSequence(ofMapping mapping: FileName, of name: DriveName) -> UInt64? {
        let prefix = Array(mappingPrefix(of: name).utf8)
        let digits = mapping.bytes.dropFirst(prefix.count)
        guard mapping.bytes.starts(with: prefix), digits.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    private static func mappingPrefix(of name: DriveName) -> String { "extbackup-\(name)-" }
}
