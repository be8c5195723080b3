import Drives
import LinuxSystem
import Reporting
import Testing

@testable import ExtBackupKit

/// A machine on which all is well, until a test breaks something.
struct Patient {
    let sandbox: Sandbox
    var machine = MachinePlaces()

    init() throws {
        sandbox = try Sandbox()
        for folder: FileName in ["rules", "proc/17", "units"] { try sandbox.home.makeFolder(folder) }
        try sandbox.home.write("rules/70-extbackup.rules", "# rules")
        try sandbox.home.write("proc/17/comm", "sshd\n")
        try sandbox.home.write("control", "")
        let home = sandbox.home.path
        machine.deviceMapper = home.appending("control")
        machine.udevControl = home.appending("control")
        machine.ruleFolders = [home.appending("rules")]
        machine.cryptTable = home.appending("crypttab")
        machine.mountTable = home.appending("fstab")
        machine.processes = home.appending("proc")
        machine.otherUnitFolders = [home.appending("runtime")]
        machine.isClockSynchronized = { true }
        machine.isUnitActive = { _ in true }
        machine.isHiddenFromDesktops = { _ in true }
        try sandbox.home.makeFolder("runtime")
        try sandbox.home.write("extbackup@.service", "[Unit]")
        try sandbox.configure(rest: "[mail]\nto = [\"root\"]\nsendmail = \"/bin/true\"")
        try run("/bin/chmod", "0700", home.appending("etc/keys"))
    }

    func findings() -> [Finding] { ExtBackupKit.Doctor(sandbox.context(), machine: machine).examine() }

    /// The findings of a check that are not fine.
    func complaints(_ check: Finding.Check) -> [String] {
        findings().filter { $0.check == check && $0.grade != .fine }
            .map { "\($0.grade.rawValue) \($0.subject ?? "-"): \($0.message)" }
    }
}

/// Runs a program that must succeed.
func run(_ words: FileName...) throws {
    try run(words)
}

func run(_ words: [FileName]) throws {
    let outcome = try ChildProcess(words).run()
    try #require(outcome.isSuccess, "\(words): \(outcome.lastLine)")
}
