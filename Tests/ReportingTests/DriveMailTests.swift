import Testing

@testable import Reporting

@Suite("The whole mail, where the drive or the NAS is at fault,")
struct DriveMailTests {
    private func mail(_ report: RunReport, _ occasion: MailPolicy.Occasion) throws -> String {
        try RunMailCase.mail(report, occasion)
    }

    @Test("of a failure that left the drive safe")
    func failedSafe() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED while copying - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed while copying:
            'photos/2025/a\x1b.jpg': input/output error (read).

            What to do now
              1. The disk of the source may be dying, ask it: smartctl -a /dev/sda
              2. Pull the drive and plug it in again. The backup starts by itself and goes
                 on.

            Is the drive safe to pull? Yes. The file system is unmounted, LUKS is closed,
            and the drive has no power.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              run           17
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   copying
              exit status   1 (failed)
              reason        'photos/2025/a\x1b.jpg': input/output error (read)
              copied        1 340 files, 20 GB (20 500 000 000 bytes)
              deleted       0
              space needed  41 GB (41 000 000 000 bytes)
              free before   1.2 TB (1 200 000 000 000 bytes)
              free after    1.1 TB (1 179 500 000 000 bytes)

            Sources
              photos        1 340 files copied
              borg          0 files copied; not reached

            Warnings
              - the light does not answer

            Last good backup
              red           2026-02-01 06:38 UTC, 28 days ago
              blue          2025-12-24 18:00 UTC, 2 months ago
              green         never

            The last lines of this run's log (times in UTC)
              06:09:05 drive found (serial=WD-WX12A3456789)
              06:40:45 warning: the light does not answer

            The whole log of this run:
              journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef

            """#
        #expect(try mail(RunMailCase.failedSafe, .failure) == expected)
    }

    @Test("of a failure that left the drive open")
    func failedUnsafe() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED: drive not closed - DO NOT PULL
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed: the file system could not be
            unmounted: device or resource busy.

            What to do now (commands as root)
              1. Leave the drive plugged in, and close it:
                     extbackup cleanup red
              2. Pull it only after that command says that it is safe. If it fails, shut
                 the NAS down; when it is off, the drive may be pulled:
                     systemctl poweroff

            Is the drive safe to pull? NO. Process 812 (smbd) still uses the file system.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              run           17
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   closing the drive
              exit status   72 (not-closed)
              reason        the file system could not be unmounted: device or resource
                            busy
              copied        1 file, 700 bytes
              deleted       0

            Sources
              photos        1 file copied

            Last good backup
              red           2026-02-01 06:38 UTC, 28 days ago
              blue          2025-12-24 18:00 UTC, 2 months ago
              green         never

            The last lines of this run's log (times in UTC)
              06:09:05 drive found (serial=WD-WX12A3456789)
              06:40:45 warning: the light does not answer

            The whole log of this run:
              journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef

            """#
        #expect(try mail(RunMailCase.failedUnsafe, .failure) == expected)
    }

    @Test("of a drive that was pulled")
    func driveGone() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED: drive gone - not plugged in
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed: the drive was unplugged, or lost
            its connection, while copying. What earlier runs completed on it is intact.

            What to do now
              1. Check the drive's cable, its port and its power supply.
              2. Plug the drive in again. The backup starts by itself and goes on.

            Is the drive safe to pull? It is not plugged in.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              run           17
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   copying
              exit status   21 (drive-gone)
              reason        the drive vanished: input/output error (syncfs)
              copied        120 files, 3.0 MB (3 000 000 bytes)
              deleted       0

            Sources
              photos        120 files copied

            Last good backup
              red           2026-02-01 06:38 UTC, 28 days ago
              blue          2025-12-24 18:00 UTC, 2 months ago
              green         never

            The last lines of this run's log (times in UTC)
              06:09:05 drive found (serial=WD-WX12A3456789)
              06:40:45 warning: the light does not answer

            The whole log of this run:
              journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef

            """#
        #expect(try mail(RunMailCase.driveGone, .failure) == expected)
    }

    @Test("of a key that does not open the drive")
    func wrongKey() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED: key does not open it - safe to
             pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.0-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed: the key of this NAS does not open
            the drive.

            What to do now (commands as root)
              1. Nothing was written to the drive. See whether its header is damaged:
                     cryptsetup luksDump /dev/disk/by-uuid/6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              2. If that shows an error, put the NAS's copy of the header back; write the
                 drive's partition, as 'lsblk' shows it, for /dev/sdX1:
                     cryptsetup luksHeaderRestore /dev/sdX1 --header-backup-file /var/lib/extbackup/headers/6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.img
              3. Run the backup again: pull the drive and plug it in, or
                     extbackup run red

            Is the drive safe to pull? Yes. The file system is unmounted, LUKS is closed,
            and nothing uses the drive.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   unlocking
              exit status   12 (unlock-failed)
              reason        the key of this NAS does not open the drive

            Last good backup
              red           2026-02-01 06:38 UTC, 28 days ago
              blue          2025-12-24 18:00 UTC, 2 months ago
              green         never

            The last lines of this run's log (times in UTC)
              06:09:05 drive found (serial=WD-WX12A3456789)
              06:40:45 warning: the light does not answer

            The whole log of this run:
              journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef

            """#
        #expect(try mail(RunMailCase.wrongKey, .failure) == expected)
    }

    @Test("of an agent that was killed, sent by the hook")
    func agentKilled() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED while copying - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.0-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed while copying: the agent was killed
            because memory ran out.

            What to do now (commands as root)
              1. Run the backup again: pull the drive and plug it in, or
                     extbackup run red

            Is the drive safe to pull? Yes. The file system is unmounted, LUKS is closed,
            and nothing uses the drive.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   copying
              reason        the agent was killed because memory ran out

            Warnings
              - when it was last seen it had done 12 of 1 340 changes, 1.5 MB of 20 MB

            Last good backup
              red           2026-02-01 06:38 UTC, 28 days ago
              blue          2025-12-24 18:00 UTC, 2 months ago
              green         never

            The last lines of this run's log (times in UTC)
              06:09:05 drive found (serial=WD-WX12A3456789)
              06:40:45 warning: the light does not answer

            The whole log of this run:
              journalctl _SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef

            """#
        #expect(try mail(#require(RunMailCase.agentKilled), .failure) == expected)
    }
}
