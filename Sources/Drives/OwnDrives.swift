/// The drives of this machine, by what tells them from other disks.
public struct OwnDrives: Hashable, Sendable {
    private var byUUID: [String: DriveName] = [:]
    private var bySerial: [String: DriveName] = [:]

    /// Knows these drives.
    public init(_ drives: [DriveIdentity]) {
        for drive in drives { byUUID[drive.luksUUID] = drive.name }
        let numbered = Dictionary(grouping: drives) { $0.serial?.trimmed ?? "" }
        for (serial, drives) in numbered where !serial.isEmpty {
            // A number that several have is that of a dock or bridge, and tells nothing of a disk.
            if Set(drives.map(\.luksUUID)).count == 1 { bySerial[serial] = drives.first?.name }
        }
    }

    /// The drive whose LUKS header has the UUID, in whatever case.
    public func name(luksUUID: String) -> DriveName? { byUUID[luksUUID.lowercased()] }

    /// The drive whose disk has the serial number; nil also when several drives have it.
    public func name(serial: String) -> DriveName? { bySerial[serial.trimmed] }
}
