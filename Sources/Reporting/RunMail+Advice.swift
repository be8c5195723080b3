/// What the person should do now: at most three steps, each with the exact command where there is one.
extension RunMail {
    /// One step.
    struct Step {
        let text: String
        var command: String?
    }

    /// The numbered steps, ready to print.
    var adviceLines: [String] {
        let steps = advice
        guard !steps.isEmpty else { return ["What to do now: nothing."] }
        let needsRoot = steps.contains { $0.command != nil }
        var lines = [needsRoot ? "What to do now (commands as root)" : "What to do now"]
        for (index, step) in steps.enumerated() {
            lines += TextLayout.wrap(step.text, first: "  \(index + 1). ", hanging: "     ")
            // A command is never broken: it is there to be copied.
            if let command = step.command { lines.append("         \(command)") }
        }
        return lines
    }

    private var advice: [Step] {
        switch report.safety {
        case .unsafe: Array((bringToRest + remedy).prefix(3))
        case .safe, .gone: Array((remedy.prefix(2) + again).prefix(3))
        }
    }

    /// What makes a drive safe that is not: it comes before everything else.
    private var bringToRest: [Step] {
        [
            Step(text: "Leave the drive plugged in, and close it:", command: command("cleanup")),
            Step(
                text: "Pull it only after that command says that it is safe. If it fails, shut the NAS down; "
                    + "when it is off, the drive may be pulled:",
                command: "systemctl poweroff"
            ),
        ]
    }

    /// What removes the cause. A hint of the one who knows better replaces what is said in general.
    private var remedy: [Step] {
        switch report.verdict {
        case .succeeded, .interrupted:
            []
        case .skipped:
            hinted
        case .partial where report.total.skipped.total == 0:
            hinted
        case .partial:
            [Step(text: "Look at the entries named below: are they locked, damaged, or on a bad disk?")]
        case .held:
            [
                Step(text: "Look at the sources below: is each one whole, and did you remove these files?"),
                Step(text: approval, command: command("approve")),
            ]
        case .failed(let kind):
            report.failure?.hint == nil ? remedy(for: kind) : hinted
        }
    }

    /// How held deletions are let through: by a command, and perhaps with the drive in hand.
    private var approval: String {
        guard let replug = report.replugApproval else {
            return "If you did, approve; the next run deletes them:"
        }
        let held = report.sources.filter { $0.heldDeletions > 0 }.map(\.name)
        let others = held.filter { !replug.sources.contains($0) }
        let what =
            others.isEmpty
            ? "them"
            : "those of " + replug.sources.map { "'\(SingleLine.escape($0))'" }.joined(separator: ", ")
        return
            "If you did, approve \(what): pull the drive and plug it in again "
            + replug.window(context.localTime)
            + "; the run that this starts deletes them. At any other time"
            + (others.isEmpty ? "" : ", and for the others,")
            + " approve with a command; then the next run deletes them:"
    }

    private var hinted: [Step] {
        report.failure?.hint.map { [Step(text: Self.capitalized($0))] } ?? []
    }

    private var uuid: String { SingleLine.escape(report.drive.luksUUID) }

    private func remedy(for kind: FailureKind) -> [Step] {
        switch kind {
        case .other, .verifyFailed:
            [
                Step(
                    text: "Look at the machine's warnings of the last day; failing disks, cables and power "
                        + "supplies show there:",
                    command: "journalctl --since -1d --priority warning"
                )
            ]
        case .agentKilled, .notClosed: []
        case .noDrive:
            [
                Step(
                    text: "See which disks are plugged in:",
                    command: "lsblk -o NAME,SIZE,SERIAL,FSTYPE,UUID"
                )
            ]
        case .locked:
            [Step(text: "Wait until the other work is done; see what it is:", command: "extbackup status")]
        case .unlockFailed:
            [
                Step(
                    text: "Nothing was written to the drive. See whether its header is damaged:",
                    command: "cryptsetup luksDump /dev/disk/by-uuid/\(uuid)"
                ),
                Step(
                    text: "If that shows an error, put the NAS's copy of the header back; write the drive's "
                        + "partition, as 'lsblk' shows it, for /dev/sdX1:",
                    command: "cryptsetup luksHeaderRestore /dev/sdX1 "
                        + "--header-backup-file /var/lib/extbackup/headers/\(uuid).img"
                ),
            ]
        case .noSpace:
            [
                Step(
                    text: "Make it fit: leave something out with 'exclude' in the configuration, or prepare "
                        + "a larger drive. Nothing was deleted to make room."
                )
            ]
        case .driveGone:
            [Step(text: "Check the drive's cable, its port and its power supply.")]
        case .sourceMissing:
            [
                Step(
                    text: "Mount the source that is named below, or correct its path. Nothing of it was "
                        + "deleted on the drive. See what is mounted:",
                    command: "findmnt --real"
                )
            ]
        case .config:
            [Step(text: "Correct the configuration:", command: "extbackup config check")]
        }
    }

    /// What comes after the remedy: how the next run begins.
    private var again: [Step] {
        switch report.verdict {
        case .succeeded, .skipped: return []
        case .held:
            return [Step(text: "If you did not, repair the source first: the drive still holds the files.")]
        case .partial, .failed, .interrupted: break
        }
        switch report.safety {
        case .gone:
            return [Step(text: "Plug the drive in again. The backup starts by itself and goes on.")]
        case .safe(.poweredOff):
            return [
                Step(text: "Pull the drive and plug it in again. The backup starts by itself and goes on.")
            ]
        case .safe(.stopped), .safe(.closed):
            return [
                Step(
                    text: "Run the backup again: pull the drive and plug it in, or",
                    command: command("run")
                )
            ]
        case .unsafe: return []
        }
    }

    /// The answer to the question that the section asks.
    var safety: String {
        switch report.safety {
        case .safe(.poweredOff):
            "Yes. The file system is unmounted, LUKS is closed, and the drive has no power."
        case .safe(.stopped):
            "Yes. The file system is unmounted, LUKS is closed, and the drive is stopped."
        case .safe(.closed):
            "Yes. The file system is unmounted, LUKS is closed, and nothing uses the drive."
        case .unsafe(let reason):
            "NO. " + Self.sentence(reason)
        case .gone:
            "It is not plugged in."
        }
    }

    /// A message in the program's voice as a sentence.
    private static func sentence(_ message: String) -> String {
        capitalized(message) + "."
    }

    /// A hint gets no full stop: it may end in a command.
    private static func capitalized(_ text: String) -> String {
        let text = SingleLine.escape(text)
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
