import Copying
import Drives
import LinuxSystem
import Reporting

extension Failure {
    /// What a person is told of a step with the drive that failed.
    init(_ error: DriveError) {
        let left = error.leftOpen.map(\.description).joined(separator: "; ")
        let message = "drive '\(error.drive)': \(error.reason)" + (left.isEmpty ? "" : "; \(left)")
        if !error.isClosed {
            self.init(
                .notClosed,
                message,
                hint:
                    "end what holds it, then run 'extbackup cleanup \(error.drive)'; until then do not pull it"
            )
            return
        }
        self.init(Self.status(of: error.reason), message, hint: Self.hint(for: error))
    }

    /// The same where a person may have pressed Ctrl-C: that reaches e2fsck, too, and ends it.
    init(_ error: DriveError, unlessStoppedBy interruption: Interruption) {
        if case .damagedFileSystem = error.reason, error.isClosed, interruption.isRequested {
            self = .interrupted
        } else {
            self.init(error)
        }
    }

    private static func status(of reason: DriveError.Reason) -> ExitStatus {
        switch reason {
        case .absent, .ambiguous, .wrongSerial, .suspiciousInterfaces: .noDrive
        case .inUse: .locked
        case .wrongKey: .unlockFailed
        case .gone: .driveGone
        // What could not be closed at first and is closed now: too late to go on, but safe.
        case .unlockRefused, .damagedFileSystem, .mountRefused, .syncFailed, .searchFailed, .notClosed:
            .failed
        }
    }

    private static func hint(for error: DriveError) -> String {
        switch error.reason {
        case .absent: "plug it in; 'lsblk -o NAME,SERIAL,FSTYPE,UUID' shows what is there"
        case .ambiguous: "pull all but the original; a copy of a drive must not be used as a drive"
        case .wrongSerial:
            "if you moved the disk to another case, correct 'serial' in /etc/extbackup/drives.d/\(error.drive).toml"
        case .suspiciousInterfaces: "do not use this device; look at what it is with 'lsusb -v'"
        case .inUse: "end what uses it"
        case .wrongKey:
            "if its key was being changed, run 'extbackup drives key rotate \(error.drive)'; else put the key file that "
                + "'prepare-disk' made back from your backup to /etc/extbackup/keys/\(error.drive).key"
        case .unlockRefused: "look at 'journalctl -k' and 'cryptsetup luksDump' for this drive"
        case .damagedFileSystem, .mountRefused:
            "open it by hand as /var/lib/extbackup/sheets/\(error.drive).txt describes, and check it with fsck; replace "
                + "the drive if that fails"
        case .syncFailed: "look at 'journalctl -k'; the drive, its cable or its power supply may be failing"
        case .notClosed: "run 'extbackup cleanup \(error.drive)'"
        case .gone: "check the cable if nobody pulled it; the copy goes on where it was"
        case .searchFailed: "look at 'journalctl -k'"
        }
    }

    /// What a person is told when copying a source ended early.
    ///
    /// - Parameter isDrivePresent: false when the drive's plug-in is over.
    init(_ error: CopyError, source: String, drive: DriveName, isDrivePresent: Bool) {
        switch error {
        case .interrupted:
            self = .interrupted
        case .noSpace(let cause):
            self.init(
                .noSpace,
                "the drive became full while '\(source)' was copied: \(cause)",
                hint: "make room, exclude something, or prepare a larger drive"
            )
        case .destinationFailed where !isDrivePresent:
            self.init(
                .driveGone,
                "drive '\(drive)' vanished while '\(source)' was copied",
                hint: "check the cable if nobody pulled it; the copy goes on where it was"
            )
        case .destinationFailed(let cause):
            self.init(
                .failed,
                "drive '\(drive)' failed while '\(source)' was copied: \(cause)",
                hint: "look at 'journalctl -k'; the drive, its cable or its power supply may be failing"
            )
        case .sourceFailed(let cause):
            self.init(
                .sourceMissing,
                "source '\(source)' cannot be read: \(cause)",
                hint: "check the path and its disk"
            )
        case .outOfResources:
            self.init(
                .failed,
                "source '\(source)': \(error)",
                hint: "end other programs"
            )
        case .workFileFailed:
            self.init(
                .failed,
                "source '\(source)': \(error)",
                hint: "make room under /var/lib/extbackup"
            )
        case .manifestFailed:
            self.init(
                .failed,
                "source '\(source)': \(error)",
                hint: "make room under /var/lib/extbackup, and see that its disk is sound"
            )
        }
    }
}
