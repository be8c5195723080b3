import Lab
import Testing

/// Making drives: what is refused, what a cut in the middle leaves, and what remains when the NAS is gone.
extension LabTests {
    @Suite("Preparing a disk", .serialized)
    struct PreparationScenarios {
        /// What somebody has done with a disk, and why it is not erased.
        struct State: Sendable, CustomTestStringConvertible {
            let name: String
            /// Makes the state; the disk is `$disk`, 300 MB and empty before.
            let make: String
            /// What is named on the command line.
            var device = "$disk"
            var options = "--yes --serial WRONG1 --no-passphrase"
            let refusal: String
            /// Takes it back.
            let undo: String
            var status: Int32 = 1

            var testDescription: String { name }
        }

        private static let table =
            "echo type=linux | sfdisk -q --no-tell-kernel $disk; partx -a $disk; udevadm settle"
        private static let noTable = "partx -d $disk; wipefs -qa $disk"

        static let states: [State] = [
            State(
                name: "mounted",
                make: "mkfs.ext4 -q $disk; mount -r $disk /mnt",
                refusal: "'/dev/sda' is mounted at '/mnt'",
                undo: "umount /mnt"
            ),
            State(
                name: "a part of it is mounted",
                make: "\(table); mkfs.ext4 -q ${disk}1; mount -r ${disk}1 /mnt",
                refusal: "'/dev/sda1' is mounted at '/mnt'",
                undo: "umount /mnt; \(noTable)"
            ),
            State(
                name: "mounted where only another service sees it",
                make:
                    "mkfs.ext4 -q $disk; (unshare -m sh -c \"mount -r $disk /mnt; exec sleep 1234\" >/dev/null 2>&1 &); sleep 1",
                refusal: "it is in use by a program or driver",
                undo: "pkill -x -f 'sleep 1234'; sleep 1"
            ),
            State(
                name: "swap space",
                make: "mkswap -q $disk; swapon $disk",
                refusal: "'/dev/sda' is used as swap space",
                undo: "swapoff $disk"
            ),
            State(
                name: "held by device-mapper",
                make: "echo \"0 2048 linear $disk 0\" | dmsetup create other",
                refusal: "'/dev/sda' is held by '/dev/dm-0'",
                undo: "dmsetup remove other"
            ),
            State(
                name: "a LUKS drive that is open",
                make: """
                    printf pass | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file - $disk
                    printf pass | cryptsetup open --key-file - $disk open
                    """,
                refusal: "'/dev/sda' is held by '/dev/dm-0'",
                undo: "cryptsetup close open"
            ),
            State(
                name: "a member of a volume group",
                // The label of a physical volume: its second field is a checksum.
                make: #"""
                    printf 'LABELONE\1\0\0\0\0\0\0\0\221\007\333\053\40\0\0\0LVM2 001%s' \
                        abcdefghijklmnopqrstuvwxyz012345 | dd of=$disk bs=512 seek=1 conv=notrunc status=none
                    """#,
                refusal: "'/dev/sda' is part of a RAID or volume group ('LVM2_member')",
                undo: "wipefs -qaf $disk"
            ),
            State(
                name: "read-only",
                make: "blockdev --setro $disk",
                refusal: "it is read-only",
                undo: "blockdev --setrw $disk"
            ),
            State(
                name: "a partition",
                make: table,
                device: "${disk}1",
                refusal: "it is a partition of '/dev/sda'; only whole disks are prepared",
                undo: noTable
            ),
            State(
                name: "the running system's",
                make: "true",
                device: "/dev/vda",
                options: "--allow-internal --yes --serial WRONG1 --no-passphrase",
                refusal: "the running system's '/' is on it",
                undo: "true"
            ),
            State(
                name: "built in",
                make: "truncate -s 300M /var/internal; losetup /dev/loop5 /var/internal",
                device: "/dev/loop5",
                refusal: "it is neither a USB disk nor removable (bus: loop)",
                undo: "losetup -d /dev/loop5"
            ),
            State(
                name: "another than its serial number says",
                make: "true",
                options: "--yes --serial 9999 --no-passphrase",
                refusal: "'9999' is not the last four characters of its serial number; nothing was changed",
                undo: "true",
                status: 64
            ),
            State(
                name: "too small for the sources",
                make: "head -c 400M /dev/zero > /srv/documents/large",
                refusal: "it is too small for the sources: they need ",
                undo: "rm /srv/documents/large",
                status: 16
            ),
            State(
                name: "not there",
                make: "true",
                device: "/dev/sdz",
                refusal: "no such file or directory",
                undo: "true"
            ),
        ]

        @Test("is refused, with the reason, and nothing is changed: neither on the disk nor on the machine")
        func wrongDisks() throws {
            let nas = try NAS()
            let disk = try VirtualDrive(size: 300 << 20, serial: "WRONG1")
            try nas.guest.plug(disk)
            try nas.guest.waitForDrive(disk)
            for state in Self.states {
                let result = try nas.guest.check(
                    """
                    disk=$(readlink -f \(disk.devicePath))
                    # What a preparation would write first and last lies at the disk's ends.
                    state() {
                        find /etc/extbackup /var/lib/extbackup /etc/systemd/system | LC_ALL=C sort
                        { head -c 8M $disk; tail -c 2M $disk; } | md5sum
                    }
                    { \(state.make)
                    udevadm settle; sync; } >&2
                    before=$(state)
                    extbackup prepare-disk \(state.device) --name red \(state.options) 2>&1
                    echo "status $?"
                    [ "$before" = "$(state)" ] || echo "SOMETHING WAS CHANGED"
                    { \(state.undo)
                    udevadm settle; wipefs -qaf $disk; } >&2
                    """,
                    timeout: .seconds(120)
                )
                let story: Comment = "\(state.name):\n\(result.stdout)\n\(result.stderr)"
                #expect(result.stdout.contains(state.refusal), story)
                #expect(result.stdout.contains("status \(state.status)\n"), story)
                #expect(result.stdout.contains("  hint: "), story)
                #expect(!result.stdout.contains("CHANGED"), story)
            }
        }

        @Test("that is a drive of this machine is refused until it is retired")
        func ownDrive() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("systemctl mask -q --runtime \(NAS.unit("red"))")
            try nas.guest.plug(drive)
            try nas.guest.waitForDrive(drive)
            let take = """
                extbackup prepare-disk \(drive.devicePath) --name blue --yes --serial \(drive.serial) --no-passphrase \
                    --no-first-backup
                """
            let refused = try nas.guest.run(take)
            #expect(refused.status == 1)
            #expect(refused.stderr.contains("it is the backup drive 'red'"))
            #expect(
                try nas.guest.check("extbackup prepare-disk").stdout.contains("it is the backup drive 'red'")
            )
            try nas.guest.check("extbackup drives retire red --yes")
            try nas.guest.check(take, timeout: .seconds(120))
        }

        /// The steps as they are announced, and what is killed while each runs.
        private static let steps = [
            "checking the disk", "writing the key file", "erasing old signatures",
            "writing the partition table",
            "making the LUKS container", "checking that each key opens it", "saving the LUKS header",
            "unlocking",
            "making the file system", "writing marker and instructions", "closing the drive",
            "waiting for udev",
            "writing the drive file", "enabling the agent",
        ]

        @Test(
            "that is killed at any step can be taken again by the same command, and no unit was enabled before the end"
        )
        func killed() throws {
            let nas = try NAS()
            let disk = try VirtualDrive(size: 300 << 20, serial: "CUT1001")
            try nas.guest.plug(disk)
            try nas.guest.waitForDrive(disk)
            let take = """
                extbackup prepare-disk \(disk.devicePath) --name red --yes --serial CUT1001 --no-passphrase \
                    --allow-small --no-test-signals --no-first-backup
                """
            for step in Self.steps {
                let cut = try nas.guest.check(
                    """
                    { \(take) 2>&1 & echo "pid $!"; wait; } | while read -r word rest; do
                        [ "$word" = pid ] && pid=$rest
                        case "$word $rest" in "\(step)"*) kill -KILL $pid;; esac
                        echo "$word $rest"
                    done
                    find /etc/systemd/system -name 'extbackup@*' | wc -l
                    test -e /etc/extbackup/drives.d/red.toml && echo 'it is whole'
                    true
                    """,
                    timeout: .seconds(120)
                )
                let story: Comment = "\(step):\n\(cut.stdout)"
                #expect(cut.stdout.contains(step), story)
                let isWhole = cut.stdout.contains("it is whole")
                #expect(isWhole || cut.stdout.contains("\n0\n"), story)
                if isWhole {
                    // The last steps take no time: it may have been finished before it could be killed.
                    try nas.guest.check("extbackup drives retire red --yes --remove-keys")
                }
            }
            // Each attempt took up what the one before it left; the last one may finish.
            let last = try nas.guest.run(take, timeout: .seconds(120))
            #expect(last.status == 0, "\(last.stderr)")
            let findings = try nas.guest.run("extbackup doctor --quiet").stdout
            #expect(!findings.contains("FAILURE"), "\(findings)")
        }

        @Test(
            "loses power in the middle: after the next start the same command makes the drive, which then is backed up to"
        )
        func powerCut() throws {
            let nas = try NAS()
            let disk = try VirtualDrive(size: 400 << 20, serial: "CUT1002")
            try nas.guest.plug(disk, speed: .limited(bytesPerSecond: 2 << 20))
            try nas.guest.waitForDrive(disk)
            let take = """
                extbackup prepare-disk \(disk.devicePath) --name red --yes --serial CUT1002 --no-passphrase --no-first-backup
                """
            try nas.guest.check("(\(take) > /tmp/log 2>&1 &)")
            try nas.guest.waitUntil(
                "the LUKS container is made",
                timeout: .seconds(90),
                succeeds: "grep -q 'making the LUKS container' /tmp/log"
            )
            try nas.guest.reset(.powerCut)
            try nas.guest.setSpeed(of: disk, to: .full)
            try nas.guest.waitForDrive(disk)
            let told = try nas.guest.run("extbackup doctor --quiet").stdout
            #expect(told.contains("its preparation was cut off"), "\(told)")
            let again = try nas.guest.check(take, timeout: .seconds(120))
            #expect(again.stderr.contains("drive 'red' was begun before and not finished"))
            try nas.guest.pull(disk)
            try nas.guest.waitForDriveToGo(disk)
            let run = try nas.plugAndWait(disk)
            try #require(run.status == 0, run.story)
            #expect(try nas.differences(on: disk) == "")
        }
    }
}
