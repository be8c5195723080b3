import Lab
import Testing

/// Commands as scripts give them, with the options and file systems that nothing else here uses.
extension LabTests {
    @Suite("Without questions", .serialized)
    struct ScriptScenarios {
        @Test(
            "an XFS drive is made with a passphrase that is shown, backed up to, changed by hand, and gets its header back"
        )
        func xfs() throws {
            let nas = try NAS()
            let drive = try VirtualDrive(size: 700 << 20, serial: "XFS1001")
            try nas.guest.plug(drive)
            try nas.guest.waitForDrive(drive)
            let passphrase = try prepare(drive, on: nas)
            let colors = try nas.colors()
            #expect(colors == [Light.working, Light.held, Light.failed, Light.off])
            #expect(try nas.guest.mails().count == 1, "the test mail")
            try nas.guest.check(
                "printf %s '\(passphrase)' | cryptsetup open --test-passphrase --key-file - \(drive.devicePath)-part1",
                timeout: .seconds(120)
            )

            let report = try nas.guest.check("extbackup run red --json 2>/dev/null", timeout: .seconds(240))
                .stdout
            #expect(report.hasPrefix("{\n") && report.contains("\"name\" : \"photos\""), "\(report)")
            #expect(report.contains("\"filesCopied\" : 30"), "\(report)")
            let differences = try nas.differences(on: drive)
            #expect(differences == "")

            try write(on: drive, of: nas)
            try damageAndRestore(drive, on: nas)
            let quiet = try nas.guest.check("extbackup run red --quiet 2>&1", timeout: .seconds(240))
            #expect(quiet.stdout == "")
            #expect(try nas.differences(on: drive) == "", "what was written by hand is gone")
        }

        /// - Returns: the passphrase that was shown.
        private func prepare(_ drive: VirtualDrive, on nas: NAS) throws -> String {
            let terminal = try nas.guest.terminal(
                """
                extbackup prepare-disk \(drive.devicePath) --name red --filesystem xfs --generate-passphrase --yes \
                    --serial \(drive.serial) --test-signals --no-first-backup
                """
            )
            let status = try terminal.waitForEnd(timeout: .seconds(240))
            let screen = try terminal.screen()
            try #require(status == 0, "\(screen)")
            let lines = screen.split(separator: "\n")
            let shown = try #require(lines.firstIndex { $0.contains("80 bits of chance") }, "\(screen)")
            return lines[shown + 1].trimmingPrefix("    ").description
        }

        private func write(on drive: VirtualDrive, of nas: NAS) throws {
            let terminal = try nas.guest.terminal("extbackup mount red --at /root/look --writable")
            try terminal.waitFor("Plug drive 'red' in")
            try nas.guest.plug(drive)
            try terminal.waitFor("drive 'red' is open; Ctrl-C closes it")
            try nas.guest.check(
                "findmnt -no FSTYPE /root/look | grep -qx xfs && echo mine > /root/look/photos/mine"
            )
            try terminal.interrupt()
            let status = try terminal.waitForEnd()
            let screen = try terminal.screen()
            #expect(status == 0, "\(screen)")
            #expect(try nas.leftovers() == "")
        }

        /// The key slots are gone, but the disk still shows the drive's UUID.
        private func damageAndRestore(_ drive: VirtualDrive, on nas: NAS) throws {
            let partition = "\(drive.devicePath)-part1"
            let test =
                "cryptsetup open --test-passphrase --key-file /etc/extbackup/keys/red.key --key-slot 0 \(partition)"
            try nas.guest.check(
                "dd if=/dev/zero of=$(readlink -f \(partition)) bs=64K seek=1 count=64 conv=fsync status=none; ! \(test)"
            )
            let restored = try nas.guest.check("extbackup header restore red --yes --serial 1001 2>&1")
            #expect(restored.stdout.contains("The header is back"), "\(restored.stdout)")
            #expect(restored.stdout.contains(".img.before-restore"), "\(restored.stdout)")
            try nas.guest.check(test)
        }

        @Test(
            "a btrfs drive that somebody else encrypted is taken in, gets another passphrase, and is backed up to"
        )
        func adopted() throws {
            let nas = try NAS()
            let drive = try VirtualDrive(size: 500 << 20, serial: "OLD1001")
            let partition = "\(drive.devicePath)-part1"
            try nas.guest.plug(drive)
            try nas.guest.waitForDrive(drive)
            try nas.guest.check(
                """
                set -e
                disk=$(readlink -f \(drive.devicePath))
                echo type=linux | sfdisk -q --no-tell-kernel $disk
                partx -a $disk || true
                udevadm settle
                echo 'words of old' > /root/old; echo 'words of mine' > /root/new
                head -c -1 /root/old > /root/old.key; head -c -1 /root/new > /root/new.key
                cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /root/old.key ${disk}1
                cryptsetup open --key-file /root/old.key ${disk}1 old
                mkfs.btrfs -q /dev/mapper/old
                mount /dev/mapper/old /mnt; echo dear > /mnt/letter; umount /mnt
                cryptsetup close old
                udevadm settle
                extbackup prepare-disk --adopt \(partition) --name red --yes --passphrase-file /root/old --no-first-backup
                extbackup drives key passphrase red --passphrase-file /root/new
                cryptsetup open --test-passphrase --key-file /root/new.key \(partition)
                ! cryptsetup open --test-passphrase --key-file /root/old.key \(partition)
                """,
                timeout: .seconds(240)
            )
            #expect(try nas.guest.run("extbackup doctor --quiet").stdout.contains("FAILURE") == false)
            try nas.guest.pull(drive)
            try nas.guest.waitForDriveToGo(drive)
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(try nas.differences(on: drive) == "")
            #expect(
                try nas.look(into: drive) { "cat /mnt/letter; findmnt -no FSTYPE /mnt" } == "dear\nbtrfs\n"
            )
        }
    }
}
