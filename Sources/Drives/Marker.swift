public import LinuxSystem
internal import SystemPackage

/// What `prepare-disk` leaves on a drive, and every run counts up: the proof, inside of LUKS, that this is the
/// prepared drive and not a copy of its header, and that it was not set back to an earlier state.
///
/// It lies in `.extbackup/marker` as a few lines of text. The folder is root's alone.
public struct Marker: Hashable, Sendable {
    /// The drive's random number: 32 hexadecimal digits. The same number is in the drive file.
    public let driveID: String
    /// The drive's name.
    public let name: DriveName
    /// The UUID in the LUKS header around it, in lower case.
    public let luksUUID: String
    /// How many runs ended well, at least 0.
    public var runCounter: UInt64

    /// Describes a drive.
    ///
    /// - Parameters:
    ///   - driveID: as `makeDriveID` gives it.
    public init(driveID: String, name: DriveName, luksUUID: String, runCounter: UInt64 = 0) {
        self.driveID = driveID
        self.name = name
        self.luksUUID = luksUUID.lowercased()
        self.runCounter = runCounter
    }

    /// A new drive's number.
    ///
    /// - Throws: what the kernel's generator said.
    public static func makeDriveID() throws(SystemError) -> String {
        let random = try SecretBytes(randomCount: 16)
        return random.withBytes { bytes in
            bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
    }

    /// The program's folder on a drive.
    public static let folder: FileName = ".extbackup"
    /// The marker's name in `folder`.
    public static let file: FileName = "marker"
    /// A marker is never longer, in bytes.
    public static let limit = 64 * 1024
    /// The form of the text. A drive with a higher number needs a newer program.
    public static let version = 1
}

/// A marker that is missing, or that is not one.
public enum MarkerError: Error, Hashable, Sendable {
    /// No marker: not a prepared drive.
    case missing
    /// File or folder may have been changed by somebody else than root: the reason.
    case untrusted(String)
    /// The contents do not follow the form: the reason.
    case malformed(String)
    /// Written by a newer version of the program.
    case tooNew(version: Int)
    /// It could not be read or written.
    case system(SystemError)
}

extension MarkerError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .missing: "the drive has no marker: it was not prepared"
        case .untrusted(let reason): "the drive's marker cannot be trusted: \(reason)"
        case .malformed(let reason): "the drive's marker is damaged: \(reason)"
        case .tooNew(let version): "the drive's marker has version \(version), which needs a newer program"
        case .system(let error): "the drive's marker: \(error)"
        }
    }
}
