public import Drives
import LinuxSystem
import Reporting

extension RunContext {
    private static let nextRun = "the next run keeps it aside, writes a new one, and holds what it must"

    /// Lets the deletions through that the last run of a drive held, at its next run.
    ///
    /// - Returns: a line for each source.
    public func approveHeldDeletions(of name: DriveName) throws(Failure) -> [String] {
        _ = try DriveFile.prepared(name, in: layout)
        let held: [SourceResult]
        do throws(ReportingError) {
            let reading = try StatusFile(directory: layout.stateFolder).read()
            if let warning = reading.warning { throw ReportingError(.status, warning, hint: Self.nextRun) }
            let report = reading.status[drive: name.text].lastReport
            held = report?.sources.filter { $0.heldDeletions > 0 } ?? []
        } catch {
            throw Failure(.failed, error.message, hint: error.hint ?? Failure.hint(toUse: layout.stateFolder))
        }
        guard !held.isEmpty else {
            throw Failure(
                .failed,
                "the last run of drive '\(name)' held no deletions",
                hint: "'extbackup status' tells what it did"
            )
        }
        let deletions = Dictionary(held.map { ($0.name, Int($0.heldDeletions)) }) { max($0, $1) }
        do {
            try Approvals(folder: layout.approvalFolder).approve(deletions, for: name.text)
        } catch {
            throw Failure(
                .failed,
                "the approval cannot be kept: \(error)",
                hint: Failure.hint(toUse: layout.approvalFolder)
            )
        }
        return held.map { "source '\($0.name)': up to \($0.heldDeletions) deletions at the next run" }
    }
}
