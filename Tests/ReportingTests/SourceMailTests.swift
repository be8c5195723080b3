import Testing

@testable import Reporting

@Suite("The whole mail, where the sources are at fault or nothing is,")
struct SourceMailTests {
    private func mail(_ report: RunReport, _ occasion: MailPolicy.Occasion) throws -> String {
        try RunMailCase.mail(report, occasion)
    }

    @Test("of deletions that wait")
    func held() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' is done, deletions are HELD - safe to
             pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' is done, but 12 031 deletions wait for your
            approval, because so many may be a mistake.

            What to do now (commands as root)
              1. Look at the sources below: is each one whole, and did you remove these
                 files?
              2. If you did, approve; the next run deletes them:
                     extbackup approve red
              3. If you did not, repair the source first: the drive still holds the files.

            Is the drive safe to pull? Yes. The file system is unmounted, LUKS is closed,
            and the drive is stopped.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              run           17
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              exit status   25 (held)
              copied        13 files, 104 kB (104 096 bytes)
              deleted       2
              held          12 031 deletions

            Sources
              photos        3 files copied, 12 031 deletions held; the source is empty,
                            but the copy holds 12 031 entries
              mail          10 files copied, 2 deleted

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
        #expect(try mail(RunMailCase.held, .held) == expected)
    }

    @Test("of deletions that wait, with the drive in hand", arguments: [false, true])
    func heldForReplug(forAll: Bool) throws {
        var report = RunMailCase.held
        report.safety = .safe(.poweredOff)
        report.sources[1].heldDeletions = 7
        report.replugApproval = ReplugApproval(
            sources: forAll ? ["photos", "mail"] : ["mail"],
            from: Sample.ended.advanced(by: .seconds(30)),
            until: Sample.ended.advanced(by: .seconds(forAll ? 250 : 600))
        )
        let step =
            forAll
            ? """
              2. If you did, approve them: pull the drive and plug it in again between
                 07:41:15 and 07:44:55 CET; the run that this starts deletes them. At any
                 other time approve with a command; then the next run deletes them:
                     extbackup approve red
              3. If you did not, repair the source first: the drive still holds the files.
            """
            : """
              2. If you did, approve those of 'mail': pull the drive and plug it in again
                 between 07:41:15 CET and 08:50:45 CEST; the run that this starts deletes
                 them. At any other time, and for the others, approve with a command; then
                 the next run deletes them:
                     extbackup approve red
            """
        let mail = try mail(report, .held)
        #expect(mail.contains(step), "\(mail)")
    }

    @Test("of a missing source")
    func sourceMissing() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED: source missing - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed: source 'photos': '/srv/photos' is
            not a mounted file system.

            What to do now (commands as root)
              1. Mount the source that is named below, or correct its path. Nothing of it
                 was deleted on the drive. See what is mounted:
                     findmnt --real
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
              ended while   closing the drive
              exit status   26 (source-missing)
              reason        source 'photos': '/srv/photos' is not a mounted file system
              copied        10 files, 100 kB (100 000 bytes)
              deleted       0

            Sources
              photos        0 files copied; not mounted: nothing was copied or deleted
              mail          10 files copied

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
        #expect(try mail(RunMailCase.sourceMissing, .failure) == expected)
    }

    @Test("of a copy that does not fit, with both numbers")
    func noSpace() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' FAILED: it does not fit - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' failed: it does not fit: 2.1 TB are needed,
            1.9 TB are free.

            What to do now (commands as root)
              1. Make it fit: leave something out with 'exclude' in the configuration, or
                 prepare a larger drive. Nothing was deleted to make room.
              2. Run the backup again: pull the drive and plug it in, or
                     extbackup run red

            Is the drive safe to pull? Yes. The file system is unmounted, LUKS is closed,
            and nothing uses the drive.

            Facts
              host          nas
              drive         red
              serial        WD-WX12A3456789
              LUKS UUID     6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11
              run           17
              started       2026-03-01 06:09 UTC
              ended         2026-03-01 06:40 UTC, after 31 min 40 s
              ended while   scanning the sources
              exit status   16 (no-space)
              reason        it does not fit: 2.1 TB are needed, 1.9 TB are free
              copied        0 files, 0 bytes
              deleted       0
              space needed  2.1 TB (2 100 000 000 000 bytes)
              free before   1.9 TB (1 999 999 999 999 bytes)

            Sources
              photos        0 files copied
              mail          0 files copied

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
        #expect(try mail(RunMailCase.noSpace, .failure) == expected)
    }

    @Test("of entries that could not be copied")
    func partial() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' is INCOMPLETE - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' is done but not complete: 40 entries could
            not be copied.

            What to do now
              1. Look at the entries named below: are they locked, damaged, or on a bad
                 disk?
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
              exit status   3 (partial)
              copied        200 files, 5.0 MB (5 000 000 bytes)
              deleted       1
              not copied    40

            Sources
              photos        200 files copied, 9 not copied
              mail          0 files copied, 1 deleted, 31 not copied

            Not copied (the first 10 of 40)
              photos: 'a 1\u{202e}gpj.exe': permission denied
              photos: 'a 2\u{202e}gpj.exe': permission denied
              photos: 'a 3\u{202e}gpj.exe': permission denied
              photos: 'a 4\u{202e}gpj.exe': permission denied
              photos: 'a 5\u{202e}gpj.exe': permission denied
              photos: 'a 6\u{202e}gpj.exe': permission denied
              photos: 'a 7\u{202e}gpj.exe': permission denied
              photos: 'a 8\u{202e}gpj.exe': permission denied
              photos: 'a 9\u{202e}gpj.exe': permission denied
              mail:
                  'directory/directory/directory/directory/directory/directory/directory/d
                  irectory/directory/directory/directory/directory/größe': input/output
                  error

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
        #expect(try mail(RunMailCase.partial, .failure) == expected)
    }

    @Test("of a success after a failure")
    func recovered() throws {
        let expected = #"""
            To: root
            Subject: [nas] Backup to drive 'red' works again - safe to pull
            Message-ID: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11.17-1772347245@nas>
            In-Reply-To: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            References: <extbackup.6f1c2c52-0d1d-4b5c-9d0e-0f6b7f3b2a11@nas>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: 8bit

            The backup of 'nas' to drive 'red' works again: everything was copied.

            What to do now: nothing.

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
              exit status   0 (ok)
              copied        1 file, 999 bytes
              deleted       1

            Sources
              photos        1 file copied, 1 deleted

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
        #expect(try mail(RunMailCase.recovered, .recovered) == expected)
    }
}
