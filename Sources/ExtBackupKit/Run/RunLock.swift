import Drives
import LinuxSystem
import Reporting

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

    private static func take(of name: DriveName, in context: RunContext) throws(Failure) -> RunLock {
        do throws(SystemError) {
            let folder = try Descriptor.makeFolder(context.layout.runFolder, mode: 0o755)
            let file = try folder.open(FileName(name.text + ".lock"), [.readWrite, .create], mode: 0o600)
            if try file.tryLock(.exclusive) { return RunLock(file: file) }
        } catch {
            throw Failure(
                .failed,
                "the run lock of drive '\(name)' cannot be taken: \(error)",
                hint: Failure.hint(toUse: context.layout.runFolder)
            )
        }
        throw Failure(
            .locked,
            "another run works on drive '\(name)'",
            hint: "'extbackup status' tells how far it is"
        )
    }
}
