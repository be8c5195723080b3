/// The steps of a preparation, in their order.
public enum PreparationStep: Int, Hashable, Sendable, CaseIterable {
    /// Inspect once more, under locks.
    case check
    /// Make the key and write it to the machine.
    case writeKey
    /// Erase the signatures of what was there.
    case wipe
    /// Write the partition table and wait for the partition.
    case partition
    /// Make the LUKS container with its key slots.
    case encrypt
    /// Open the container with each key, as a run will.
    case checkKeys
    /// Save the LUKS header on the machine.
    case backUpHeader
    /// Unlock the container.
    case unlock
    /// Make the file system.
    case makeFileSystem
    /// Write marker and instructions to the drive.
    case writeMarker
    /// Sync, unmount, close, flush.
    case close
    /// Wait until udev has seen the finished drive.
    case settle
    /// Write the drive file to the machine.
    case writeDriveFile
    /// Enable the agent for the drive.
    case enable
}

extension PreparationStep: CustomStringConvertible {
    /// What is being done, for a line of progress: `writing the partition table`.
    public var description: String {
        switch self {
        case .check: "checking the disk"
        case .writeKey: "writing the key file"
        case .wipe: "erasing old signatures"
        case .partition: "writing the partition table"
        case .encrypt: "making the LUKS container"
        case .checkKeys: "checking that each key opens it"
        case .backUpHeader: "saving the LUKS header"
        case .unlock: "unlocking"
        case .makeFileSystem: "making the file system"
        case .writeMarker: "writing marker and instructions"
        case .close: "closing the drive"
        case .writeDriveFile: "writing the drive file"
        case .settle: "waiting for udev"
        case .enable: "enabling the agent"
        }
    }
}
