public import Drives
import LinuxSystem
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
        let isNewer: Bool
        do {
            let drive = try DriveFile(named: name.text, in: layout.driveFolder)
            let candidates = try operations.candidates(luksUUID: drive.luksUUID)
            isNewer = candidates.contains {
                $0.diskSequence > last && (drive.serial == nil || $0.serial == drive.serial)
            }
        } catch let error as ConfigurationError {
            throw Failure(error)
        } catch {
            throw Failure(.failed, "looking for drive '\(name)' failed: \(error)")
        }
        guard isNewer else { return false }
        logger.notice("plugged in again, starting the next run", metadata: ["drive": "\(name)"])
        do {
            let outcome = try ChildProcess([
                "/usr/bin/systemctl", "--no-block", "start", FileName("extbackup@\(name).service"),
            ]).run()
            if outcome.isSuccess { return true }
            throw Failure(.failed, "the next run cannot be started: \(outcome.lastLine)")
        } catch let error as SystemError {
            throw Failure(.failed, "the next run cannot be started: \(error)")
        } catch {
            throw error as? Failure ?? Failure(.failed, "\(error)")
        }
    }
}
