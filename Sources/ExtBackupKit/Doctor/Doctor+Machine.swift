import Drives
import LinuxSystem
import Reporting
import SystemPackage

/// Kernel, udev, other programs, clock and room.
extension Doctor {
    func checkMachine() -> [Finding] {
        var findings: [Finding] = []
        if isThere(machine.deviceMapper) {
            findings.append(.fine(.machine, nil, "the kernel has device-mapper"))
        } else {
            findings.append(
                .failure(
                    .machine,
                    nil,
                    "there is no \(machine.deviceMapper): no drive can be unlocked",
                    hint: "run 'modprobe dm-crypt'; a container or a small kernel may not have it"
                )
            )
        }
        if isThere(machine.udevControl) {
            findings.append(.fine(.machine, nil, "udev runs"))
        } else {
            findings.append(
                .failure(
                    .machine,
                    nil,
                    "udev does not run: nobody sees a drive that is plugged in",
                    hint: "run 'systemctl start systemd-udevd'"
                )
            )
        }
        findings.append(checkRules())
        return findings
    }

    /// Who else may open a drive, or mount what is on it, before the agent does.
    func checkAutomounters(of drives: [DriveFile]) -> [Finding] {
        var findings: [Finding] = []
        for table in [machine.cryptTable, machine.mountTable] {
            let text = text(of: table).lowercased()
            for drive in drives where mentions(drive, text) {
                findings.append(
                    .failure(
                        .automounter,
                        drive.name,
                        "\(table) names it: the system opens it before the agent can",
                        hint: "remove its line there, then run 'systemctl daemon-reload'"
                    )
                )
            }
        }
        let programs = runningPrograms()
        for program in Self.automounters where programs.contains(program) {
            findings.append(
                .note(
                    .automounter,
                    nil,
                    "'\(program)' runs: it leaves prepared drives alone as long as udev's rules hide them",
                    hint: "should it open a drive all the same, stop it or make it ignore the drive's UUID"
                )
            )
        }
        return findings.isEmpty ? [.fine(.automounter, nil, "nobody else opens drives")] : findings
    }

    private static let automounters = ["udiskie", "devmon", "udevil", "udisks-glue", "usbmount"]

    /// Comments do not count.
    private func mentions(_ drive: DriveFile, _ table: String) -> Bool {
        table.split(separator: "\n").contains { line in
            line.first { $0 != " " && $0 != "\t" } != "#" && line.contains(drive.luksUUID.lowercased())
        }
    }

    private func runningPrograms() -> Set<String> {
        // Who hides processes from us has no automounter to hide, ignoring.
        guard let folder = try? Descriptor.open(machine.processes, [.directory, .followLink]),
            let names = try? folder.entryNames()
        else { return [] }
        var programs: Set<String> = []
        for name in names where name.bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            let path = machine.processes.appending(name).appending("comm")
            programs.insert(text(of: path).split(separator: "\n").first.map(String.init) ?? "")
        }
        return programs
    }

    func checkClock() -> [Finding] {
        let now = context.now()
        if now < Self.earliest {
            return [clockIsBehind("the clock says \(now), which cannot be")]
        }
        // A damaged status has its finding beside the drives, ignoring.
        let status = (try? StatusFile(directory: context.layout.stateFolder).read().status) ?? Status()
        let last = status.drives.values.compactMap { $0.lastReport?.ended }.max()
        if let last, now < last {
            return [clockIsBehind("the clock says \(now), but a run ended at \(last)")]
        }
        switch machine.isClockSynchronized() {
        case true?: return [.fine(.clock, nil, "it is set by other clocks")]
        case false?:
            return [
                .warning(
                    .clock,
                    nil,
                    "nobody sets it: due dates and file times drift",
                    hint: "run 'timedatectl set-ntp true'"
                )
            ]
        case nil: return [.note(.clock, nil, "whether anybody sets it cannot be found out")]
        }
    }

    private func clockIsBehind(_ message: String) -> Finding {
        .failure(
            .clock,
            nil,
            message,
            hint: "run 'timedatectl set-ntp true', or set it with 'timedatectl set-time'"
        )
    }

    /// No version of the program is older than this: 2026-01-01.
    private static let earliest = Timestamp(seconds: 1_767_225_600)

    func checkSpace() -> [Finding] {
        let folder = context.layout.stateFolder
        let free: ByteCount
        do {
            free = ByteCount(try Descriptor.open(folder, [.directory, .followLink]).availableBytes())
        } catch {
            if error.errno == .noSuchFileOrDirectory {
                return [.note(.space, nil, "there is no \(folder) yet: the first drive brings it")]
            }
            return [
                .failure(.space, nil, "\(folder) cannot be opened: \(error.reason)", hint: "run it as root")
            ]
        }
        let hint = "make room: what is known of every file on a drive is kept there, about 150 bytes each"
        if free < Self.leastSpace {
            return [.failure(.space, nil, "\(folder) has only \(free) left", hint: hint, status: .noSpace)]
        }
        if free < Self.smallSpace {
            return [.warning(.space, nil, "\(folder) has only \(free) left", hint: hint)]
        }
        return [.fine(.space, nil, "\(folder) has \(free) left")]
    }

    private static let leastSpace = ByteCount(16 << 20)
    private static let smallSpace = ByteCount(256 << 20)

    private func isThere(_ path: FileName) -> Bool {
        do {
            _ = try Descriptor.open(path, [.path, .followLink])
            return true
        } catch {
            return false
        }
    }

    /// What a file of the system says; nothing when it is not there.
    private func text(of path: FileName) -> String {
        // It is not ours: without it there is nothing in the way, ignoring.
        let bytes = try? Descriptor.open(path, [.read, .followLink, .nonBlocking]).readAll(limit: 1 << 20)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }
}
