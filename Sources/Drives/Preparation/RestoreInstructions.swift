internal import LinuxSystem

/// The text that a drive carries for the day when the machine is gone: how to open and read it on any Linux with
/// cryptsetup and mount. It holds no secret.
struct RestoreInstructions {
    var name: DriveName
    var luksUUID: String
    var facts: DriveFacts
    /// The slot of the key file.
    var keySlot = LUKSContainer.keySlot
    /// What persons know opens these.
    var passphrases: [LUKSContainer.PassphraseSlot]
    /// What opens these was not noted.
    var otherSlots: [Int32] = []
    /// SHA-256 of the backup of the header, in hexadecimal digits; nil when there is none.
    var headerDigest: String?
    /// Where the host keeps the drive's key and the backup of its header.
    var layout: HostLayout

    /// The name in the program's folder on the drive.
    static let fileName: FileName = "RESTORE.txt"

    /// Plain text: prose in lines of at most 100 bytes, commands whole on theirs.
    var text: String {
        [head, table, opening, copying, closing, partitioning, repair].compactMap(\.self)
            .joined(separator: "\n")
    }

    /// What tells this drive from others, to be compared with its label and with what a machine shows.
    private var table: String {
        let key = ("key slot \(keySlot)", "the key file, 64 random bytes (pbkdf2-sha256)")
        let secrets = passphrases.map { slot in
            let cost = slot.cost.map {
                " (argon2id, \($0.passes) passes, \($0.memoryKiB >> 10) MiB, \($0.lanes) lanes)"
            }
            return ("key slot \(slot.number)", "the passphrase" + (cost ?? ""))
        }
        let others = otherSlots.map {
            ("key slot \($0)", "a passphrase or key that was added by hand or elsewhere")
        }
        let rows =
            [
                ("disk", Self.printable(facts.disk ?? "not known")),
                ("serial number", Self.printable(facts.serial ?? "none")),
                ("LUKS UUID", luksUUID),
                ("file system", "\(facts.fileSystem.rawValue), labeled \"\(Self.printable(facts.label))\""),
            ] + [key] + secrets + others + [("header backup", headerDigest.map { "SHA-256 \($0)" } ?? "none")]
        return rows.map { label, value in
            "  " + label + String(repeating: " ", count: 16 - label.utf8.count) + value + "\n"
        }.joined()
    }

    private var device: String { "/dev/disk/by-uuid/\(luksUUID)" }

    private var head: String {
        """
        Drive "\(name)" of host "\(printableHost)"
        Prepared by extbackup on \(Self.printable(facts.prepared))

        It holds plain files in a plain \(facts.fileSystem.rawValue) file system in a LUKS2 container. Any Linux with
        cryptsetup opens it; extbackup is not needed. Run the commands as root.

        """
    }

    private static func plain(_ path: FileName) -> String { String(decoding: path.bytes, as: UTF8.self) }

    private var printableHost: String { Self.printable(facts.hostName) }

    /// Names come from outside; they stay on their lines.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
    }

    private var opening: String {
        let byPassphrase =
            passphrases.isEmpty && otherSlots.isEmpty
            ? "There is no passphrase: without the key file the drive stays closed."
            : """
            With \(passphrases.isEmpty ? "a" : "the") passphrase:

                cryptsetup open \(device) restore
            """
        return """
            1. Open
            -------
            \(byPassphrase)

            With the key file, which host "\(printableHost)" has as \(Self.plain(layout.keyFile(of: name)))
            (here copied to the working folder):

                cryptsetup open --key-slot \(keySlot) --key-file \(name).key \(device) restore

            """
    }

    private var copying: String {
        """
        2. Mount and copy
        -----------------
            mkdir -p /mnt/restore
            mount -t \(facts.fileSystem.rawValue) -o ro /dev/mapper/restore /mnt/restore
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

    /// Nil for a drive whose partition `prepare-disk` did not make.
    private var partitioning: String? {
        guard let command = facts.extent?.tableCommand(for: "/dev/sdX") else { return nil }
        return """
            If the partition table is lost
            ------------------------------
            Where no partition shows, try another cable, port or enclosure first. This writes the table anew,
            with this drive's partition alone. sdX is the whole disk: compare its size and serial number with
            those above ("lsblk -o NAME,SIZE,SERIAL"); the table of another disk would be lost:

                \(command)

            """
    }

    private var isWholeDisk: Bool { facts.extent?.start == 0 }

    private var repair: String {
        let (place, node) = isWholeDisk ? ("disk", "/dev/sdX") : ("partition", "/dev/sdX1")
        return """
            If cryptsetup finds no LUKS header
            ----------------------------------
            Host "\(printableHost)" has a backup of the header, with its SHA-256 beside it:

                \(Self.plain(layout.headerBackup(luksUUID: luksUUID)))

            In the folder of that file check it, try it without writing, then put it back on this drive's
            \(place) (\(node.dropFirst(5)), see "lsblk"; what is on another one would be lost), and begin at 1 again:

                sha256sum -c \(luksUUID).img.sha256
                cryptsetup open --header \(luksUUID).img --readonly \(node) restore
                cryptsetup close restore
                cryptsetup luksHeaderRestore \(node) --header-backup-file \(luksUUID).img

            If the file system is damaged, copy what can be read first, and repair it unmounted:

                \(checker) /dev/mapper/restore

            """
    }

    private var checker: String {
        switch facts.fileSystem {
        case .ext4: "e2fsck -f"
        case .xfs: "xfs_repair"
        case .btrfs: "btrfs check"
        }
    }
}
