public import LinuxSystem
internal import SystemPackage

/// A step of the way from a plugged drive to a released one that failed.
///
/// The value that the step consumed is gone. The step itself left as much order as it could, and `leftOpen`
/// says what it could not close.
public struct DriveError: Error, Hashable, Sendable {
    /// Why a step failed.
    public enum Reason: Hashable, Sendable {
        /// No plugged disk has the drive's LUKS UUID.
        case absent
        /// More than one disk has it: one is a copy. Which is which cannot be told, so none is used.
        case ambiguous([BlockDevice])
        /// A disk has the LUKS UUID, but not the recorded serial number: a copy.
        case wrongSerial(BlockDevice, recorded: String)
        /// The same USB device offers more than storage, for example a keyboard: class numbers of its other
        /// interfaces, in hexadecimal digits.
        case suspiciousInterfaces(BlockDevice, classes: [String])
        /// Somebody else holds the drive, perhaps an earlier run that was killed (`DriveLeftovers`).
        case inUse(BlockDevice, holders: [Holder])
        /// The key does not open its slot.
        case wrongKey
        /// The LUKS header could not be read or opened for another reason than the key.
        case unlockRefused(CryptError)
        /// The file system needs a person: the checker's last line.
        case damagedFileSystem(String)
        /// It could not be checked or mounted.
        case mountRefused(SystemError)
        /// What was written did not reach the drive.
        case syncFailed(SystemError)
        /// Unmounting, closing LUKS or letting go of the disk failed, though the drive is there.
        case notClosed(String)
        /// The drive vanished: pulled, or its power failed. The step that noticed.
        case gone(during: Step)
        /// Looking for the drive failed.
        case searchFailed(SystemError)
    }

    /// A step of the way.
    public enum Step: String, Hashable, Sendable {
        /// It is looked for and pinned.
        case claim
        /// LUKS is opened.
        case unlock
        /// The file system is checked.
        case check
        /// It is mounted.
        case mount
        /// What was written is brought to the drive.
        case sync
        /// The file system is unmounted.
        case unmount
        /// LUKS is closed.
        case lock
        /// The disk is flushed and let go.
        case release
    }

    /// The drive.
    public let drive: DriveName
    /// Why.
    public let reason: Reason
    /// What is still open, be it by us or by somebody else. Empty: nothing that is known, and as far as this step
    /// goes the drive may be pulled, even when the reason was `notClosed` (it was closed after all, too late to
    /// go on).
    public let leftOpen: [Leftover]

    /// Describes a failed step.
    public init(drive: DriveName, reason: Reason, leftOpen: [Leftover] = []) {
        self.drive = drive
        self.reason = reason
        self.leftOpen = leftOpen
    }

    /// True when nothing of the drive is open any more.
    public var isClosed: Bool { leftOpen.isEmpty }
}

extension DriveError: CustomStringConvertible {
    /// One line: what failed, then what is still open.
    public var description: String {
        ([reason.description] + leftOpen.map(\.description)).joined(separator: "; ")
    }
}

extension DriveError.Reason: CustomStringConvertible {
    /// One line without the drive's name.
    public var description: String {
        switch self {
        case .absent:
            "the drive is not plugged in"
        case .ambiguous(let devices):
            "more than one disk claims to be the drive: \(devices.map(\.title).joined(separator: ", "))"
        case .wrongSerial(let device, let recorded):
            "\(device.title) claims to be the drive, but its serial number was recorded as '\(recorded)'"
        case .suspiciousInterfaces(let device, let classes):
            "\(device.title) is more than a disk (USB interface class \(classes.joined(separator: ", ")))"
        case .inUse(let device, let holders):
            ([device.title + " is in use"] + holders.map(\.description)).joined(separator: "; ")
        case .wrongKey:
            "the key does not open the drive"
        case .unlockRefused(let error):
            "the drive cannot be opened: \(error)"
        case .damagedFileSystem(let line):
            "the file system is damaged: \(line)"
        case .mountRefused(let error):
            "the file system cannot be mounted: \(error)"
        case .syncFailed(let error):
            "not everything reached the drive: \(error)"
        case .notClosed(let message):
            "the drive could not be closed: \(message)"
        case .gone(let step):
            "the drive vanished (\(step.rawValue))"
        case .searchFailed(let error):
            "looking for the drive failed: \(error)"
        }
    }
}

extension BlockDevice {
    /// For messages: the node and the serial number, which comes from the disk and may hold anything.
    var title: String {
        serial.map { "\(node) (serial \(FileName($0)))" } ?? "\(node) (no serial)"
    }
}
