import Drives
import LinuxSystem
import Reporting
import SystemPackage

/// The lock that one run of a drive holds; a second one ends at once. The kernel gives it back whatever happens.
struct RunLock: ~Copyable {
    private let file: Descriptor

    private init(file: consuming Descriptor) {
        self.file = file
    }

    deinit {
        // Closing unlocks too, but only when no program that is just being started has a copy of the descriptor
        // for a moment, ignoring.
        try? file.unlock()
    }

    /// Who works on the drive.
    enum Use {
        /// A run, or the clean-up behind it.
        case run
        /// A person: what the last run offered for the next plug-in ends, as this may be it.
        case byHand
    }

    static func take(of name: DriveName, for use: Use, in context: RunContext) throws(Failure) -> RunLock {
        let lock = try take(of: name, in: context)
        switch use {
        case .run: return lock
        case .byHand: break
        }
        try ReplugOfferFile(of: name.text, in: context.layout).withdraw()
        return lock
    }

    /// Whoever asks whether the lock is held, `isHeld` or the package's script, has it for a moment. A run that starts
    /// just then waits for that; who asks works on nothing meanwhile.
    private static let patience = Duration.seconds(1)

    private static func fileName(of name: String) -> FileName { FileName(name + ".lock") }

    /// True while a run or a command works on the drive.
    ///
    /// - Throws: when that cannot be found out, as by one who is not root.
    static func isHeld(of name: String, in layout: HostLayout) throws(SystemError) -> Bool {
        let file: Descriptor
        do {
            file = try Descriptor.open(layout.runFolder.appending(fileName(of: name)), .read)
        } catch {
            // Since the machine started nobody took it.
            if error.errno == .noSuchFileOrDirectory { return false }
            throw error
        }
        guard try file.tryLock(.shared) else { return true }
        try file.unlock()
        return false
    }

    private static func take(of name: DriveName, in context: RunContext) throws(Failure) -> RunLock {
        do throws(SystemError) {
            let folder = try Descriptor.makeFolder(context.layout.runFolder, mode: 0o755)
            let file = try folder.open(fileName(of: name.text), [.readWrite, .create], mode: 0o600)
            // Who works on the drive is not waited for: what waits would begin when that ends, and nobody expects it.
            guard try file.tryLock(.shared) else { throw SystemError(call: "flock", errno: .timedOut) }
            try file.lock(.exclusive, timeout: patience)
            return RunLock(file: file)
        } catch {
            guard error.errno == .timedOut else {
                throw Failure(
                    .failed,
                    "the run lock of drive '\(name)' cannot be taken: \(error)",
                    hint: Failure.hint(toUse: context.layout.runFolder)
                )
            }
        }
        throw Failure(
            .locked,
            "another run works on drive '\(name)'",
            hint: "'extbackup status' tells how far it is"
        )
    }
}
