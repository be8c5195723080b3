internal import LinuxSystem
internal import SystemPackage

/// e2fsck(8), with what it may repair without a person.
enum FileSystemChecker {
    /// Replays the journal and repairs what is safe. Blocks: moments for a file system that was left clean, but
    /// hours for a large one that was not.
    static func check(_ node: FileName) throws(SystemError) -> FileSystemState {
        let outcome = try ChildProcess(["/sbin/e2fsck", "-p", node], timeout: .seconds(6 * 3600)).run()
        switch outcome.ending {
        case .exited(status: 0):
            return .clean
        case .exited(let status) where status & ~3 == 0:
            // 1: repaired; 2: repaired, and the system should boot again if it was mounted, which it was not.
            return .repaired(outcome.lastLine)
        case .exited(let status):
            return .damaged(outcome.output.isEmpty ? "e2fsck ended with status \(status)" : outcome.lastLine)
        case .signaled(let signal):
            return .damaged("e2fsck was ended by signal \(signal)")
        case .timedOut:
            return .damaged("e2fsck did not end within 6 hours")
        }
    }
}
