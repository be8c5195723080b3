// The emulated machine: one QEMU process.

internal import Glibc
internal import Synchronization

/// What the machine is made of. Everything that belongs to its saved state is in `hardware`: a state can only be
/// loaded into the same hardware.
struct MachineDescription {
    /// Where the machine's memory lives.
    enum Memory {
        /// In a file that the machine changes, from which its state can be saved.
        case changing(String)
        /// Read from a file that stays as it is; changes are private to the machine and thrown away.
        case privateCopy(of: String)
    }

    /// Where the machine's disk lives.
    enum Disk {
        /// A qcow2 file that the machine changes.
        case changing(String)
        /// A qcow2 file that stays as it is; changes go to an unnamed file and are thrown away.
        case throwaway(basedOn: String)
    }

    let image: LabImage
    let memory: Memory
    let disk: Disk

    static let memorySize = "1024M"

    private static let hardware = [
        "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", memorySize, "-nodefaults",
        "-no-user-config", "-display", "none", "-machine", "pc,memory-backend=memory",
        "-device", "virtio-blk-pci,drive=root", "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        "-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 systemd.show_status=1 quiet",
    ]

    /// Changes with everything on which a saved state depends.
    static func key(image: LabImage) throws(LabFailure) -> String {
        let version = try HostCommand.check(["qemu-system-x86_64", "--version"]).stdout
        return try contentKey(of: Array(([image.key, version] + hardware).joined(separator: "\n").utf8))
    }

    /// QEMU's arguments; it waits for a state to load when `waitsForState`.
    func arguments(folder: String, start: MachineStart) -> [String] {
        let memoryOptions =
            switch memory {
            case .changing(let path): "mem-path=\(path),share=on"
            case .privateCopy(let path): "mem-path=\(path),share=off"
            }
        let diskOptions =
            switch disk {
            case .changing(let path): "file=\(path),snapshot=off"
            case .throwaway(let path): "file=\(path),snapshot=on"
            }
        return ["qemu-system-x86_64"] + Self.hardware + [
            "-object", "memory-backend-file,id=memory,size=\(Self.memorySize),\(memoryOptions)",
            "-drive", "if=none,id=root,format=qcow2,\(diskOptions)",
            "-kernel", image.kernel, "-initrd", image.initialRAMDisk,
            "-serial", "file:\(folder)/console.log",
            "-chardev", "socket,id=agent,path=\(folder)/agent.sock,server=on,wait=off",
            "-qmp", "unix:\(folder)/monitor.sock,server=on,wait=off",
        ] + (start == .loadState ? ["-incoming", "defer"] : [])
    }
}

/// How a machine begins.
enum MachineStart {
    /// It is switched on.
    case powerOn
    /// It waits for a saved state.
    case loadState
}

/// A QEMU process that ends when this value goes, and also when the test process dies in whatever way.
final class MachineProcess: Sendable {
    private let shared: SharedState

    /// Starts QEMU; its outputs go to `log`, its temporary files to `temporaryFolder`.
    init(arguments: [String], temporaryFolder: String, log: String) throws(LabFailure) {
        // The kernel sends a child's PDEATHSIG when the *thread* that started it ends, so a thread of its own
        // starts QEMU and lives exactly as long as QEMU does. The thread holds the shared state, not this value.
        let shared = SharedState(
            arguments: ["setpriv", "--pdeathsig", "KILL", "--"] + arguments,
            temporaryFolder: temporaryFolder,
            log: log
        )
        self.shared = shared
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument {
                    Unmanaged<SharedState>.fromOpaque(argument).takeRetainedValue().startAndWait()
                }
                return nil
            },
            Unmanaged.passRetained(shared).toOpaque()
        )
        guard code == 0 else { throw .systemCall("pthread_create", code) }
        pthread_detach(thread)
        while case .starting = shared.phase.withLock({ $0 }) { pause(milliseconds: 1) }
        if case .notStarted(let failure) = shared.phase.withLock({ $0 }) { throw failure }
    }

    deinit { kill() }

    /// The exit status when QEMU is gone.
    var exitStatus: Int32? {
        guard case .ended(let status) = shared.phase.withLock({ $0 }) else { return nil }
        return status
    }

    /// Ends QEMU at once and waits until it is gone.
    func kill() {
        shared.phase.withLock { phase in
            // The process is reaped under this lock, so the id is still its own.
            if case .running(let pid) = phase { _ = Glibc.kill(pid, SIGKILL) }
        }
        _ = waitForEnd(timeout: .seconds(10))
    }

    /// True when QEMU ended within the time.
    func waitForEnd(timeout: Duration) -> Bool {
        let deadline = Deadline(after: timeout)
        while case .running = shared.phase.withLock({ $0 }) {
            if deadline.hasPassed { return false }
            pause(milliseconds: 2)
        }
        return true
    }
}

/// What the owner of a machine and the thread that waits for it share.
private final class SharedState: Sendable {
    enum Phase {
        case starting
        case running(pid_t)
        case ended(Int32)
        case notStarted(LabFailure)
    }

    let phase = Mutex(Phase.starting)
    private let arguments: [String]
    private let temporaryFolder: String
    private let log: String

    init(arguments: [String], temporaryFolder: String, log: String) {
        self.arguments = arguments
        self.temporaryFolder = temporaryFolder
        self.log = log
    }

    func startAndWait() {
        let pid: pid_t
        do throws(LabFailure) {
            pid = try start()
        } catch {
            phase.withLock { $0 = .notStarted(error) }
            return
        }
        phase.withLock { $0 = .running(pid) }
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        phase.withLock { phase in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            phase = .ended(HostCommand.exitStatus(status))
        }
    }

    private func start() throws(LabFailure) -> pid_t {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw .systemCall("open '/dev/null'", errno) }
        defer { close(null) }
        let output = open(log, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw .systemCall("open '\(log)'", errno) }
        defer { close(output) }
        return try HostCommand.spawn(
            arguments,
            environment: ["TMPDIR": temporaryFolder],
            stdin: null,
            stdout: output,
            stderr: output
        )
    }
}
