public import LinuxSystem

/// Why a disk was not prepared, and what could not be taken back.
public struct PreparationError: Error, Hashable, Sendable {
    /// Why.
    public enum Reason: Error, Hashable, Sendable {
        /// The disk must not be erased.
        case refused([DiskRefusal])
        /// Another disk has the path now than the one that was confirmed, or something else is on it.
        case diskChanged
        /// Another program keeps the disk locked.
        case diskLocked
        /// A drive of this name is there: its key or drive file exists.
        case nameTaken(FileName)
        /// Another process makes a drive of this name, or one that was cut off began to.
        case beingPrepared
        /// A drive of this name was about to be taken in; it may have the key by now. Its LUKS UUID.
        case adoptionUnfinished(luksUUID: String)
        /// The program that makes the file system is missing.
        case programMissing(FileName, debianPackage: String)
        /// A system call failed.
        case system(SystemError)
        /// libcryptsetup refused.
        case encryption(CryptError)
        /// libfdisk or libblkid refused.
        case partitioning(SystemError)
        /// The partition did not appear in time.
        case partitionMissing
        /// A new key does not open the container: the drive must not be used.
        case keyDoesNotOpen(slot: Int32)
        /// The disk is a drive of this machine already: its name.
        case alreadyPrepared(DriveName)
        /// The passphrase opens no slot of the drive.
        case passphraseDoesNotOpen
        /// What is inside is no file system for a drive: libblkid's names.
        case foreignFileSystem([String])
        /// A key does not open the header that was saved.
        case headerBackupUnusable
        /// mkfs failed; the last line it wrote.
        case fileSystem(program: FileName, message: String)
        /// Unlocking, mounting or closing failed.
        case drive(DriveError)
        /// The marker could not be written to the drive.
        case marker(MarkerError)
        /// The finished drive did not show up in udev's database in time: the agent would not find it.
        case unknownToUdev
        /// A person asked to stop.
        case interrupted
    }

    /// Why.
    public let reason: Reason
    /// The disk it is about.
    public let device: FileName
    /// What was being done; nil for an inspection.
    public let step: PreparationStep?
    /// What could not be taken back, for people. Empty when all is as before, or the disk can be taken again.
    public var leftBehind: [String]

    /// Describes a failure.
    public init(
        _ reason: Reason,
        device: FileName,
        step: PreparationStep? = nil,
        leftBehind: [String] = []
    ) {
        self.reason = reason
        self.device = device
        self.step = step
        self.leftBehind = leftBehind
    }
}

extension PreparationError: CustomStringConvertible {
    /// One line in the form `'/dev/sdb': it is read-only`.
    public var description: String {
        let left = leftBehind.isEmpty ? "" : " (left behind: \(leftBehind.joined(separator: ", ")))"
        return "\(device): \(reason)\(left)"
    }
}

extension PreparationError.Reason: CustomStringConvertible {
    /// The reason without the disk.
    public var description: String {
        switch self {
        case .refused(let refusals): refusals.map(\.description).joined(separator: "; ")
        case .diskChanged:
            "another disk is there now than the one that was confirmed, or something else is on it"
        case .diskLocked: "another program keeps the disk locked"
        case .nameTaken(let path): "a drive of this name exists: \(path)"
        case .beingPrepared: "a drive of this name is being prepared"
        case .adoptionUnfinished(let luksUUID):
            "the drive with the LUKS UUID \(luksUUID) was about to be taken in, and may have only the key that was made for it"
        case .programMissing(let path, let package): "\(path) is not installed (Debian package '\(package)')"
        case .system(let error): error.description
        case .encryption(let error): error.description
        case .partitioning(let error): error.description
        case .partitionMissing: "the new partition did not appear"
        case .alreadyPrepared(let name): "it is the drive '\(name)' already"
        case .passphraseDoesNotOpen: "the passphrase does not open it"
        case .foreignFileSystem(let types):
            "there is no ext4, xfs or btrfs inside, but \(types.isEmpty ? "nothing that is known" : types.joined(separator: ", "))"
        case .headerBackupUnusable: "the saved LUKS header cannot be opened"
        case .keyDoesNotOpen(let slot): "the key of slot \(slot) does not open the new container"
        case .fileSystem(let program, let message): "\(program) failed: \(message)"
        case .drive(let error): error.reason.description
        case .marker(let error): error.description
        case .unknownToUdev: "udev did not notice the finished drive"
        case .interrupted: "interrupted"
        }
    }
}

/// Runs something of `LinuxSystem` as part of a preparation.
@discardableResult
func system<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
) throws(PreparationError.Reason) -> Result {
    do {
        return try body()
    } catch {
        throw .system(error)
    }
}

/// Runs something of libcryptsetup as part of a preparation.
@discardableResult
func encryption<Result>(
    _ body: () throws(CryptError) -> Result
) throws(PreparationError.Reason) -> Result {
    do {
        return try body()
    } catch {
        throw .encryption(error)
    }
}
