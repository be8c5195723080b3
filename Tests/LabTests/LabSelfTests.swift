// The lab shows that it can be relied on.

import Glibc
import Testing

@testable import Lab

/// Everything that starts a guest is part of this suite, so that two cores are not shared by many guests.
extension LabTests {
    @Suite("The lab", .serialized)
    struct LabSelfTests {
        @Test func `A command's outputs and exit status arrive`() throws {
            let guest = try Guest.start(from: .booted())
            let result = try guest.run("cat; echo problem >&2; exit 7", input: Array("to the guest".utf8))
            #expect(result.stdout == "to the guest")
            #expect(result.stderr == "problem\n")
            #expect(result.status == 7)
        }

        @Test func `A command that takes too long is ended`() throws {
            let guest = try Guest.start(from: .booted())
            #expect(try guest.run("sleep 100", timeout: .seconds(1)).status == 124)
        }

        @Test func `A condition that never holds ends with what was waited for`() throws {
            let guest = try Guest.start(from: .booted())
            let failure = #expect(throws: LabFailure.self) {
                try guest.waitUntil("the moon is blue", timeout: .seconds(1), succeeds: "false")
            }
            #expect(failure?.message.contains("the moon is blue") == true)
        }

        @Test func `The guest has the host's time, and random numbers of its own`() throws {
            let command = "cat /proc/sys/kernel/random/uuid; date +%s"
            let first = try Guest.start(from: .booted()).check(command).stdout.split(separator: "\n")
            let second = try Guest.start(from: .booted()).check(command).stdout.split(separator: "\n")
            #expect(first[0] != second[0])
            let now = time(nil)
            let guestTime = try #require(Int(second[1]))
            #expect(abs(now - guestTime) <= 2)
        }

        @Test func `Two guests from one snapshot do not see each other's changes`() throws {
            let first = try Guest.start(from: .booted())
            let second = try Guest.start(from: .booted())
            try first.check("echo here > /root/mark && sync")
            #expect(try second.run("test -e /root/mark").status == 1)
            #expect(try first.run("cat /root/mark").trimmed == "here")
            let third = try Guest.start(from: .booted())
            #expect(try third.run("test -e /root/mark").status == 1)
        }

        @Test func `Files go in and come out as they are`() throws {
            let guest = try Guest.start(from: .booted())
            let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
            try guest.writeFile("/srv/new folder/it's a file", bytes, mode: "0750")
            #expect(try guest.readFile("/srv/new folder/it's a file") == bytes)
            #expect(try guest.check("stat -c %a '/srv/new folder/it'\\''s a file'").trimmed == "750")
            // A size that is not a whole number of sectors.
            try writeHostFile("/tmp/extbackup-lab.\(getpid()).file", bytes + bytes + [1, 2, 3])
            defer { unlink("/tmp/extbackup-lab.\(getpid()).file") }
            try guest.copyIn("/tmp/extbackup-lab.\(getpid()).file", to: "/srv/large")
            #expect(try guest.readFile("/srv/large") == bytes + bytes + [1, 2, 3])
        }

        @Test func `A plugged drive shows its serial, is gone after a pull, and comes back`() throws {
            let guest = try Guest.start(from: .booted())
            let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0001")
            try guest.plug(drive)
            try guest.waitForDrive(drive)
            #expect(try guest.check("blockdev --getsize64 \(drive.devicePath)").trimmed == "\(64 << 20)")
            #expect(
                try guest.check("udevadm info -q property \(drive.devicePath)").stdout.contains(
                    "ID_SERIAL_SHORT=LAB0001"
                )
            )
            try guest.pull(drive)
            try guest.waitForDriveToGo(drive)
            try guest.plug(drive)
            try guest.waitForDrive(drive)
        }

        @Test func `A drive that the guest powered off comes back when it is plugged again`() throws {
            let guest = try Guest.start(from: .booted())
            let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0002")
            try guest.plug(drive)
            try guest.waitForDrive(drive)
            try guest.check(
                """
                disk=$(basename $(readlink -f \(drive.devicePath)))
                echo 1 > $(readlink -f /sys/block/$disk/device/../../../..)/remove
                """
            )
            try guest.waitForDriveToGo(drive)
            try guest.pull(drive)
            try guest.plug(drive)
            try guest.waitForDrive(drive)
        }

        @Test func `Several drives can be plugged at once, among them a clone`() throws {
            let guest = try Guest.start(from: .booted())
            let original = try VirtualDrive(size: 64 << 20, serial: "LAB0003")
            try guest.plug(original)
            try guest.waitForDrive(original)
            try guest.check("mkfs.ext4 -q -U 11111111-2222-3333-4444-555555555555 \(original.devicePath)")
            try guest.pull(original)
            let clone = try original.clone(serial: "LAB0004")
            let third = try VirtualDrive(size: 64 << 20, serial: "LAB0005")
            for drive in [original, clone, third] { try guest.plug(drive) }
            for drive in [original, clone, third] { try guest.waitForDrive(drive) }
            #expect(
                try guest.check("blkid -o value -s UUID \(clone.devicePath)").trimmed
                    == "11111111-2222-3333-4444-555555555555"
            )
        }

        @Test func `LUKS opens and closes on a plugged drive`() throws {
            let guest = try Guest.start(from: .booted())
            let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0006")
            try guest.plug(drive)
            try guest.waitForDrive(drive)
            try guest.check(
                """
                set -e
                echo -n secret > /root/key
                cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \(drive.devicePath) /root/key
                cryptsetup open --key-file /root/key \(drive.devicePath) trial
                mkfs.ext4 -q /dev/mapper/trial
                mount /dev/mapper/trial /mnt
                echo hello > /mnt/file
                umount /mnt
                cryptsetup close trial
                """
            )
            #expect(try guest.run("test -e /dev/mapper/trial").status == 1)
        }

        @Test func `A drive can be slow, and pulled while something is written to it`() throws {
            let guest = try Guest.start(from: .booted())
            let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0007")
            try guest.plug(drive)
            try guest.waitForDrive(drive)
            try guest.setSpeed(of: drive, to: .limited(bytesPerSecond: 1 << 20))
            try guest.check(
                """
                systemd-run --quiet --unit=writer dd if=/dev/zero of=\(drive.devicePath) bs=1M count=32 oflag=direct
                """
            )
            #expect(try guest.run("sleep 2; systemctl is-active writer").trimmed == "active")
            try guest.pull(drive)
            try guest.waitUntil("the writer has failed", succeeds: "systemctl is-failed writer")
        }

        @Test func `A mail to root arrives in the mailbox`() throws {
            let guest = try Guest.start(from: .booted())
            #expect(try guest.mails().isEmpty)
            try guest.check(
                "/usr/sbin/sendmail -t -oi",
                input: Array("To: root\nSubject: first\n\nHello.\nFrom here on\n".utf8)
            )
            try guest.waitUntil("a mail", timeout: .seconds(10)) { () throws(LabFailure) in
                try !guest.mails().isEmpty
            }
            try guest.check(
                "/usr/sbin/sendmail -t -oi",
                input: Array("To: root\nSubject: second\n that is long\n\n".utf8)
            )
            try guest.waitUntil("two mails", timeout: .seconds(10)) { () throws(LabFailure) in
                try guest.mails().count == 2
            }
            let mails = try guest.mails()
            #expect(mails[0].subject == "first")
            #expect(mails[0].body == "Hello.\nFrom here on\n")
            #expect(mails[0].headers["to"] == "root")
            #expect(mails[1].subject == "second that is long")
        }

        @Test
        func `An emulated BlinkStick is a real USB device, and its colours are logged with their times`()
            throws
        {
            let guest = try Guest.start(from: .booted())
            try guest.attachBlinkStick(serial: "BS012345-3.0")
            let listing = try guest.check("lsusb -v -d 20a0:41e5").stdout
            for text in ["Agile Innovative Ltd", "BlinkStick", "BS012345-3.0", "bcdDevice            2.00"] {
                #expect(listing.contains(text))
            }
            try guest.check("ls /dev/hidraw*")
            let before = Double(time(nil))
            #expect(try guest.run(setReport(5, "05 00 01 05 13 0c")).succeeded)
            #expect(try guest.run(setReport(1, "00 ff 00 00")).succeeded)
            let log = try guest.lightLog()
            #expect(log.map(\.led) == [1, 0])
            #expect(log.map(\.rgb) == ["05130c", "ff0000"])
            #expect(log.allSatisfy { abs($0.time - before) < 10 })
            try guest.detachBlinkStick()
            #expect(try guest.run("lsusb -d 20a0:41e5").status == 1)
            try guest.attachBlinkStick(behavior: .stalling)
            #expect(try guest.run(setReport(1, "00 00 ff 00")).status == 32)  // EPIPE
            #expect(try guest.lightLog().count == 2)
        }

        @Test func `After a reset the BlinkStick and the drive are there`() throws {
            let guest = try Guest.start(from: .booted())
            let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0008")
            try guest.plug(drive)
            try guest.attachBlinkStick()
            try guest.waitForDrive(drive)
            try guest.check("echo kept > /root/mark")
            let boot = try guest.check("cat /proc/sys/kernel/random/boot_id").trimmed
            try guest.reset()
            #expect(try guest.check("cat /proc/sys/kernel/random/boot_id").trimmed != boot)
            #expect(try guest.check("cat /root/mark").trimmed == "kept")
            try guest.waitForDrive(drive)
            try guest.check("lsusb -d 20a0:41e5")
        }

        @Test func `A package is installed once, and guests start from that`() throws {
            let tree = "/tmp/extbackup-lab.\(getpid()).tree"
            for folder in ["", "/DEBIAN", "/usr", "/usr/lib", "/usr/lib/tmpfiles.d"] {
                mkdir(tree + folder, 0o755)
            }
            defer { HostFile.removeTree(tree) }
            try writeHostFile(
                tree + "/usr/lib/tmpfiles.d/trial.conf",
                Array("d /srv/trial 0750 root root\n".utf8)
            )
            let control = """
                Package: trial
                Version: 1
                Architecture: all
                Maintainer: root <root@localhost>
                Description: a trial

                """
            try writeHostFile(tree + "/DEBIAN/control", Array(control.utf8))
            let package = tree + ".deb"
            defer { unlink(package) }
            // The same tree gives the same file, whatever the time.
            try HostCommand.check(
                ["dpkg-deb", "--root-owner-group", "--build", tree, package],
                environment: ["SOURCE_DATE_EPOCH": "1"]
            )
            let script = "systemd-tmpfiles --create trial.conf"
            let snapshot = try LabSnapshot.installed(package: package, setUp: script, light: .attached)
            let start = ContinuousClock.now
            let guest = try Guest.start(from: snapshot)
            #expect(try guest.check("stat -c '%a %U' /srv/trial").trimmed == "750 root")
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try guest.run(setReport(1, "00 00 ff 00")).succeeded)
            #expect(try guest.lightLog().map(\.rgb) == ["00ff00"])
            try guest.detachBlinkStick()
            // What the packages put under /usr is still there, and so are the links of a merged /usr.
            try guest.check("test -L /lib && test -x /usr/bin/rsync")
            #expect(
                try LabSnapshot.installed(package: package, setUp: script, light: .attached).folder
                    == snapshot.folder
            )
            #expect(throws: LabFailure.self) {
                try LabSnapshot.installed(package: package, setUp: "echo why; false")
            }
        }
    }
}

private func writeHostFile(_ path: String, _ bytes: [UInt8]) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

/// A command that sends a report to the BlinkStick, as libusb does it, and exits with errno when it is refused.
private func setReport(_ id: Int, _ hex: String) -> String {
    """
    device=$(dirname $(grep -l 41e5 /sys/bus/usb/devices/*/idProduct))
    path=$(printf /dev/bus/usb/%03d/%03d $(cat $device/busnum) $(cat $device/devnum))
    python3 - $path <<'END'
    import ctypes, fcntl, os, struct, sys
    data = bytearray.fromhex('\(hex)')
    buffer = (ctypes.c_char * len(data)).from_buffer(data)
    transfer = struct.pack('BBHHHIP', 0x20, 9, \(id), 0, len(data), 1000, ctypes.addressof(buffer))
    try:
        fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR), 0xc0185500, transfer)
    except OSError as error:
        sys.exit(error.errno)
    END
    """
}
