// A report as text: what a mail says of it among other things, and all of it, for a person who asks about this run.
// Lines have at most 78 columns; what stands in the report is escaped.

extension RunReport {
    /// Everything that is known of the run, in sections that are set apart by empty lines.
    public var detailLines: [String] {
        var facts = factLines
        if let hint = failure?.hint { facts += Self.fact("what to do", hint) }
        facts += Self.fact("afterwards", safety.sentence)
        facts += Self.fact("started by", invocation == nil ? "a person" : "its unit")
        let sections: [[String]] = [
            facts,
            sources.isEmpty ? [] : ["Sources"] + sources.flatMap(\.detailLines),
            skippedLines,
            warnings.isEmpty ? [] : ["Warnings"] + warningLines,
            journalCommand.map { ["The whole log of this run:", "  \($0)"] } ?? [],
        ]
        return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    /// Labels and values: which drive, when, how it ended, how much was done.
    var factLines: [String] {
        var lines: [String] = []
        func add(_ label: String, _ value: String) { lines += Self.fact(label, value) }
        add("host", host)
        add("drive", drive.name)
        if let serial = drive.serial { add("serial", serial) }
        add("LUKS UUID", drive.luksUUID)
        if runNumber > 0 { add("run", "\(runNumber)") }
        add("started", started.text)
        add("ended", "\(ended.text), after \(duration.text)")
        switch verdict {
        case .failed, .interrupted: add("ended while", phase.activity)
        // It ended in order, and every such run was last seen with the same step.
        case .succeeded, .held, .partial, .skipped: break
        }
        let status = verdict.exitStatus
        // A killed agent has left no exit status.
        if verdict != .failed(.agentKilled) { add("exit status", "\(status.rawValue) (\(status.name))") }
        if let failure { add("reason", failure.message) }
        for (label, value) in amounts { add(label, value) }
        return lines
    }

    /// How much was done. Without sources nothing is known of that, which is not the same as nothing.
    private var amounts: [(label: String, value: String)] {
        var amounts: [(label: String, value: String)] = []
        let total = self.total
        if !sources.isEmpty {
            let files = RunMail.counted(total.filesCopied, "file", "files")
            amounts.append(("copied", "\(files), \(total.bytesCopied.full)"))
            amounts.append(("deleted", ByteCount.grouped(total.deleted)))
        }
        if total.heldDeletions > 0 {
            amounts.append(("held", RunMail.counted(total.heldDeletions, "deletion", "deletions")))
        }
        if total.skipped.total > 0 { amounts.append(("not copied", ByteCount.grouped(total.skipped.total))) }
        if let space {
            if let needed = space.needed { amounts.append(("space needed", needed.full)) }
            amounts.append(("free before", space.before.full))
            if let after = space.after { amounts.append(("free after", after.full)) }
        }
        return amounts
    }

    /// An item for each warning.
    var warningLines: [String] {
        warnings.flatMap { TextLayout.wrap(SingleLine.escape($0), first: "  - ", hanging: "    ") }
    }

    /// All that were named, by source, and how many more there are.
    private var skippedLines: [String] {
        let lines = sources.flatMap { source in
            let named = source.skipped.first.map { "\($0.path): \($0.reason)" }
            let rest = source.skipped.total - Int64(named.count)
            let more = rest > 0 ? [RunMail.counted(rest, "more entry", "more entries")] : []
            return (named + more).flatMap {
                TextLayout.wrap(SingleLine.escape("\(source.name): \($0)"), first: "  ", hanging: "      ")
            }
        }
        return lines.isEmpty ? [] : ["Not copied"] + lines
    }

    /// What prints everything that the run wrote to the journal; nil when a person ran it by hand.
    var journalCommand: String? {
        guard let invocation, JournalReader.isInvocation(invocation) else { return nil }
        return "journalctl _SYSTEMD_INVOCATION_ID=\(invocation)"
    }

    private static func fact(_ label: String, _ value: String) -> [String] {
        TextLayout.fact(label, SingleLine.escape(value))
    }
}

extension SourceResult {
    fileprivate var detailLines: [String] {
        var parts = [
            "\(RunMail.counted(filesCopied, "file", "files")) copied, \(bytesCopied.full)",
            "\(ByteCount.grouped(deleted)) deleted",
        ]
        if heldDeletions > 0 {
            parts.append("\(RunMail.counted(heldDeletions, "deletion", "deletions")) held")
        }
        if skipped.total > 0 { parts.append("\(ByteCount.grouped(skipped.total)) not copied") }
        if let note { parts.append(note) }
        return TextLayout.fact(SingleLine.escape(name), SingleLine.escape(parts.joined(separator: "; ")))
    }
}
