internal import LinuxSystem
internal import SystemPackage

/// Makes the file system in an open container, with the distribution's own programs.
struct FileSystemMaker {
    let kind: FileSystemKind
    let label: String
    /// Where the programs are.
    var folder: FileName = "/usr/sbin"

    /// The program's path.
    var program: FileName { folder.appending(FileName("mkfs.\(kind.rawValue)")) }

    /// The Debian package that has it.
    var debianPackage: String {
        switch kind {
        case .ext4: "e2fsprogs"
        case .xfs: "xfsprogs"
        case .btrfs: "btrfs-progs"
        }
    }

    /// Whether the program is installed: asked before anything is erased.
    func checkProgram() throws(PreparationError.Reason) {
        do {
            _ = try Descriptor.open(program, [.path, .followLink])
        } catch {
            throw .programMissing(program, debianPackage: debianPackage)
        }
    }

    /// Options for a mirror of many files on a disk that is carried away.
    var options: [FileName] {
        switch kind {
        case .ext4:
            // All of the disk for the mirror (-m 0); blocks of 4096 as the container's sectors. Inode tables are
            // written while it is mounted: for 4 TB they are 64 GB, which nobody wants to wait for here.
            [
                "-q", "-F", "-b", "4096", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
                "-L",
            ]
        case .xfs:
            // Shared blocks, so that large files can be patched by clone and rename. Nothing to discard (-K).
            ["-q", "-f", "-K", "-m", "reflink=1", "-L"]
        case .btrfs:
            // Metadata twice, also on solid-state disks: one bad block must not cost a tree.
            ["-q", "-f", "-K", "-m", "dup", "-d", "single", "-L"]
        }
    }

    /// Makes the file system on a device. Blocks; a spinning disk of some TB takes minutes.
    func run(on device: FileName) throws(PreparationError.Reason) {
        let child = ChildProcess(
            [program] + options + [FileName(label), device],
            timeout: .seconds(4 * 3600)
        )
        let outcome = try system { () throws(SystemError) in try child.run() }
        if outcome.isSuccess { return }
        switch outcome.ending {
        case .exited(let status):
            let line = outcome.lastLine
            throw .fileSystem(program: program, message: line.isEmpty ? "exit status \(status)" : line)
        case .signaled(let signal):
            throw .fileSystem(program: program, message: "killed by signal \(signal)")
        case .timedOut:
            throw .fileSystem(program: program, message: "it did not end in time")
        }
    }
}
