import Drives
import LinuxSystem
import Reporting

/// A prepared drive: what its file says, whether it is plugged in, and what became of its runs.
struct KnownDrive {
    let file: DriveFile
    /// The device that holds it; nil when it is away.
    let device: BlockDevice?
    /// A device that has its LUKS header but is another disk: a copy of it.
    let impostor: BlockDevice?
    let situation: DriveSituation

    /// Looks for the drive, of which the status file says `status`.
    init(_ file: DriveFile, status: DriveStatus, in context: RunContext) throws(Failure) {
        let devices: [BlockDevice]
        do {
            devices = try context.operations.candidates(luksUUID: file.luksUUID)
        } catch {
            throw Failure(.failed, "drives cannot be looked for: \(error)", hint: "see that udev runs")
        }
        let isSame = { (device: BlockDevice) in file.serial == nil || device.serial == file.serial }
        device = devices.first(where: isSame)
        impostor = devices.first { !isSame($0) }
        self.file = file
        situation = context.situation(of: file.name, status)
    }
}

extension RunContext {
    /// The status of all drives, and what is wrong with its file. Before the first run there need not be one.
    func statusOfDrives() throws(Failure) -> (status: Reporting.Status, warnings: [String]) {
        do {
            let reading = try StatusFile(directory: layout.stateFolder).read()
            return (reading.status, reading.warning.map { [$0] } ?? [])
        } catch {
            throw Failure(.failed, error.message, hint: error.hint ?? Failure.hint(toUse: layout.stateFolder))
        }
    }
}

/// What a list and a description of one drive have in common, for programs.
struct KnownDriveDocument: Encodable {
    let name, luksUUID, fileSystem, prepared: String
    let serial: String?
    let isPluggedIn: Bool
    let device: String?
    let lastGood: Timestamp?

    init(_ drive: KnownDrive) {
        name = drive.file.name
        luksUUID = drive.file.luksUUID
        fileSystem = drive.file.fileSystem
        prepared = drive.file.prepared
        serial = drive.file.serial
        isPluggedIn = drive.device != nil
        device = drive.device?.node.text
        lastGood = drive.situation.status.lastGood
    }
}
