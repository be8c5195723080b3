public import LinuxSystem

/// Which disks a person agreed to erase.
public enum DiskPolicy: Hashable, Sendable {
    /// Disks on USB, cards, and what the kernel calls removable.
    case onlyRemovable
    /// Also disks that are built in.
    case anyDisk
}

/// Why a disk must not be erased.
public enum DiskRefusal: Hashable, Sendable {
    /// A file, a folder, a character device.
    case notABlockDevice
    /// Only whole disks are prepared; this is a part of one.
    case partition(of: FileName)
    /// It, a part of it or something on top of it is mounted.
    case mounted(device: FileName, at: FileName)
    /// It or a part of it is swap space.
    case swap(device: FileName)
    /// Device-mapper, md, bcache or another driver has it.
    case held(device: FileName, by: FileName)
    /// It or a part of it carries the signature of a RAID or volume group member.
    case member(device: FileName, type: String)
    /// The running system lives on it.
    case systemDisk(mountPoint: FileName)
    /// Something has opened it for itself, it cannot be seen what.
    case inUse
    /// It cannot be written.
    case readOnly
    /// LUKS header and file system would not fit. Both in bytes.
    case tooSmall(sizeBytes: UInt64, minimumBytes: UInt64)
    /// It is a drive of this machine, of this name: what is on it is somebody's backup.
    case drive(DriveName)
    /// It has the serial number of a drive of this machine, of this name, but not its LUKS UUID: most likely it is that
    /// drive, and damaged.
    case serialOfDrive(DriveName)
    /// Neither USB nor removable: more likely a disk of the machine than one to carry away.
    case notRemovable(bus: DiskBus)

    /// Whether a policy may overrule it.
    public enum Severity: Hashable, Sendable {
        /// Nothing overrules it.
        case always
        /// It stands unless a person asked for any disk.
        case unlessAnyDisk
    }

    /// Whether a policy may overrule it.
    public var severity: Severity {
        switch self {
        case .notRemovable: .unlessAnyDisk
        case .notABlockDevice, .partition, .mounted, .swap, .held, .member, .systemDisk, .inUse, .readOnly,
            .tooSmall, .drive, .serialOfDrive:
            .always
        }
    }
}

extension DiskRefusal: CustomStringConvertible {
    /// One clause for people: `'/dev/sdb1' is mounted at '/media/photos'`.
    public var description: String {
        switch self {
        case .notABlockDevice: "it is not a block device"
        case .partition(let disk): "it is a partition of \(disk); only whole disks are prepared"
        case .mounted(let device, let mountPoint): "\(device) is mounted at \(mountPoint)"
        case .swap(let device): "\(device) is used as swap space"
        case .held(let device, let holder): "\(device) is held by \(holder)"
        case .member(let device, let type): "\(device) is part of a RAID or volume group ('\(type)')"
        case .systemDisk(let mountPoint): "the running system's \(mountPoint) is on it"
        case .inUse: "it is in use by a program or driver"
        case .readOnly: "it is read-only"
        case .tooSmall(let size, let minimum):
            "it is too small: \(size >> 20) MiB, at least \(minimum >> 20) MiB are needed"
        case .drive(let name):
            "it is the backup drive '\(name)'; 'extbackup drives retire' gives it free"
        case .serialOfDrive(let name): "it has the serial number of the backup drive '\(name)'"
        case .notRemovable(let bus): "it is neither a USB disk nor removable (bus: \(bus))"
        }
    }
}

extension DiskRefusal {
    /// What a person can do about it, as the reason alone does not say; nil for most.
    public var remedy: String? {
        switch self {
        case .serialOfDrive(let name):
            "'extbackup header restore \(name)' if its header is damaged; "
                + "'extbackup drives retire \(name)' if it shall become another drive; "
                + "if a dock gives that number to all its disks, remove 'serial' from /etc/extbackup/drives.d/\(name).toml"
        case .notABlockDevice, .partition, .mounted, .swap, .held, .member, .systemDisk, .inUse, .readOnly,
            .tooSmall, .drive, .notRemovable:
            nil
        }
    }
}
