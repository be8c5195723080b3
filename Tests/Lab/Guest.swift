// A running guest.

internal import Glibc
internal import Synchronization

/// A virtual NAS that runs. It is switched off when this value goes; what it wrote goes with it.
///
/// Its methods block the calling thread and may be called from several threads.
public final class Guest: Sendable {
    let monitor: MachineMonitor
    let plugged = Mutex<[String: PluggedDrive]>([:])
    private let agent: GuestAgent
    private let process: MachineProcess
    private let folder: String

    /// Starts a guest from a saved state, with the right time and random numbers of its own. Takes about half a second.
    public static func start(from snapshot: LabSnapshot) throws(LabFailure) -> Guest {
        let description = MachineDescription(
            image: snapshot.image,
            memory: .privateCopy(of: snapshot.memory),
            disk: .throwaway(basedOn: snapshot.disk)
        )
        let guest = try Guest(description, start: .loadState)
        try guest.load(snapshot)
        return guest
    }

    init(_ description: MachineDescription, start: MachineStart) throws(LabFailure) {
        folder = try ScratchSpace.makeFolder()
        let started: (MachineProcess, MachineMonitor, GuestAgent)
        do throws(LabFailure) {
            let process = try MachineProcess(
                arguments: description.arguments(folder: folder, start: start),
                temporaryFolder: folder,
                log: folder + "/qemu.log"
            )
            let monitor = try Self.connect(to: process, folder: folder)
            started = (
                process, monitor, try GuestAgent(path: folder + "/agent.sock", timeout: .seconds(10))
            )
        } catch {
            let evidence = Self.evidence(in: folder)
            HostFile.removeTree(folder)
            throw error.adding(details: evidence)
        }
        (process, monitor, agent) = started
    }

    deinit {
        process.kill()
        HostFile.removeTree(folder)
    }

    /// Switches the guest off at once. Nothing else works on it afterwards.
    public func shutdown() {
        process.kill()
    }

    // MARK: Commands

    /// Runs a command in the guest's bash, as root, and returns how it ended.
    ///
    /// A process that the command leaves behind must not hold its outputs: redirect them, or the command counts as
    /// running until that process ends too. Outputs over 16 MiB are cut off.
    /// - Throws: only when the guest does not answer. A command that takes longer than `timeout` ends with status 124.
    public func run(
        _ command: String,
        input: [UInt8] = [],
        timeout: Duration = .seconds(60)
    ) throws(LabFailure) -> CommandResult {
        do throws(LabFailure) {
            return try agent.run(["/bin/bash", "-c", command], input: input, timeout: timeout)
        } catch {
            throw LabFailure(
                "the guest could not run '\(command)': \(error.message)",
                details: error.adding(details: evidence()).details
            )
        }
    }

    /// As `run`, and an exit status other than 0 is a failure that shows all outputs and the end of the console.
    @discardableResult
    public func check(
        _ command: String,
        input: [UInt8] = [],
        timeout: Duration = .seconds(60)
    ) throws(LabFailure) -> CommandResult {
        let result = try run(command, input: input, timeout: timeout)
        guard result.succeeded else {
            let reason =
                result.status == 124 ? "did not end within \(timeout)" : "ended with status \(result.status)"
            throw LabFailure(
                "in the guest, '\(command)' \(reason)",
                details: result.evidence + "\n" + evidence()
            )
        }
        return result
    }

    /// Waits until the condition holds; asks about ten times in a second.
    /// - Throws: what was waited for and the end of the console, when `timeout` passes; what the condition throws.
    public func waitUntil(
        _ description: String,
        timeout: Duration = .seconds(60),
        _ condition: () throws(LabFailure) -> Bool
    ) throws(LabFailure) {
        let deadline = Deadline(after: timeout)
        while try !condition() {
            if let status = process.exitStatus {
                throw LabFailure(
                    "QEMU ended with status \(status) while waiting: \(description)",
                    details: evidence()
                )
            }
            if deadline.hasPassed {
                throw LabFailure("waited \(timeout) in vain: \(description)", details: evidence())
            }
            pause(milliseconds: 100)
        }
    }

    /// Waits until a command in the guest succeeds.
    public func waitUntil(
        _ description: String,
        timeout: Duration = .seconds(60),
        succeeds command: String
    ) throws(LabFailure) {
        // One command that loops in the guest is answered sooner and costs less than many commands.
        let loop = "until { \(command)\n} >/tmp/.lab-wait 2>&1; do sleep 0.1; done"
        let result = try run(loop, timeout: timeout)
        guard result.succeeded else {
            let last = try run("cat /tmp/.lab-wait")
            throw LabFailure(
                "waited \(timeout) in vain: \(description) ('\(command)')",
                details: last.evidence + "\n" + evidence()
            )
        }
    }

    // MARK: Power

    /// How the guest is reset.
    public enum Reset: Sendable {
        /// What the guest wrote is on its disk before.
        case afterSync
        /// As when the power fails: what was not synced is lost.
        case powerCut
    }

    /// Resets the machine and waits until it has booted again. Plugged drives are present at boot; an attached
    /// BlinkStick is attached again by the guest. Takes about 20 s.
    public func reset(_ how: Reset = .afterSync) throws(LabFailure) {
        if case .afterSync = how { try check("sync") }
        try monitor.execute("system_reset")
        try waitForBoot()
    }

    /// Waits until the guest has booted: its default target is reached.
    func waitForBoot() throws(LabFailure) {
        do throws(LabFailure) {
            try agent.synchronize(timeout: .seconds(180))
        } catch {
            throw error.adding(details: evidence())
        }
        try waitUntil(
            "the guest has booted",
            timeout: .seconds(120),
            succeeds: "systemctl is-active multi-user.target"
        )
    }

    // MARK: Saved states

    /// Stops the machine and saves its state; its memory is in the file that it was started with.
    func save(state path: String) throws(LabFailure) {
        try setMigrationOptions()
        try monitor.execute("migrate", ["uri": .string("exec:cat > \(shellQuoted(path))")])
        try waitForMigration()
        // Ending in an orderly way is what writes the disk's last parts.
        try monitor.execute("quit")
        guard process.waitForEnd(timeout: .seconds(30)) else {
            throw LabFailure("QEMU did not end after 'quit'")
        }
    }

    func load(_ snapshot: LabSnapshot) throws(LabFailure) {
        do throws(LabFailure) {
            try setMigrationOptions()
            try monitor.execute(
                "migrate-incoming",
                ["uri": .string("exec:cat \(shellQuoted(snapshot.state))")]
            )
            try waitForMigration()
            try monitor.execute("cont")
            try agent.synchronize(timeout: .seconds(30))
        } catch {
            throw error.adding(details: evidence())
        }
        try renewClockAndRandomness()
    }

    /// Guests of one snapshot would otherwise live in the past and draw the same random numbers, for example the
    /// same UUIDs.
    private func renewClockAndRandomness() throws(LabFailure) {
        let seed = (0..<64).map { _ in UInt8.random(in: 0...255) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        // 0x5207 is RNDRESEEDCRNG (linux/random.h): the kernel takes in what was written, at once.
        let reseed = "perl -e 'open(F, \">/dev/urandom\"); print F <STDIN>; ioctl(F, 0x5207, 0) or die'"
        let nanoseconds = String(now.tv_nsec + 1_000_000_000).dropFirst()
        try check("date -s @\(now.tv_sec).\(nanoseconds) >/dev/null && \(reseed)", input: seed)
    }

    private func setMigrationOptions() throws(LabFailure) {
        // The memory stays in its file; only the devices' state is written and read.
        try monitor.execute(
            "migrate-set-capabilities",
            ["capabilities": [["capability": "x-ignore-shared", "state": true]]]
        )
    }

    private func waitForMigration() throws(LabFailure) {
        let deadline = Deadline(after: .seconds(60))
        while true {
            let progress = try monitor.execute("query-migrate")
            switch progress["status"]?.string {
            case "completed": return
            case "failed": throw LabFailure("the state was not saved or loaded: \(progress)")
            default: break
            }
            if deadline.hasPassed { throw LabFailure("saving or loading the state took over 60 s") }
            pause(milliseconds: 5)
        }
    }

    // MARK: Evidence

    /// All that the guest wrote to its console since it was started.
    public var console: String {
        // There is no console before QEMU has begun, ignoring.
        let bytes = (try? HostFile.read(folder + "/console.log")) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The ends of the console and of QEMU's own messages, for a failure's details.
    public func evidence() -> String { Self.evidence(in: folder) }

    private static func evidence(in folder: String) -> String {
        var parts: [String] = []
        for (name, file) in [("console", "console.log"), ("QEMU", "qemu.log")] {
            let bytes = (try? HostFile.read("\(folder)/\(file)")) ?? []  // not written yet, ignoring
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            if !lines.isEmpty {
                parts.append("--- end of the \(name)\n" + lines.suffix(40).joined(separator: "\n"))
            }
        }
        return parts.joined(separator: "\n")
    }

    private static func connect(
        to process: MachineProcess,
        folder: String
    ) throws(LabFailure) -> MachineMonitor {
        let deadline = Deadline(after: .seconds(20))
        while !HostFile.exists(folder + "/monitor.sock") {
            if let status = process.exitStatus {
                throw LabFailure("QEMU ended with status \(status) at its start")
            }
            if deadline.hasPassed { throw LabFailure("QEMU did not open its control socket within 20 s") }
            pause(milliseconds: 2)
        }
        return try MachineMonitor(path: folder + "/monitor.sock", timeout: .seconds(10))
    }
}
