import Copying
import FoundationEssentials
import LinuxSystem
import Reporting

extension CopyResult {
    /// Everything, for programs: one JSON document. Names are escaped as in `--itemize`.
    public func json() throws(Failure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(CopyDocument(self)), as: UTF8.self)
        } catch {
            throw Failure(.failed, "the result cannot be written as JSON: \(error)")
        }
    }
}

/// The document's form. A part that is not there was not come to.
private struct CopyDocument: Encodable {
    struct Trouble: Encodable {
        let message: String
        let hint: String?
    }

    struct Entry: Encodable {
        let path: String
        let reason: String
        let message: String
    }

    struct List: Encodable {
        let count: Int
        let listed: [Entry]
    }

    struct Plan: Encodable {
        let newFiles, changedFiles, metadataOnly, newFolders, links, deletedFiles, deletedFolders: Int
        let bytesToWrite, bytesNeeded, bytesAvailable: Int64
        let fits: Bool
    }

    struct Work: Encodable {
        let copiedFiles, madeFolders, links, repaired, deleted, withheld: Int
        let copiedBytes: Int64
        let scanSeconds, applySeconds: Double
    }

    let source, destination: String
    let dryRun: Bool
    let exit: Int32
    let exitName: String
    let errors: [Trouble]
    let summary: Plan?
    let outcome: Work?
    let heldDeletions: Int
    let blocked, skipped, vanished: List

    init(_ result: CopyResult) {
        source = EscapedName(result.options.source).text
        destination = EscapedName(result.options.destination).text
        dryRun = result.options.mode == .preview
        exit = result.status.rawValue
        exitName = result.status.name
        errors = [result.failure, result.heldFailure].compactMap { $0 }.map {
            Trouble(message: $0.message, hint: $0.hint)
        }
        summary = result.summary.map { Plan($0, result) }
        outcome = result.outcome.map { Work($0) }
        heldDeletions = result.heldDeletions
        blocked = List(result.blocked)
        skipped = List(result.skipped)
        vanished = List(result.vanished)
    }
}

extension CopyDocument.Plan {
    init(_ summary: PlanSummary, _ result: CopyResult) {
        newFiles = summary.newFiles
        changedFiles = summary.changedFiles
        metadataOnly = summary.metadataOnly
        newFolders = summary.newFolders
        links = summary.links
        deletedFiles = summary.deletedFiles
        deletedFolders = summary.deletedFolders
        bytesToWrite = summary.bytesToWrite
        bytesNeeded = summary.spaceNeeded
        bytesAvailable = result.available.bytes
        switch result.fit {
        case .fits, .fitsAfterDeletions: fits = true
        case .doesNotFit: fits = false
        }
    }
}

extension CopyDocument.Work {
    init(_ outcome: CopyOutcome) {
        copiedFiles = outcome.copiedFiles
        madeFolders = outcome.madeFolders
        links = outcome.links
        repaired = outcome.repaired
        deleted = outcome.deleted
        withheld = outcome.withheld
        copiedBytes = outcome.copiedBytes
        scanSeconds = outcome.scanDuration / .seconds(1)
        applySeconds = outcome.applyDuration / .seconds(1)
    }
}

extension CopyDocument.List {
    init(_ entries: CopyResult.Entries) {
        count = entries.count
        listed = entries.listed.map {
            CopyDocument.Entry(path: EscapedName($0.path).text, reason: $0.reason.word, message: "\($0)")
        }
    }
}

extension SkippedEntry.Reason {
    /// A word for programs.
    fileprivate var word: String {
        switch self {
        case .unreadable: "unreadable"
        case .changedWhileRead: "changedWhileRead"
        case .refused: "refused"
        case .attributeRefused: "attributeRefused"
        case .holdsExcluded: "holdsExcluded"
        case .folderInTheWay: "folderInTheWay"
        case .reservedName: "reservedName"
        case .isDestination: "isDestination"
        case .unusableRules: "unusableRules"
        }
    }
}
