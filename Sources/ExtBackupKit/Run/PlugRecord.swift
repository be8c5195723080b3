public import Drives
public import LinuxSystem
import Logging
import Reporting
import SystemPackage

/// Which plug-in of a drive the last run worked on, so that a newer one is noticed: every plug-in gets a run.
///
/// Disk sequence numbers start anew at boot, and so does the folder.
struct PlugRecord {
    private let folder: FileName
    private let file: FileName

    init(of name: DriveName, in layout: HostLayout) {
        folder = layout.runFolder
        file = FileName(name.text + ".plug")
    }

    func note(diskSequence: UInt64) throws(SystemError) {
        try Descriptor.makeFolder(folder, mode: 0o755)
            .replaceFile(file, with: Array(String(diskSequence).utf8), mode: 0o600)
    }

    /// Nil when no run has found the drive since the machine started.
    func diskSequence() -> UInt64? {
        // Missing and unreadable mean the same: nothing is known of an earlier plug-in, ignoring.
        guard let bytes = try? Descriptor.open(folder.appending(file), .read).readAll(limit: 64) else {
            return nil
        }
        return UInt64(String(decoding: bytes, as: UTF8.self))
    }
}

extension RunContext {
    /// Starts the drive's unit if the drive was plugged in again while its run was ending: systemd takes a plug-in
    /// as done when the unit is still active, so that nobody else would.
    ///
    /// - Returns: true when there is a newer plug-in.
    @discardableResult
    public func startRunOfNewerPlugIn(of name: DriveName) throws(Failure) -> Bool {
        guard let last = PlugRecord(of: name, in: layout).diskSequence() else { return false }
        let drive = try DriveFile.prepared(name, in: layout)
        do {
            let newest = try operations.candidates(luksUUID: drive.luksUUID)
                .filter { drive.serial == nil || $0.serial == drive.serial }
                .map(\.diskSequence).max()
            guard let newest, newest > last else { return false }
            // Noted before the start: a run that dies before it can note its plug-in is not started for ever.
            try PlugRecord(of: name, in: layout).note(diskSequence: newest)
        } catch {
            throw Failure(.failed, "looking for drive '\(name)' failed: \(error)")
        }
        logger.notice("plugged in again, starting the next run", metadata: ["drive": "\(name)"])
        try startUnit(FileName("extbackup@\(name).service"))
        return true
    }

    /// Asks systemd to start a unit, and does not wait for it.
    public static func startWithSystemd(_ unit: FileName) throws(Failure) {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess(["/usr/bin/systemctl", "--no-block", "start", unit]).run()
        } catch {
            throw Failure(.failed, "the next run cannot be started: \(error)")
        }
        if outcome.isSuccess { return }
        throw Failure(.failed, "the next run cannot be started: \(outcome.lastLine)")
    }
}
