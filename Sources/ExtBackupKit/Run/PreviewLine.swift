internal import Copying
internal import Drives
public import LinuxSystem
internal import Reporting

/// A line of what a run would do.
public enum PreviewLine: Hashable, Sendable, CustomStringConvertible {
    /// A change of one entry; the path begins with the source's name.
    case change(kind: String, path: FileName)
    /// A source's totals.
    case total(source: String, text: String)
    /// Bytes for all sources, and whether the drive has room for them.
    case space(needed: String, free: String, fit: Fit)
    /// How long it may take.
    case estimate(String)
    /// What of a run a preview leaves out.
    case hooks(String)

    /// Whether what is planned has room.
    public enum Fit: Hashable, Sendable {
        /// As the drive is.
        case fits
        /// Once what the sources do not have any more is deleted.
        case fitsAfterDeletions
        /// Not even then.
        case doesNotFit

        fileprivate var words: String {
            switch self {
            case .fits: "it fits"
            case .fitsAfterDeletions: "it fits after the deletions"
            case .doesNotFit: "it does not fit"
            }
        }
    }

    /// The line.
    public var description: String {
        switch self {
        case .change(let kind, let path): "\(kind) \(path)"
        case .total(let source, let text): "\(source): \(text)"
        case .space(let needed, let free, let fit): "needed: \(needed), free: \(free): \(fit.words)"
        case .estimate(let text), .hooks(let text): text
        }
    }
}

extension PlannedChange.Kind {
    /// A word, as wide as the others.
    fileprivate var word: String {
        switch self {
        case .new: "new     "
        case .contents: "changed "
        case .metadata: "metadata"
        case .link: "link    "
        case .move: "moved   "
        case .removal: "delete  "
        case .leftover: "rest    "
        }
    }
}

extension PlannedSource {
    /// Tells each change, then the totals.
    func show(to show: (PreviewLine) -> Void, on drive: DriveName) throws(Failure) {
        let folder = FileName(source.name)
        do {
            try plan.forEachChange { show(.change(kind: $0.kind.word, path: folder.appending($0.path))) }
        } catch {
            throw Failure(error, source: source.name, drive: drive, isDrivePresent: true)
        }
        let summary = plan.summary
        var text =
            "\(summary.newFiles) new, \(summary.changedFiles) changed, \(summary.metadataOnly) with other metadata, "
            + "\(summary.deletionCount) to delete; \(ByteCount(summary.bytesToWrite)) to write"
        if case .hold(let reason) = decision { text += "; deletions would be held: \(reason)" }
        show(.total(source: source.name, text: text))
    }
}
