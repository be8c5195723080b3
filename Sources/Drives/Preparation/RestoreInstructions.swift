internal import LinuxSystem

/// The text that a drive carries for the day when the machine is gone: how to open and read it on any Linux with
/// cryptsetup and mount. It holds no secret.
struct RestoreInstructions {
    var name: DriveName
    var hostName: String
    var luksUUID: String
    var fileSystem: FileSystemKind
    /// The file system's.
    var label: String
    /// The slot of the key file.
    var keySlot = LUKSContainer.keySlot
    /// The passphrase's slot; nil when there is none.
    var passphrase: PassphraseSlot?
    /// The disk's serial number.
    var serial: String?
    var model: String?
    var sizeBytes: UInt64
    /// SHA-256 of the backup of the header, in hexadecimal digits.
    var headerDigest: String
    var preparedAtSeconds: Int64
    /// Where the host keeps the drive's key and the backup of its header.
    var layout: HostLayout

    /// A slot that a passphrase opens.
    struct PassphraseSlot {
        let number: Int32
        /// What opening it costs; nil for one that somebody else made.
        let cost: PassphraseCost?
    }

    /// The name in the program's folder on the drive.
    static let fileName: FileName = "RESTORE.txt"

    /// What stands in front of the digest, and nowhere else.
    static let digestLabel = "header backup   SHA-256 "

    /// Plain text: prose in lines of at most 100 bytes, commands whole on theirs.
    var text: String {
        [head, facts, opening, copying, closing, repair].joined(separator: "\n")
    }

    /// What tells this drive from others, to be compared with its label and with what a machine shows.
    private var facts: String {
        var facts = [
            ("disk", "\(Self.printable(model ?? "unknown model")), \(ByteSize.text(sizeBytes))"),
            ("serial number", Self.printable(serial ?? "none")),
            ("LUKS UUID", luksUUID),
            ("file system", "\(fileSystem.rawValue), labeled \"\(Self.printable(label))\""),
            ("key slot \(keySlot)", "the key file, 64 random bytes (pbkdf2-sha256)"),
        ]
        if let passphrase {
            let cost = passphrase.cost.map {
                " (argon2id, \($0.passes) passes, \($0.memoryKiB >> 10) MiB, \($0.lanes) lanes)"
            }
            facts.append(("key slot \(passphrase.number)", "the passphrase" + (cost ?? "")))
        }
        let lines =
            facts.map { label, value in
                "  " + label + String(repeating: " ", count: 16 - label.utf8.count) + value
            } + ["  " + Self.digestLabel + headerDigest]
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
            passphrase.map { "Key slots: \(keySlot) is the key file, \($0.number) is the passphrase." }
            ?? "Key slots: \(keySlot) is the key file. There is no passphrase: without the file the drive stays closed."
        let byPassphrase =
            passphrase.map {
                """
                With the passphrase:

                    cryptsetup open --key-slot \($0.number) \(device) restore


                """
            } ?? ""
        return """
            1. Open
            -------
            \(slots)
            The key file is \(Self.plain(layout.keyFile(of: name))) on host "\(printableHost)".

            \(byPassphrase)With the key file (here copied to the working folder):

                cryptsetup open --key-slot \(keySlot) --key-file \(name).key \(device) restore

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
