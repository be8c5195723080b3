import LinuxSystem
import Synchronization
import SystemPackage
import Testing

@testable import Drives

@Suite("A drive's name")
struct PreparationNameTests {
    @Test("may be this", arguments: ["a", "0", "red", "red-2", "a_b", String(repeating: "x", count: 32)])
    func accepted(_ text: String) {
        #expect(DriveName(text)?.text == text)
    }

    @Test(
        "may not be this",
        arguments: [
            "", "-red", "_red", "Red", "red drive", "red/blue", "rød", "red.blue", "red@x", "red\n", "..",
            String(repeating: "x", count: 33),
        ]
    )
    func refused(_ text: String) {
        #expect(DriveName(text) == nil)
    }

    @Test(
        "becomes a label that the file system accepts",
        arguments: [(FileSystemKind.ext4, 16), (.xfs, 12), (.btrfs, 32)]
    )
    func label(_ kind: FileSystemKind, _ length: Int) throws {
        let name = try driveName(String(repeating: "x", count: 32))
        #expect(kind.label(for: name).utf8.count == length)
    }
}

@Suite("Confirming a disk")
struct PreparationConfirmationTests {
    struct Row: Sendable {
        var serial: String?
        var answer: String
        var isAccepted: Bool
    }

    @Test(
        "accepts the end of the serial number, all of it, or the path of a disk without one",
        arguments: [
            // The last four, in any case, with spaces around.
            Row(serial: "WX12A34B5678", answer: "5678", isAccepted: true),
            Row(serial: "wx12a34bcdef", answer: "CDEF", isAccepted: true),
            Row(serial: "WX12A34BCDEF", answer: " cdef\n", isAccepted: true),
            // All of it.
            Row(serial: "WX12A34B5678", answer: "wx12a34b5678", isAccepted: true),
            // Less, more, other.
            Row(serial: "WX12A34B5678", answer: "678", isAccepted: false),
            Row(serial: "WX12A34B5678", answer: "B5678", isAccepted: false),
            Row(serial: "WX12A34B5678", answer: "5679", isAccepted: false),
            Row(serial: "WX12A34B5678", answer: "", isAccepted: false),
            Row(serial: "WX12A34B5678", answer: "/dev/sdx", isAccepted: false),
            // Short ones.
            Row(serial: "12", answer: "12", isAccepted: true),
            Row(serial: "12", answer: "2", isAccepted: false),
            // No serial number.
            Row(serial: nil, answer: "/dev/sdx", isAccepted: true),
            Row(serial: nil, answer: "/dev/sdy", isAccepted: false),
            Row(serial: nil, answer: "", isAccepted: false),
            Row(serial: "  ", answer: "", isAccepted: false),
            Row(serial: "  ", answer: "/dev/sdx", isAccepted: true),
        ]
    )
    func answers(_ row: Row) {
        let disk = DiskDescription(
            devicePath: "/dev/sdx",
            serial: row.serial,
            sizeBytes: 1 << 30,
            bus: .usb,
            isRemovable: true,
            logicalSectorBytes: 512,
            physicalSectorBytes: 512,
            contents: [],
            partitions: [],
            refusals: []
        )
        #expect(SerialConfirmation(for: disk).accepts(row.answer) == row.isAccepted)
    }
}

@Suite("Names of units")
struct PreparationEscapeTests {
    @Test(
        "escape paths as systemd-escape does",
        .enabled(if: isThere("/usr/bin/systemd-escape"), "systemd-escape is not installed"),
        arguments: [
            "/dev/disk/by-uuid/3f6b1c1e-8a4e-4c0e-9a53-1d2f00aa77b9", "/", "//", "/a//b/", "/./a/./b",
            "/.hidden/.x",
            "/a b\tc", "/ä/ö", "/x\\y", "/a-b_c:d.e", "/etc/extbackup@x", "/~+=#%", "/a/.b",
        ]
    )
    func escape(_ path: String) throws {
        let expected = try run("/usr/bin/systemd-escape", "--path", "--", FileName(path))
        #expect(String(decoding: SystemdEscape.path(FileName(path)).bytes, as: UTF8.self) + "\n" == expected)
    }

    @Test("link a drive's agent to its device, and can be taken back")
    func link() throws {
        let folder = try TemporaryFolder()
        let link = UnitLink(of: try driveName("red"), luksUUID: "3f6b-1c", in: machineLayout(in: folder.path))
        try link.make()
        let wants = folder.path.appending(#"units/dev-disk-by\x2duuid-3f6b\x2d1c.device.wants"#)
        let target = try Descriptor.open(wants, .directory).symbolicLinkTarget("extbackup@red.service")
        #expect(target == "/usr/lib/systemd/system/extbackup@.service")
        try link.remove()
        #expect(!isThere(wants))
        try link.remove()
    }

    @Test("are gone for good when they were taken back, also after a power cut", arguments: [1, 2])
    func durable(folders: Int) throws {
        let folder = try TemporaryFolder()
        let link = UnitLink(of: try driveName("red"), luksUUID: "3f6b-1c", in: machineLayout(in: folder.path))
        try link.make()
        let syncs = Mutex(0)
        let plan = FaultPlan { call in
            guard call.name == "fsync" else { return .proceed }
            return syncs.withLock { count in
                count += 1
                return count == folders ? .fail(.ioError) : .proceed
            }
        }
        #expect(throws: SystemError.self, "folder \(folders) is not on the disk") {
            try plan.run { try link.remove() }
        }
    }
}

@Suite("A drive file")
struct PreparationDriveFileTests {
    @Test("holds what was decided, and no serial number when the disk has none")
    func text() throws {
        var file = DriveFile(
            name: try driveName("red"),
            luksUUID: "3f6b",
            serial: "A\"1\\2\n",
            disk: "Elements, 2.0 TB",
            extent: DiskExtent(start: 1 << 20, size: 3 << 20),
            keySlot: 0,
            fileSystem: .xfs,
            label: "red",
            preparedAtSeconds: 1_772_357_400,
            markerID: "00ff"
        )
        let lines = file.text.split(separator: "\n").map(String.init)
        #expect(
            lines.dropFirst() == [
                #"name = "red""#, #"luks_uuid = "3f6b""#, #"serial = "A\"1\\2\u000a""#,
                #"disk = "Elements, 2.0 TB""#, "start = 1048576", "size = 3145728", "key_slot = 0",
                #"filesystem = "xfs""#, #"label = "red""#, "prepared = 2026-03-01T09:30:00Z",
                #"marker = "00ff""#,
            ]
        )
        file.serial = nil
        #expect(!file.text.contains("serial"))
    }

    @Test(
        "escapes what TOML forbids, and what deceives the eye",
        arguments: [
            ("plain 漢 é", "\"plain 漢 é\""), ("\u{202e}\u{e0001}", #""\u202e\U000e0001""#),
            ("\u{0}\u{1f}\u{7f}", #""\u0000\u001f\u007f""#),
            (#"a"b\c"#, #""a\"b\\c""#),
        ]
    )
    func quoting(_ text: String, _ expected: String) {
        #expect(TOMLText.quoted(text) == expected)
    }

    @Test(
        "dates as date(1) does",
        arguments: [0, -1, 951_782_400, 951_868_799, 1_772_357_400, 4_107_542_399, -86_401]
    )
    func dates(_ seconds: Int64) throws {
        let expected = try run("/bin/date", "--utc", FileName("--date=@\(seconds)"), "+%Y-%m-%dT%H:%M:%SZ")
        #expect(CalendarTime(secondsSince1970: seconds).description + "\n" == expected)
    }
}

@Suite("The instructions on a drive")
struct PreparationInstructionTests {
    @Test("name every command with this drive's own values", arguments: FileSystemKind.allCases)
    func commands(_ kind: FileSystemKind) throws {
        var instructions = try RestoreInstructions.sample()
        instructions.facts.hostName = "nas\u{1b}[2J"
        instructions.facts.fileSystem = kind
        let (text, uuid) = (instructions.text, instructions.luksUUID)
        for command in [
            "cryptsetup open /dev/disk/by-uuid/\(uuid) restore",
            "cryptsetup open --key-slot 0 --key-file red.key /dev/disk/by-uuid/\(uuid) restore",
            "mount -t \(kind.rawValue) -o ro /dev/mapper/restore /mnt/restore",
            "/etc/extbackup/keys/red.key",
            "/var/lib/extbackup/headers/\(uuid).img",
            "cryptsetup luksHeaderRestore /dev/sdX1 --header-backup-file \(uuid).img",
        ] {
            #expect(text.contains(command))
        }
        #expect(!text.contains("\u{1b}"))
        #expect(text.split(separator: "\n").filter { $0.utf8.count > 100 && !$0.hasPrefix("    ") } == [])
    }

    @Test("tell the drive from others, as a page too")
    func facts() throws {
        var instructions = try RestoreInstructions.sample()
        instructions.facts.hostName = "a<b"
        for fact in [
            "disk            Elements, 2.0 TB", "serial number   WX12",
            "LUKS UUID       \(instructions.luksUUID)",
            "key slot 1      the passphrase (argon2id, 4 passes, 256 MiB, 4 lanes)",
            "header backup   SHA-256 0123abcd",
        ] {
            #expect(instructions.text.contains(fact), "\(fact)")
        }
        let page = RecoverySheet(instructions: instructions).page
        #expect(page.contains("of host \"a&lt;b\""))
        #expect(page.contains("    cryptsetup open /dev/disk/"))
    }

    @Test("tell how to write a lost partition table anew, in units that no enclosure changes")
    func table() throws {
        var instructions = try RestoreInstructions.sample()
        instructions.facts.extent = DiskExtent(start: 1 << 20, size: 1_907_727 << 20)
        let command = "sfdisk --backup --label gpt --wipe-partitions never /dev/sdX"
        #expect(instructions.text.contains("\n    echo 'start=1MiB, size=1907727MiB' | \(command)\n"))
        #expect(instructions.text.contains("partition (sdX1, see"))
    }

    @Test(
        "tell it of no table but one that sfdisk gives back exactly",
        arguments: [
            DiskExtent(start: 1 << 20, size: nil), DiskExtent(start: 1 << 20, size: 500_107 << 10),
            DiskExtent(start: 63 << 9, size: 1 << 30), nil,
        ]
    )
    func unknownTable(extent: DiskExtent?) throws {
        var instructions = try RestoreInstructions.sample()
        instructions.facts.extent = extent
        #expect(!instructions.text.contains("sfdisk"))
        #expect(instructions.text.contains("partition (sdX1, see"))
    }

    @Test("know no partition of a drive that is a whole disk")
    func wholeDisk() throws {
        var instructions = try RestoreInstructions.sample()
        instructions.facts.extent = DiskExtent(start: 0, size: 1 << 30)
        let text = instructions.text
        #expect(!text.contains("sfdisk") && !text.contains("sdX1"))
        #expect(text.contains("disk (sdX, see"))
        #expect(text.contains("luksHeaderRestore /dev/sdX --header-backup-file"))
    }

    @Test("say it when only the key file opens the drive")
    func withoutPassphrase() throws {
        var instructions = try RestoreInstructions.sample()
        instructions.passphrases = []
        let text = instructions.text
        #expect(text.contains("There is no passphrase"))
        #expect(!text.contains("cryptsetup open /dev/"))
    }
}

@Suite("Swap")
struct PreparationSwapTests {
    @Test("is read with its escapes")
    func table() {
        let table = SwapTable(
            contents: Array(
                """
                Filename\t\t\tType\t\tSize\tUsed\tPriority
                /dev/sda2                               partition\t1\t0\t-2
                /swap\\040file\\134                     file\t1\t0\t-3

                """.utf8
            )
        )
        #expect(table.paths == ["/dev/sda2", #"/swap file\"#])
    }
}
