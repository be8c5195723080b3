internal import LinuxSystem

/// The text that a drive carries for the day when the machine is gone: how to open and read it on any Linux with
/// cryptsetup and mount. It holds no secret.
struct RestoreInstructions {
    var name: DriveName
    var hostName: String
    var luksUUID: String
    var fileSystem: FileSystemKind
    /// What opening with the passphrase costs; nil when there is none.
    var passphraseCost: PassphraseCost?
    /// The disk's serial number.
    var serial: String?
    var model: String?
    var sizeBytes: UInt64
    /// SHA-256 of the backup of the header, in hexadecimal digits.
    var headerDigest: String
    var preparedAtSeconds: Int64
    /// Where the host keeps the drive's key and the backup of its header.
    var layout: HostLayout

    /// The name in the program's folder on the drive.
    static let fileName: FileName = "RESTORE.txt"

    /// Plain text: prose in lines of at most 100 bytes, commands whole on theirs.
    var text: String {
        [head, facts, opening, copying, closing, repair].joined(separator: "\n")
    }

    private var hasPassphrase: Bool { passphraseCost != nil }

    /// What tells this drive from others, to be compared with its label and with what a machine shows.
    private var facts: String {
        var facts = [
            ("disk", "\(Self.printable(model ?? "unknown model")), \(ByteSize.text(sizeBytes))"),
            ("serial number", Self.printable(serial ?? "none")),
            ("LUKS UUID", luksUUID),
            ("file system", "\(fileSystem.rawValue), labeled \"\(name)\""),
            ("key slot 0", "the key file, 64 random bytes (pbkdf2-sha256)"),
        ]
        if let cost = passphraseCost {
            facts.append(
                (
                    "key slot 1",
                    "the passphrase (argon2id, \(cost.passes) passes, \(cost.memoryKiB >> 10) MiB, \(cost.lanes) lanes)"
                )
            )
        }
        facts.append(("header backup", "SHA-256 \(headerDigest)"))
        let lines = facts.map { label, value in
            "  " + label + String(repeating: " ", count: 16 - label.utf8.count) + value
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var device: String { "/dev/disk/by-uuid/\(luksUUID)" }

    private var head: String {
        """
        Drive "\(name)" of host "\(printableHost)"
        Prepared by extbackup on \(CalendarTime(secondsSince1970: preparedAtSeconds))

        It holds plain files in a plain \(fileSystem.rawValue) file system in a LUKS2 container. Any Linux with
        cryptsetup opens it; extbackup is not needed. Run the commands as root.

        """
    }

    private static func plain(_ path: FileName) -> String { String(decoding: path.bytes, as: UTF8.self) }

    private var printableHost: String { Self.printable(hostName) }

    /// Names come from outside; they stay on their lines.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
    }

    private var opening: String {
        let slots =
            hasPassphrase
            ? "Key slots: 0 is the key file, 1 is the passphrase."
            : "Key slots: 0 is the key file. There is no passphrase: without the file the drive stays closed."
        let byPassphrase =
            hasPassphrase
            ? """
            With the passphrase:

                cryptsetup open --key-slot 1 \(device) restore


            """
            : ""
        return """
            1. Open
            -------
            \(slots)
            The key file is \(Self.plain(layout.keyFile(of: name))) on host "\(printableHost)".

            \(byPassphrase)With the key file (here copied to the working folder):

                cryptsetup open --key-slot 0 --key-file \(name).key \(device) restore

            """
    }

    private var copying: String {
        """
        2. Mount and copy
        -----------------
            mkdir -p /mnt/restore
            mount -t \(fileSystem.rawValue) -o ro /dev/mapper/restore /mnt/restore
            ls /mnt/restore
            rsync -aHAXS --numeric-ids /mnt/restore/SOURCE/ /where/it/belongs/

        Each folder at the top is the newest copy of one source; earlier states are below history/, if
        there is one. "cp -a" works as well.

        """
    }

    private var closing: String {
        """
        3. Close
        --------
            umount /mnt/restore
            cryptsetup close restore

        """
    }

    private var repair: String {
        """
        If cryptsetup finds no LUKS header
        ----------------------------------
        Host "\(printableHost)" has a backup of the header, with its SHA-256 beside it:

            \(Self.plain(layout.headerBackup(luksUUID: luksUUID)))

        Check it, try it without writing, then put it back on this drive's partition (sdX1, see "lsblk";
        what is on another one would be lost):

            sha256sum -c \(luksUUID).img.sha256
            cryptsetup open --header \(luksUUID).img --readonly /dev/sdX1 restore
            cryptsetup luksHeaderRestore /dev/sdX1 --header-backup-file \(luksUUID).img

        If the file system is damaged, copy what can be read first, and repair it unmounted:

            \(checker) /dev/mapper/restore

        """
    }

    private var checker: String {
        switch fileSystem {
        case .ext4: "e2fsck -f"
        case .xfs: "xfs_repair"
        case .btrfs: "btrfs check"
        }
    }
}
