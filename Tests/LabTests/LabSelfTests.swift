// The lab shows that it can be relied on.

import Glibc
import Lab
import Testing

/// Everything that starts a guest is part of this suite, so that two cores are not shared by many guests.
@Suite(.serialized)
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
        try guest.copyIn("/proc/self/exe", to: "/srv/program")
        let here = try #require(hostSHA256("/proc/self/exe"))
        #expect(try guest.check("sha256sum /srv/program").stdout.hasPrefix(here))
    }

    @Test func `A plugged drive shows its serial, is gone after a pull, and comes back`() throws {
        let guest = try Guest.start(from: .booted())
        let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0001")
        try guest.plug(drive)
        try guest.waitForDrive(drive)
        #expect(try guest.check("blockdev --getsize64 \(drive.devicePath)").trimmed == "\(64 << 20)")
        #expect(try guest.check("udevadm info -q property \(drive.devicePath)").stdout.contains("ID_SERIAL_SHORT=LAB0001"))
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
            echo 1 > $(readlink -f /sys/block/$disk/device/../../../../..)/remove
            """)
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
                == "11111111-2222-3333-4444-555555555555")
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
            """)
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
            """)
        #expect(try guest.run("sleep 2; systemctl is-active writer").trimmed == "active")
        try guest.pull(drive)
        try guest.waitUntil("the writer has failed", succeeds: "systemctl is-failed writer")
    }

    @Test func `After a reset the guest boots with the drive present and what it had synced`() throws {
        let guest = try Guest.start(from: .booted())
        let drive = try VirtualDrive(size: 64 << 20, serial: "LAB0008")
        try guest.plug(drive)
        try guest.waitForDrive(drive)
        try guest.check("echo kept > /root/mark")
        let boot = try guest.check("cat /proc/sys/kernel/random/boot_id").trimmed
        try guest.reset()
        #expect(try guest.check("cat /proc/sys/kernel/random/boot_id").trimmed != boot)
        #expect(try guest.check("cat /root/mark").trimmed == "kept")
        try guest.waitForDrive(drive)
    }

    @Test func `A mail to root arrives in the mailbox`() throws {
        let guest = try Guest.start(from: .booted())
        #expect(try guest.mails().isEmpty)
        try guest.check("/usr/sbin/sendmail -t -oi", input: Array("To: root\nSubject: first\n\nHello.\n.\nFrom here on\n".utf8))
        try guest.waitUntil("a mail", timeout: .seconds(10)) { () throws(LabFailure) in try !guest.mails().isEmpty }
        try guest.check("/usr/sbin/sendmail -t -oi", input: Array("To: root\nSubject: second\n that is long\n\n".utf8))
        try guest.waitUntil("two mails", timeout: .seconds(10)) { () throws(LabFailure) in try guest.mails().count == 2 }
        let mails = try guest.mails()
        #expect(mails[0].subject == "first")
        #expect(mails[0].body == "Hello.\n.\nFrom here on\n")
        #expect(mails[0].headers["to"] == "root")
        #expect(mails[1].subject == "second that is long")
    }
}

/// The SHA-256 sum of a file on the host, from the host's own program.
private func hostSHA256(_ path: String) -> String? {
    let pipe = popen("sha256sum < '\(path)'", "r")
    defer { pclose(pipe) }
    var line = [CChar](repeating: 0, count: 100)
    guard fgets(&line, 100, pipe) != nil else { return nil }
    return String(decoding: line.prefix(64).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
