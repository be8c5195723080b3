import Lab
import LinuxSystem

/// A run that the demo has told.
struct FinishedRun {
    let title: String
    let light: LightColor
    let seconds: Double
}

/// How a run has to end.
enum ExpectedEnd {
    case green, red

    var lights: [LightColor] {
        switch self {
        case .green: [LightColor(Light.working), LightColor(Light.safe)]
        case .red: [LightColor(Light.working), LightColor(Light.failed)]
        }
    }

    var status: Int {
        switch self {
        case .green: 0
        case .red: 26
        }
    }
}

extension Demo {
    /// Plugs the drive in, tells the run, and checks that it ended as it should.
    mutating func backUp(
        _ title: String,
        speed: DriveSpeed = .full,
        expecting expected: ExpectedEnd
    ) throws(LabFailure) {
        let guest = nas.guest
        let drive = drive
        let outcome = try timeline.tell("the drive is plugged in") { () throws(LabFailure) in
            try guest.plug(drive, speed: speed)
        }
        let run = try nas.waitForEnd()
        guard run.status == expected.status, outcome.lights == expected.lights else {
            let lights = outcome.lights.map(\.word).joined(separator: ", ")
            throw LabFailure(
                "\(title): the run ended with status \(run.status.map { "\($0)" } ?? "?"), the light showed "
                    + "\(lights.isEmpty ? "nothing" : lights)",
                details: run.journal
            )
        }
        runs.append(
            FinishedRun(
                title: title,
                light: outcome.lights.last ?? .off,
                seconds: outcome.seconds
            )
        )
    }

    /// Shows a command and, while it runs, what it writes.
    func show(_ command: String) throws(LabFailure) {
        page.command(command)
        let output = "/run/demo-output"
        let end = "/run/demo-end"
        try nas.guest.check(
            """
            rm -f \(output) \(end)
            { ( \(command)
            ) > \(output) 2>&1; echo $? > \(end); } < /dev/null > /dev/null 2>&1 &
            """
        )
        var shown = 0
        while true {
            // The end is read first: what was written before it is then complete.
            let answer = try nas.guest.check(
                "cat \(end) 2>/dev/null || true; printf '\\0'; tail -c +\(shown + 1) \(output) 2>/dev/null || true"
            ).stdoutBytes
            let parts = answer.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            let status = String(decoding: parts[0], as: UTF8.self)
            if parts.count == 2, let last = parts[1].lastIndex(of: UInt8(ascii: "\n")) {
                page.say(String(decoding: parts[1][..<last], as: UTF8.self))
                shown += last - parts[1].startIndex + 1
            }
            if status == "0\n" { return }
            if !status.isEmpty { throw LabFailure("'\(command)' ended with status \(status)") }
            Thread.sleep(for: .milliseconds(300))
        }
    }

    /// Opens the drive with other programs, compares it with the sources, and shows how. Returns how many files of
    /// the photos are on it.
    func compare() throws(LabFailure) -> Int {
        let count = "find /mnt/photos -type f | wc -l"
        let output = try nas.look(into: drive) {
            (["readlink -f \(drive.devicePath)-part1", count] + NAS.sources.map { NAS.comparison(of: $0) })
                .joined(separator: "\n")
        }
        let parts = output.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw LabFailure("the drive could not be looked at", details: output) }
        page.command("cryptsetup open --readonly --key-file /etc/extbackup/keys/red.key \(parts[0]) look")
        page.command("mount -o ro /dev/mapper/look /mnt")
        page.command(count)
        page.say(String(parts[1]))
        for source in NAS.sources { page.command(NAS.comparison(of: source)) }
        guard parts[2].isEmpty, let files = Int(parts[1]), files > 0 else {
            throw LabFailure("the copy differs from the source", details: output)
        }
        page.say("rsync prints nothing: contents, names, owners, times, links and attributes are equal.")
        return files
    }

    /// What was seen, and where to go next.
    func summary() {
        page.chapter(6, "In short")
        for (index, run) in runs.enumerated() {
            page.say(
                "plug-in \(index + 1)  " + padded(run.title, to: 20) + page.block(run.light) + "  after "
                    + leftPadded(oneDecimal(run.seconds), to: 5) + " s"
            )
        }
        page.line()
        page.say(
            """
            Software emulation is slow; on a real NAS all but the copying takes a few seconds.

            Next: README.md. "Install it on a NAS", then "The first drive".
            """
        )
    }
}
