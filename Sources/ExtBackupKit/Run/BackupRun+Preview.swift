import Copying
import Drives
import Reporting

extension BackupRun {
    /// Tells what was planned of each source, then whether all of it fits. What does not is a failure, as it would be for
    /// a backup.
    ///
    /// - Returns: false when a backup would copy nothing.
    mutating func tell(
        of planned: [PlannedSource],
        _ mounted: borrowing MountedVolume,
        to show: (PreviewLine) -> Void
    ) throws(Failure) -> Bool {
        for source in planned { try source.show(to: show, on: name) }
        let order = deletionOrder(for: planned, on: mounted)
        if !planned.isEmpty, let space = record.space, let needed = space.needed {
            show(.space(needed: "\(needed)", free: "\(space.before)", fit: PreviewLine.Fit(order)))
        }
        if order == nil { return false }
        if let text = timeEstimate(of: planned) { show(.estimate(text)) }
        return true
    }
}

extension PreviewLine.Fit {
    /// Nil means that there is no order in which it fits.
    fileprivate init(_ order: DeletionOrder?) {
        self =
            switch order {
            case .last: .fits
            case .first: .fitsAfterDeletions
            case nil: .doesNotFit
            }
    }
}
