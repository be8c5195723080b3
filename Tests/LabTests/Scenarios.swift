import Lab
import Testing

/// The issue's scenarios, each from a fresh state of the guest: real LUKS, USB, systemd, mail and light.
extension LabTests {
    @Suite("A backup drive", .serialized)
    struct Scenarios {
        @Test("is copied to when it is plugged in, and the light goes from blue to green")
        func firstPlug() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive(keys: .keyFileAndPassphrase)
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(try nas.colors() == [Light.working, Light.safe])
            #expect(try nas.guest.run("test -e \(drive.devicePath)").status == 1, "it is powered off")
            #expect(try nas.leftovers() == "")
            #expect(try nas.guest.mails().isEmpty)
            #expect(try nas.differences(on: drive) == "")
            // What opens it when the NAS is gone.
            let partition = "\(drive.devicePath)-part1"
            let opened = try nas.look(into: drive) {
                """
                printf %s '\(NAS.passphrase)' | cryptsetup open --test-passphrase --key-file - \(partition)
                cd /var/lib/extbackup/headers && sha256sum --check --quiet *.sha256 && cd /
                head -1 /mnt/.extbackup/RESTORE.txt | wc -l
                """
            }
            #expect(opened == "1\n")
        }

        @Test("gets only what changed when it is plugged in again")
        func secondPlug() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let first = try nas.plugAndWait(drive)
            try #require(first.status == 0, first.story)
            try nas.guest.check(Self.changesOfEveryKind)
            let run = try nas.replugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(try nas.colors() == [Light.working, Light.safe, Light.working, Light.safe])
            let bytes = try nas.guest.check(
                "extbackup status --json | grep -A9 '\"sources\"' | grep -m1 bytesCopied | tr -dc 0-9"
            ).trimmed
            #expect(try #require(Int(bytes)) < 200_000, "the film of 3 MB did not move")
            let walks = try nas.guest.check(
                "journalctl -q -b -t extbackup -o cat | grep -o 'destination .*walked: [a-z ]*[a-z]'"
            )
            let expected = [
                "destination walked: this machine has no catalogue of the drive",
                "destination not walked: the seal holds",
            ]
            .flatMap { [$0, $0] }.map { $0 + "\n" }.joined()
            #expect(walks.stdout == expected, "two sources, two runs")
            #expect(try nas.differences(on: drive) == "")
        }

        private static let changesOfEveryKind = """
            set -e
            cd /srv/photos
            echo more >> 2024/summer/7.jpg
            dd if=/dev/urandom of=2024/summer/8.jpg bs=100 seek=3 count=1 conv=notrunc status=none
            # The same size and the same second: rsync's quick check would miss it.
            touch -d '2020-01-01 00:00:00.1' same; cp -p same /tmp/same
            mv 2024/summer/9.jpg 2024/summer/renamed.jpg
            rm 2024/summer/10.jpg; rm -r empty; mkdir -m 0711 new-folder; echo new > new-folder/file
            rm 2025/the-same-film.mp4; echo split > 2025/the-same-film.mp4; ln 2024/summer/11.jpg 2024/joined.jpg
            ln -sfn ../2025 2024/link
            chmod 0640 2024/summer/12.jpg; chown 77:88 2024/summer/13.jpg; touch -d '2001-02-03 04:05:06.7' 2024/summer/14.jpg
            setfattr -n user.comment -v dawn 2024/summer/1.jpg; setfacl -b 2024/summer/2.jpg; setcap -r 2024/summer/3.jpg
            rm pipe; mkdir pipe; rm null; echo 'was a device' > null
            echo begin | dd of=holes bs=1 seek=2000000 conv=notrunc status=none
            """

        @Test("keeps everything when a source is not mounted: exit 26, red, one mail")
        func sourceNotMounted() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let first = try nas.plugAndWait(drive)
            try #require(first.status == 0, first.story)
            try nas.guest.check("umount /srv/photos && echo new > /srv/documents/new.txt")
            let run = try nas.replugAndWait(drive)
            #expect(run.status == 26, run.story)
            #expect(try nas.colors().last == Light.failed)
            let mails = try nas.guest.mails()
            #expect(mails.count == 1)
            #expect(mails.first?.subject.contains("safe to pull") == true)
            #expect(mails.first?.body.contains("'photos' is not mounted") == true)
            try nas.guest.check("mount /srv/photos")
            #expect(try nas.differences(on: drive) == "", "photos are all there, documents are up to date")
        }

        @Test("keeps what an emptied source had, takes what is new, and deletes after approval")
        func sourceEmptied() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let first = try nas.plugAndWait(drive)
            try #require(first.status == 0, first.story)
            try nas.guest.check("rm /srv/documents/*; echo new > /srv/photos/new")
            let held = try nas.replugAndWait(drive)
            #expect(held.status == 25, held.story)
            #expect(try nas.colors().last == Light.held)
            #expect(try nas.guest.mails().count == 1)
            let onDrive = try nas.look(into: drive) { "ls /mnt/documents | wc -l; cat /mnt/photos/new" }
            #expect(onDrive == "30\nnew\n")

            try nas.guest.check("extbackup approve red")
            let approved = try nas.plugAndWait(drive)
            try #require(approved.status == 0, approved.story)
            #expect(try nas.guest.mails().map(\.subject).count == 2, "and one that it recovered")
            #expect(try nas.differences(on: drive) == "")
        }

        @Test("is not opened with a wrong key: exit 12, red, one mail, not a byte written")
        func wrongKey() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("head -c 64 /dev/urandom > /etc/extbackup/keys/red.key")
            let before = try drive.digest()
            let run = try nas.plugAndWait(drive)
            #expect(run.status == 12, run.story)
            #expect(try nas.colors() == [Light.working, Light.failed])
            #expect(try nas.guest.mails().count == 1)
            #expect(try nas.leftovers() == "")
            try nas.guest.pull(drive)
            #expect(try drive.digest() == before)
        }

        @Test("is refused when it is a copy: by its serial number, and by the marker it lacks")
        func clonedDrive() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let other = try drive.clone(serial: "OTHER777")
            let foreign = try nas.plugAndWait(other)
            #expect(foreign.status == 10, foreign.story)
            #expect(try nas.guest.mails().count == 1)
            try nas.guest.pull(other)

            _ = try nas.look(into: drive, for: .writing) { "rm /mnt/.extbackup/marker" }
            let unmarked = try nas.plugAndWait(drive)
            #expect(unmarked.status == 10, unmarked.story)
            #expect(try nas.colors().last == Light.failed)
            #expect(try nas.look(into: drive) { "ls -A /mnt" } == ".extbackup\nlost+found\n")
        }

        @Test("that is pulled in mid-copy leaves order, and is completed when it is plugged in again")
        func pulledInMidCopy() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("head -c 60000000 /dev/urandom > /srv/documents/large")
            try nas.plugAndWaitForCopying(drive)
            try nas.guest.pull(drive)
            let run = try nas.waitForEnd()
            #expect(run.status == 21, run.story)
            #expect(try nas.colors() == [Light.working, Light.failed])
            #expect(try nas.guest.mails().count == 1)
            #expect(try nas.leftovers() == "")
            let again = try nas.plugAndWait(drive)
            try #require(again.status == 0, again.story)
            #expect(try nas.colors().last == Light.safe)
            #expect(try nas.differences(on: drive) == "")
        }

        @Test("whose agent is killed leaves order and red, the hook mails, and a start completes it")
        func killedAgent() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("head -c 60000000 /dev/urandom > /srv/documents/large")
            try nas.plugAndWaitForCopying(drive)
            try nas.guest.check("systemctl kill --signal=KILL --kill-who=main \(NAS.unit("red"))")
            let run = try nas.waitForEnd()
            #expect(run.result == "signal", run.story)
            #expect(try nas.colors() == [Light.working, Light.failed])
            let mails = try nas.guest.mails()
            #expect(mails.count == 1)
            #expect(mails.first?.body.contains("killed") == true)
            #expect(try nas.leftovers() == "")
            try nas.guest.setSpeed(of: drive, to: .full)
            let before = try nas.runCount()
            try nas.guest.check("systemctl start \(NAS.unit("red"))")
            let again = try nas.waitForRun(after: before)
            try #require(again.status == 0, again.story)
            #expect(try nas.colors().last == Light.safe)
            #expect(try nas.differences(on: drive) == "")
        }

        @Test("that is there at boot gets one run")
        func presentAtBoot() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("systemctl mask -q --runtime \(NAS.unit("red"))")
            try nas.guest.plug(drive)
            try nas.guest.waitForDrive(drive)
            try nas.guest.reset()
            let run = try nas.waitForRun(after: 0)
            try #require(run.status == 0, run.story)
            try nas.guest.check("sleep 10")
            #expect(try nas.runCount() == 1)
            #expect(try nas.differences(on: drive) == "")
        }

        @Test(
            "that is plugged in again while its run is ending gets one more run",
            arguments: [
                // Where the end takes long: before the program looks for a newer plug-in, or after it did.
                "ExecStopPost=\nExecStopPost=/bin/sleep 8\nExecStopPost=/usr/bin/extbackup cleanup %i",
                "ExecStopPost=/bin/sleep 8",
            ]
        )
        func replugWhileEnding(slowEnd: String) throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.writeFile(
                "/etc/systemd/system/extbackup@.service.d/slow.conf",
                "[Service]\n\(slowEnd)\n"
            )
            try nas.guest.check("systemctl daemon-reload")
            try nas.guest.plug(drive)
            try nas.guest.waitUntil(
                "the run is ending",
                timeout: .seconds(60),
                succeeds: "systemctl show -P SubState \(NAS.unit("red")) | grep -q stop-post"
            )
            try nas.guest.check("sleep 3")
            try nas.guest.pull(drive)
            try nas.guest.plug(drive)
            let run = try nas.waitForRun(after: 1)
            try #require(run.status == 0, run.story)
            try nas.guest.check("sleep 5")
            #expect(try nas.runCount() == 2)
            #expect(try nas.guest.mails().isEmpty)
        }

        @Test("waits for borg's own lock of a source, holds it while it copies, and does not copy it")
        func borgLock() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check(
                """
                borg init -e none /srv/borg && borg create /srv/borg::first /srv/photos/2025
                head -c 60000000 /dev/urandom > /srv/documents/large
                cat >> /etc/extbackup/config.toml <<'CONFIG'
                [[source]]
                name = "borg"
                path = "/srv/borg"
                lock = { kind = "borg", wait = "5m" }
                CONFIG
                systemd-run --quiet --unit=owner borg with-lock /srv/borg sleep 20
                """,
                timeout: .seconds(120)
            )
            try nas.plugAndWaitForCopying(drive)
            #expect(try nas.guest.run("systemctl is-active owner").status != 0, "it waited for the owner")
            #expect(
                try nas.guest.run("borg --lock-wait 1 with-lock /srv/borg true").status != 0,
                "it holds the lock"
            )
            try nas.guest.setSpeed(of: drive, to: .full)
            let run = try nas.waitForEnd()
            try #require(run.status == 0, run.story)
            try nas.guest.check("borg --lock-wait 1 with-lock /srv/borg true")
            #expect(try nas.look(into: drive) { "ls -d /mnt/borg/lock.* 2>/dev/null || true" } == "")
        }

        @Test("that is too small gets nothing: exit 16 with both numbers, never green")
        func tooSmall() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive(size: 100 << 20)
            try nas.guest.check("head -c 120000000 /dev/urandom > /srv/documents/large")
            let run = try nas.plugAndWait(drive)
            #expect(run.status == 16, run.story)
            #expect(try nas.colors() == [Light.working, Light.failed])
            let mails = try nas.guest.mails()
            #expect(mails.count == 1)
            #expect(mails.first?.body.contains("are needed") == true)
            #expect(mails.first?.body.contains("are free") == true)
            #expect(try nas.look(into: drive) { "find /mnt/photos /mnt/documents -type f" } == "")
        }

        @Test("needs no light: one warning, whether there is none or it is pulled in mid-run")
        func withoutLight() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.detachBlinkStick()
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(try nas.lightWarnings() == 1)

            try nas.guest.attachBlinkStick()
            try nas.guest.check("head -c 60000000 /dev/urandom > /srv/documents/large")
            try nas.guest.pull(drive)
            try nas.plugAndWaitForCopying(drive)
            try nas.guest.detachBlinkStick()
            try nas.guest.setSpeed(of: drive, to: .full)
            let disturbed = try nas.waitForEnd()
            try #require(disturbed.status == 0, disturbed.story)
            #expect(try nas.lightWarnings() == 2)
            #expect(try nas.differences(on: drive) == "")
        }
    }
}
