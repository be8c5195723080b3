import LinuxSystem
import SystemPackage
import Testing

/// An ext4 file system on a loop device.
private final class LoopDisk: Sendable {
    let node: FileName
    let image: FileName
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        image = folder.path.appending("image")
        try Self.run("/usr/bin/truncate", "-s", "600M", image)
        try Self.run("/usr/sbin/mkfs.ext4", "-q", "-F", image)
        let outcome = try ChildProcess(["/usr/sbin/losetup", "--find", "--show", image]).run()
        try #require(outcome.isSuccess, "\(outcome.lastLine)")
        node = FileName(outcome.lastLine)
    }

    deinit {
        // What is left is found by the next losetup, ignoring.
        _ = try? ChildProcess(["/bin/umount", "-q", folder.path.appending("mount")]).run()
        _ = try? ChildProcess(["/usr/sbin/losetup", "--detach", node]).run()
    }

    func mount() throws {
        _ = try Descriptor.open(folder.path, .directory).makeDirectory("mount", mode: 0o700)
        try Self.run("/bin/mount", node, folder.path.appending("mount"))
    }

    /// Makes a LUKS drive of it, as a person would.
    func encrypt() throws {
        try Self.run(
            "/usr/sbin/cryptsetup",
            "luksFormat",
            "--batch-mode",
            "--type",
            "luks2",
            "--pbkdf",
            "pbkdf2",
            "--pbkdf-force-iterations",
            "1000",
            "--key-file",
            "/proc/version",
            node
        )
    }

    func digest() throws -> String {
        try ChildProcess(["/usr/bin/sha256sum", image]).run().lastLine
    }

    private static func run(_ words: FileName...) throws {
        let outcome = try ChildProcess(words).run()
        try #require(outcome.isSuccess, "\(words): \(outcome.lastLine)")
    }
}

private let sure: [FileName] = ["--name", "red", "--yes", "--serial", "1", "--no-passphrase"]

@Suite("'prepare-disk'", Need.root)
struct PrepareDiskTests {
    @Test("says that there is no such disk")
    func missing() throws {
        let outcome = try Program.run(["prepare-disk", "/dev/nonexistent"] + sure)
        #expect(outcome.status == 1)
        #expect(
            outcome.errors == """
                extbackup: the disk cannot be looked at: '/dev/nonexistent': no such file or directory (open)
                  hint: 'extbackup prepare-disk' lists disks

                """
        )
    }

    @Test("refuses what is no disk", arguments: ["/dev/null", "/etc/hostname", "/tmp"])
    func noDisk(path: FileName) throws {
        let outcome = try Program.run(["prepare-disk", path] + sure)
        #expect(outcome.status == 1)
        #expect(
            outcome.errors == """
                extbackup: \(path) is not erased: it is not a block device
                  hint: 'extbackup prepare-disk' lists the disks that can be taken, and why others cannot

                """
        )
    }

    @Test(
        "refuses a disk that is mounted or built in, before it asks anything, and leaves it as it was",
        Need.loopDevices
    )
    func inUse() throws {
        let disk = try LoopDisk()
        let before = try disk.digest()
        let builtIn = try Program.run(["prepare-disk", disk.node] + sure)
        #expect(builtIn.status == 1)
        #expect(builtIn.errors.contains("\(disk.node) is not erased: it is neither a USB disk nor removable"))
        #expect(try disk.digest() == before)
        try disk.mount()
        let mounted = try Program.run(["prepare-disk", disk.node, "--name", "red"])
        #expect(mounted.status == 1)
        #expect(
            mounted.errors.hasPrefix("extbackup: \(disk.node) is not erased: \(disk.node) is mounted at ")
        )
        #expect(!mounted.errors.contains("type"))
    }

    @Test(
        "shows what the disk becomes and what is written here before it asks, and changes nothing then",
        Need.loopDevices
    )
    func plan() throws {
        let disk = try LoopDisk()
        let before = try disk.digest()
        let words: [FileName] = ["prepare-disk", disk.node, "--name", "red"]
        let written = """
              written on this machine:
                the key '/etc/extbackup/keys/red.key', and a backup of the header in '/var/lib/extbackup/headers'
                the recovery sheet '/var/lib/extbackup/sheets/red.txt', also as .html
                '/etc/extbackup/drives.d/red.toml', and the link 'extbackup@red.service' below '/etc/systemd/system'

            """
        let slots = [
            ("--no-passphrase", "slot 0 the key file, no passphrase"),
            ("--generate-passphrase", "slot 0 the key file, slot 1 the passphrase"),
        ]
        for (option, text) in slots {
            let outcome = try Program.run(
                words + ["--allow-internal", "--allow-small", "--filesystem", "xfs", FileName(option)]
            )
            let become = "  it becomes: one partition with LUKS2 (\(text)), in it xfs labeled 'red'\n"
            #expect(outcome.errors.contains(become + written), "\(outcome.errors)")
            #expect(outcome.errors.contains("there is no terminal to ask on"))
        }
        #expect(try disk.digest() == before)

        let stranger = try Program.run(words + ["--adopt"])
        #expect(stranger.errors.hasPrefix("extbackup: \(disk.node) was not "), "\(stranger.errors)")
        try disk.encrypt()
        let encrypted = try disk.digest()
        let adopted = try Program.run(words + ["--adopt"])
        let gets = """
              nothing is erased: \(disk.node) gets one more key slot (the key file) and the LUKS label 'red', its file \
            system the folder '.extbackup'

            """
        #expect(adopted.errors.hasPrefix(gets + written), "\(adopted.errors)")
        #expect(try disk.digest() == encrypted)
    }

    @Test("refuses a file system that it does not make")
    func fileSystem() throws {
        let outcome = try Program.run(["prepare-disk", "/dev/null", "--filesystem", "zfs"] + sure)
        #expect(outcome.status == 64)
        #expect(
            outcome.errors
                == "extbackup: 'zfs' is no file system for a drive\n  hint: ext4, xfs or btrfs\n"
        )
    }
}
