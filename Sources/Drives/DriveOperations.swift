public import LinuxSystem

/// What the chain from `LockedDrive` to `ReleasedDrive` asks of the kernel: the seam for tests.
///
/// Each call does one thing and decides nothing; order, retries and what to do after a failure are the
/// chain's. All calls block. `LinuxDriveOperations` is the real one.
public protocol DriveOperations: Sendable {
    /// All plugged devices with this LUKS UUID.
    func candidates(luksUUID: String) throws(SystemError) -> [BlockDevice]
    /// True while the disk of this plug-in exists.
    func isPresent(diskSequence: UInt64) -> Bool
    /// Class numbers of interfaces of the same USB device that are not mass storage.
    func otherInterfaceClasses(of device: BlockDevice) -> [String]
    /// Opens the device for reading and makes sure that it is the one described. While the descriptor is open
    /// the kernel gives its number to no other disk.
    ///
    /// - Throws: `ENXIO` or `ENOENT` when it is gone, `ESTALE` when the node now belongs to another disk.
    func pin(_ device: BlockDevice) throws(SystemError) -> Descriptor
    /// Makes sure again that pin and node are the device described. Throws as `pin`.
    func recheck(_ pin: borrowing Descriptor, is device: BlockDevice) throws(SystemError)

    /// Opens LUKS with one key slot, hidden from udev's scans, and makes sure that the mapping lies on
    /// `device`.
    ///
    /// - Throws: `EPERM` for a wrong key.
    func activate(
        _ mapping: FileName,
        on device: BlockDevice,
        identity: DriveIdentity,
        key: borrowing SecretBytes,
        access: DriveAccess
    ) throws(CryptError)
    /// Closes a mapping.
    ///
    /// - Throws: `EBUSY` when it is in use, `ENODEV` when there is none.
    func deactivate(_ mapping: FileName, _ mode: Deactivation) throws(CryptError)
    /// Opens the device behind a mapping for reading.
    func openDevice(of mapping: FileName) throws(SystemError) -> Descriptor
    /// The names of all mappings, also of those that are not ours.
    func mappings() throws(SystemError) -> [FileName]

    /// Repairs what can be repaired without a person. For file systems that do it when mounted: nothing.
    func checkFileSystem(
        of mapping: FileName,
        _ kind: FileSystemKind
    ) throws(SystemError) -> FileSystemState
    /// Mounts the mapping at a directory that is made when missing, and makes sure that it happened.
    func mount(
        _ mapping: FileName,
        at directory: FileName,
        _ kind: FileSystemKind,
        _ access: DriveAccess
    ) throws(SystemError)
    /// Opens the directory at which something was mounted.
    func openRoot(_ directory: FileName) throws(SystemError) -> Descriptor
    /// Writes everything of the file system to the disk, and reports errors since `root` was opened.
    func sync(_ root: borrowing Descriptor) throws(SystemError)
    /// Unmounts what is mounted at a directory.
    func unmount(_ directory: FileName, _ mode: UnmountMode) throws(SystemError)
    /// Where the mapping is mounted, as this process sees it.
    func mountPoints(of mapping: FileName) throws(SystemError) -> [FileName]

    /// Who holds something of a drive.
    func holders(of thing: Leftover.Thing) -> [Holder]
    /// Proves that nobody holds the whole disk, and makes it write its cache.
    ///
    /// - Throws: `EBUSY` when somebody holds it; else what the flush said.
    func flush(_ device: BlockDevice) throws(SystemError)
    /// Sends a SCSI command to the whole disk.
    func send(_ command: SCSICommand, to device: BlockDevice) throws(SystemError)
    /// Other disks of the same USB device that are in use: bays of a dock.
    func busySiblings(of device: BlockDevice) -> [FileName]
    /// Detaches the USB device and switches its port off.
    func powerOff(_ device: BlockDevice) throws(SystemError)

    /// Waits between two attempts.
    func pause(_ duration: Duration)
}

/// How a mapping is closed.
public enum Deactivation: Hashable, Sendable {
    /// Only when it is not in use.
    case ifUnused
    /// Now or when its last user ends.
    case whenUnused
    /// For a disk that is gone: every access fails from now on, which frees the dead disk, then as `ifUnused`.
    /// Loses what was not written.
    case force
}

/// What a check of the file system found.
public enum FileSystemState: Hashable, Sendable {
    /// Nothing to repair.
    case clean
    /// Something was repaired: the checker's words.
    case repaired(String)
    /// It needs a person: the checker's last line.
    case damaged(String)
    /// The kernel checks it when it is mounted.
    case checkedAtMount
}
