import ArgumentParser
import Drives
import ExtBackupKit

extension CompletionKind {
    /// The names of the prepared drives, looked up when a person presses Tab.
    static let driveName = CompletionKind.custom { _, _, _ in
        // Without a drive, or for one who may not look, there is nothing to propose, ignoring.
        (try? DriveFile.names(in: HostLayout().driveFolder)) ?? []
    }
}
