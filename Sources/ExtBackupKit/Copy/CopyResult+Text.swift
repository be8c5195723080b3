import Copying
import LinuxSystem
import Reporting

/// A line of talk about a copy.
public enum CopyRemark: Hashable, Sendable {
    /// Something was not done; it goes with an exit status other than 0.
    case error(String)
    /// Something to know.
    case warning(String)

    /// The text.
    public var text: String {
        switch self {
        case .error(let text): text
        case .warning(let text): "warning: \(text)"
        }
    }
}

extension CopyResult {
    /// What people must be told, what ended the copy not among it.
    public var remarks: [CopyRemark] {
        var remarks = warnings.map { CopyRemark.warning($0) }
        remarks += skipped.listed.map {
            switch $0.reason {
            case .isDestination: .warning("\($0); it is left out")
            case .unreadable, .changedWhileRead, .refused, .attributeRefused, .holdsExcluded, .reservedName,
                .unusableRules, .folderInTheWay:
                .error("\($0)")
            }
        }
        let unlisted = skipped.count - skipped.listed.count
        if unlisted > 0 {
            remarks.append(.error("\(Self.counted(unlisted, "more entry", "more entries")) likewise"))
        }
        for entry in vanished.listed {
            remarks.append(.warning("\(entry.path) vanished while it was copied"))
        }
        let gone = vanished.count - vanished.listed.count
        if gone > 0 {
            remarks.append(.warning("\(Self.counted(gone, "more entry", "more entries")) vanished"))
        }
        remarks += blocked.listed.map { .error("\($0), which --delete removes") }
        let further = blocked.count - blocked.listed.count
        if further > 0 {
            remarks.append(.error("\(Self.counted(further, "more entry", "more entries")) likewise"))
        }
        if let withheld = outcome?.withheld, withheld > 0 {
            let what = Self.counted(withheld, "deletion was", "deletions were")
            let why = "something in the same folder, or a whole folder, could not be read"
            remarks.append(.error("\(what) not made: \(why)"))
        }
        return remarks
    }

    /// What a person is told of deletions beyond the limit.
    public var heldFailure: Failure? {
        guard case .atMost(let limit) = options.deleting, heldDeletions > 0 else { return nil }
        let count = Self.counted(heldDeletions, "entry", "entries")
        let done = options.mode == .preview ? "would be deleted" : "was deleted"
        return Failure(
            .held,
            "\(count) would go, more than the \(ByteCount.grouped(Int64(limit))) allowed: nothing \(done)",
            hint: "if they may go, give a larger --max-delete or leave it out"
        )
    }

    /// The totals, for people.
    public var lines: [String] {
        guard let summary else { return [] }
        guard let outcome else {
            return options.mode == .preview ? previewLines(summary) : []
        }
        var parts = [
            "\(Self.counted(outcome.copiedFiles, "file", "files")) copied (\(ByteCount(outcome.copiedBytes)))",
            "\(Self.counted(outcome.madeFolders, "folder", "folders")) made",
        ]
        if outcome.links > 0 {
            parts.append("\(Self.counted(outcome.links, "hard link", "hard links")) made")
        }
        if outcome.repaired > 0 {
            parts.append("metadata of \(Self.counted(outcome.repaired, "entry", "entries")) repaired")
        }
        parts.append("\(ByteCount.grouped(Int64(outcome.deleted))) deleted")
        let duration = outcome.scanDuration + outcome.applyDuration
        return [parts.joined(separator: ", ") + "; \(duration.text)"]
    }

    private func previewLines(_ summary: PlanSummary) -> [String] {
        let number = { (count: Int) in ByteCount.grouped(Int64(count)) }
        var lines = [
            "new: \(Self.counted(summary.newFiles, "file", "files")), "
                + Self.counted(summary.newFolders, "folder", "folders")
                + ", \(Self.counted(summary.links, "hard link", "hard links"))",
            "changed: \(Self.counted(summary.changedFiles, "file", "files")); "
                + "metadata alone: \(number(summary.metadataOnly))",
            "to write: \(ByteCount(summary.bytesToWrite).full)",
        ]
        let deletions =
            Self.counted(summary.deletedFiles, "file", "files") + ", "
            + Self.counted(summary.deletedFolders, "folder", "folders")
        switch self.deletions {
        case .perform: lines.append("to delete: \(deletions)")
        case .hold: lines.append("to delete: nothing (kept: \(deletions))")
        }
        let needed = ByteCount(summary.spaceNeeded)
        let space = "\(needed) needed, \(available) free"
        switch fit {
        case .fits: lines.append("it fits: \(space)")
        case .fitsAfterDeletions: lines.append("it fits once the deletions were made: \(space)")
        case .doesNotFit: lines.append("it does not fit: \(space)")
        }
        return lines
    }

    private static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        "\(ByteCount.grouped(Int64(count))) \(count == 1 ? one : many)"
    }
}
