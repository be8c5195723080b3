import Lab
import Testing

/// The Debian package on a NAS that backs up.
extension LabTests {
    @Suite("The Debian package", .serialized)
    struct PackageScenarios {
        @Test("makes folders, group and rules, and starts what sends mail")
        func installation() throws {
            let nas = try NAS()
            let folders = try nas.guest.check(
                """
                stat -c '%A %U:%G %n' /etc/extbackup /etc/extbackup/drives.d /etc/extbackup/keys /run/extbackup \
                    /var/lib/extbackup /var/lib/extbackup/headers /var/lib/extbackup/outbox
                """
            )
            #expect(
                folders.stdout == """
                    drwxr-xr-x root:root /etc/extbackup
                    drwxr-xr-x root:root /etc/extbackup/drives.d
                    drwx------ root:root /etc/extbackup/keys
                    drwxr-xr-x root:root /run/extbackup
                    drwx------ root:root /var/lib/extbackup
                    drwx------ root:root /var/lib/extbackup/headers
                    drwx------ root:root /var/lib/extbackup/outbox

                    """
            )
            #expect(try nas.guest.check("dpkg --audit; dpkg --verify extbackup").stdout == "")
            #expect(try nas.guest.run("systemctl is-active extbackup-mail.path").trimmed == "active")
            #expect(try nas.guest.run("systemctl is-enabled extbackup-mail.path").trimmed == "enabled")
            // The light was plugged in after the rules were there.
            let light = """
                stat -c %G $(lsusb -d 20a0:41e5 | sed -E 's|Bus (...) Device (...).*|/dev/bus/usb/\\1/\\2|')
                """
            #expect(try nas.guest.check(light).trimmed == "extbackup")
            let example = "extbackup config check --folder /usr/share/doc/extbackup/examples"
            #expect(try nas.guest.run(example).status == 0)
        }

        @Test("does not disturb a run that goes on: it may be upgraded, but not removed")
        func duringRun() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            try nas.guest.check("head -c 150000000 /dev/urandom > /srv/documents/large")
            try nas.plugAndWaitForCopying(drive)
            let agent = "systemctl show -P MainPID \(NAS.unit("red"))"
            let before = try nas.guest.check(agent).trimmed

            let removal = try nas.guest.run("dpkg --remove extbackup", timeout: .seconds(120))
            #expect(removal.status != 0)
            #expect(removal.stderr.contains("a run works on drive 'red', so the package is not removed"))
            #expect(
                try nas.guest.check("dpkg-query -W -f '${db:Status-Status}' extbackup").trimmed == "installed"
            )

            try nas.guest.check(LabSnapshot.installation, timeout: .seconds(120))
            #expect(try nas.guest.check(agent).trimmed == before)
            try nas.guest.setSpeed(of: drive, to: .full)
            let run = try nas.waitForEnd()
            try #require(run.status == 0, run.story)
            #expect(try nas.runCount() == 1)
            #expect(try nas.colors() == [Light.working, Light.safe])
            #expect(try nas.differences(on: drive) == "")
        }

        @Test("keeps what opens the drives when it is purged, and works again when it is installed again")
        func purge() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let first = try nas.plugAndWait(drive)
            try #require(first.status == 0, first.story)
            let purge = try nas.guest.check("dpkg --purge extbackup", timeout: .seconds(120))
            #expect(
                purge.stdout.contains(
                    "what opens your drives is kept: /etc/extbackup/keys /var/lib/extbackup/headers"
                )
            )
            let left = try nas.guest.check(
                """
                find / -xdev -name '*extbackup*' ! -path '/root/*' ! -path '/proc/*' ! -path '/var/log/*' | LC_ALL=C sort
                find /etc/extbackup /var/lib/extbackup -type f | sed -E 's,[^/]*[.](img|sha256)$,UUID.\\1,' | LC_ALL=C sort
                """
            )
            #expect(
                left.stdout == """
                    /etc/extbackup
                    /var/lib/extbackup
                    /etc/extbackup/keys/red.key
                    /var/lib/extbackup/headers/UUID.img
                    /var/lib/extbackup/headers/UUID.sha256

                    """
            )
            #expect(try nas.differences(on: drive) == "", "the key that was kept opens the drive")
            try nas.guest.check(LabSnapshot.installation, timeout: .seconds(120))
            #expect(try nas.guest.run("extbackup status").status == 0)
        }
    }
}
