public import LinuxSystem
internal import SystemPackage

/// What a person decided before a drive is taken in that somebody else encrypted, or another machine prepared.
public struct AdoptionPlan: Sendable {
    /// The drive's name from now on.
    public var name: DriveName
    /// The partition, or the disk, with the LUKS header.
    public var device: FileName
    /// The time, in seconds since 1970 (UTC).
    public var preparedAtSeconds: Int64
    /// This machine's name, for the instructions on the drive.
    public var hostName: String
    /// The drives that this machine has already.
    public var known: OwnDrives

    /// Joins the decisions.
    public init(
        name: DriveName,
        device: FileName,
        preparedAtSeconds: Int64,
        hostName: String,
        known: OwnDrives
    ) {
        self.name = name
        self.device = device
        self.preparedAtSeconds = preparedAtSeconds
        self.hostName = hostName
        self.known = known
    }
}

/// Takes a LUKS drive in: it gets this machine's key beside what opens it already, and a marker. What is on it stays.
///
/// The order is that of `DiskPreparation`: the key is on the machine before the drive knows it, and the link that starts
/// the agent comes last. A step that fails takes back what the steps before it made, the key slot included.
public struct DriveAdoption: Sendable {
    let layout: HostLayout
    let operations: any DriveOperations

    /// Takes drives in for the machine with these folders.
    public init(
        layout: HostLayout = HostLayout(),
        operations: any DriveOperations = LinuxDriveOperations()
    ) {
        self.layout = layout
        self.operations = operations
    }

    /// The steps, in their order.
    public enum Step: Int, Hashable, Sendable, CaseIterable {
        /// Try the passphrase.
        case check
        /// Make the key and write it to the machine.
        case writeKey
        /// Give the drive the key.
        case addKey
        /// Save the LUKS header on the machine.
        case backUpHeader
        /// Unlock with the new key, and see which file system is inside.
        case unlock
        /// Write marker and instructions to the drive.
        case writeMarker
        /// Wait until udev has seen the drive as it is now.
        case settle
        /// Write drive file and recovery sheet to the machine.
        case writeDriveFile
        /// Enable the agent for the drive.
        case enable
    }

    /// Refuses a drive that cannot be taken in, before anybody is asked for its passphrase.
    public func check(_ plan: AdoptionPlan) throws(PreparationError) {
        let work = AdoptionWork(
            plan: plan,
            layout: layout,
            operations: operations,
            interruption: Interruption(),
            progress: { _ in }
        )
        do {
            _ = try work.check()
        } catch {
            throw PreparationError(error, device: plan.device)
        }
    }

    /// Takes the plan's drive in. Blocks for seconds. Call `MountNamespace.makePrivate` at the program's start, and
    /// `systemctl daemon-reload` afterwards.
    ///
    /// - Parameter progress: called at the beginning of each step.
    public func adopt(
        _ plan: AdoptionPlan,
        passphrase: borrowing SecretBytes,
        interruption: Interruption = Interruption(),
        progress: @escaping (Step) -> Void
    ) throws(PreparationError) -> PreparedDrive {
        var work = AdoptionWork(
            plan: plan,
            layout: layout,
            operations: operations,
            interruption: interruption,
            progress: progress
        )
        do {
            return try work.run(passphrase)
        } catch {
            work.enrollment.takeBack()
            throw PreparationError(error, device: plan.device, leftBehind: work.enrollment.leftBehind)
        }
    }
}

extension DriveAdoption.Step: CustomStringConvertible {
    /// What is being done, for a line of progress.
    public var description: String {
        switch self {
        case .check: "trying the passphrase"
        case .writeKey: "writing the key file"
        case .addKey: "adding the key to the drive"
        case .backUpHeader: "saving the LUKS header"
        case .unlock: "unlocking with the new key"
        case .writeMarker: "writing marker and instructions"
        case .settle: "waiting for udev"
        case .writeDriveFile: "writing the drive file"
        case .enable: "enabling the agent"
        }
    }
}
