public import LinuxSystem

/// A disk as a person needs to see it before it is erased.
public struct DiskDescription: Hashable, Sendable {
    /// The kernel's node: `/dev/sdb`. What links led to it is left out.
    public var devicePath: FileName
    /// The kernel's number; nil for what is no block device.
    public var number: DeviceNumber?
    /// Tells this appearance of the disk from later ones under the same name; nil before Linux 5.15.
    public var diskSequence: UInt64?
    /// The maker's name of the model.
    public var model: String?
    /// The serial number as udev knows it (`ID_SERIAL_SHORT`, else `ID_SERIAL`), otherwise as sysfs has it.
    public var serial: String?
    /// Length in bytes.
    public var sizeBytes: UInt64
    /// What it is connected with.
    public var bus: DiskBus
    /// The kernel's word on whether the medium or the device is meant to be taken out.
    public var isRemovable: Bool
    /// The unit of addresses, in bytes.
    public var logicalSectorBytes: Int
    /// The unit the medium writes, in bytes.
    public var physicalSectorBytes: Int
    /// The kind of partition table: `gpt`, `dos`; nil without one.
    public var partitionTable: String?
    /// What lies directly on the disk, beside a partition table.
    public var contents: [ContentSignature]
    /// The partitions of its table.
    public var partitions: [PartitionDescription]
    /// Why it must not be prepared. Empty for a disk that may be erased.
    public var refusals: [DiskRefusal]

    /// Refuses it when it is one of these drives, be it that only the serial number tells it: its header or its partition
    /// table may be damaged.
    public mutating func refuse(ifOneOf drives: OwnDrives) {
        let all = contents + partitions.flatMap(\.contents)
        let names = all.compactMap { $0.uuid.flatMap(drives.name(luksUUID:)) }
        refusals += names.map { .drive($0) }
        if names.isEmpty, let name = serial.flatMap(drives.name(serial:)) {
            refusals.append(.serialOfDrive(name))
        }
    }

    /// The refusals that stand under a policy.
    public func refusals(under policy: DiskPolicy) -> [DiskRefusal] {
        switch policy {
        case .onlyRemovable: refusals
        case .anyDisk: refusals.filter { $0.severity == .always }
        }
    }
}

/// One entry of a partition table.
public struct PartitionDescription: Hashable, Sendable {
    /// Its number, from 1.
    public var number: Int
    /// Where it begins, in bytes.
    public var startBytes: UInt64
    /// Its length in bytes.
    public var sizeBytes: UInt64
    /// The name in a GUID partition table.
    public var name: String?
    /// What lies on it; more than one when old signatures were left.
    public var contents: [ContentSignature]
}

/// What libblkid recognized on a disk or partition.
public struct ContentSignature: Hashable, Sendable {
    /// libblkid's name: `ext4`, `crypto_LUKS`, `LVM2_member`.
    public var type: String
    /// libblkid's kind of use: `filesystem`, `raid`, `crypto`, `other`.
    public var usage: String
    /// The label.
    public var label: String?
    /// The UUID in the type's own form.
    public var uuid: String?

    /// True for a part of something bigger, which other disks may belong to as well.
    public var isMember: Bool {
        usage == "raid" || type.hasSuffix("_member") || Self.memberTypes.contains(type)
    }

    private static let memberTypes: Set<String> = ["bcache", "ceph_bluestore", "stratis", "drbd"]
}

/// What a disk is connected with.
public enum DiskBus: Hashable, Sendable {
    /// USB, through whatever bridge.
    case usb
    /// (S)ATA.
    case ata
    /// NVMe.
    case nvme
    /// An SD or MMC card.
    case mmc
    /// A virtual machine's disk.
    case virtio
    /// A file behind a loop device.
    case loop
    /// Something else, as udev or the kernel names it.
    case other(String)
}

extension DiskBus: CustomStringConvertible {
    /// The name for people.
    public var description: String {
        switch self {
        case .usb: "USB"
        case .ata: "ATA"
        case .nvme: "NVMe"
        case .mmc: "MMC"
        case .virtio: "virtio"
        case .loop: "loop"
        case .other(let name): name
        }
    }
}
