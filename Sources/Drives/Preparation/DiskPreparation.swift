public import LinuxSystem
internal import SystemPackage

/// Makes a drive of a disk: from the check to the link that starts the agent.
///
/// The order is the safety. The key is on the machine before the disk is formatted. Nothing of the machine's files
/// names the drive before it is finished and closed. The link comes last of all, because systemd starts a run as
/// soon as an enabled UUID appears. A step that fails takes back the files that the steps before it made; the disk
/// is then as it was (up to `writeKey`) or can be taken again.
public struct DiskPreparation: Sendable {
    let layout: HostLayout
    let operations: any DriveOperations
    let machineMemoryBytes: UInt64

    /// Prepares for the machine with these folders.
    public init(
        layout: HostLayout = HostLayout(),
        operations: any DriveOperations = LinuxDriveOperations()
    ) {
        self.init(layout: layout, operations: operations, machineMemoryBytes: Machine.memoryBytes)
    }

    init(layout: HostLayout, operations: any DriveOperations, machineMemoryBytes: UInt64) {
        self.layout = layout
        self.operations = operations
        self.machineMemoryBytes = machineMemoryBytes
    }

    /// Erases the plan's disk and makes the drive. Blocks, from seconds to minutes.
    ///
    /// Call `MountNamespace.makePrivate` at the program's start, and `systemctl daemon-reload` afterwards.
    ///
    /// - Parameters:
    ///   - interruption: asked between the steps.
    ///   - progress: called at the beginning of each step.
    public func prepare(
        _ plan: PreparationPlan,
        secrets: borrowing PreparationSecrets,
        interruption: Interruption = Interruption(),
        progress: @escaping (PreparationStep) -> Void
    ) throws(PreparationError) -> PreparedDrive {
        var work = PreparationWork(
            plan: plan,
            layout: layout,
            operations: operations,
            cost: PassphraseCost(machineMemoryBytes: machineMemoryBytes),
            interruption: interruption,
            progress: progress
        )
        do {
            return try work.run(secrets)
        } catch {
            work.enrollment.takeBack()
            throw PreparationError(
                error,
                device: plan.disk.devicePath,
                step: work.step,
                leftBehind: work.enrollment.leftBehind
            )
        }
    }
}
