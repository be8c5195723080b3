import Lab
import Testing

/// What follows a preparation, and what a person says with the drive in hand.
extension LabTests {
    @Suite("A new drive", .serialized)
    struct FirstHourScenarios {
        @Test("gets its first backup from 'prepare-disk --first-backup', as a run of its unit")
        func firstBackup() throws {
            let nas = try NAS()
            let drive = try VirtualDrive(size: 400 << 20, serial: "RED1001")
            try nas.guest.plug(drive)
            try nas.guest.waitForDrive(drive)
            let said = try nas.guest.check(
                """
                extbackup prepare-disk \(drive.devicePath) --name red --yes --serial \(drive.serial) \
                    --no-passphrase --first-backup 2>&1
                """,
                timeout: .seconds(240)
            ).stdout
            #expect(said.contains("ok        key 'red': it opens slot 0 of the drive"), "\(said)")
            #expect(said.contains("ok        unit 'red': plugging it in starts a backup"), "\(said)")
            #expect(said.contains("ok        light: the stick answers"), "\(said)")
            #expect(said.contains("extbackup: ok: "), "\(said)")
            let run = try nas.waitForEnd()
            #expect(run.status == 0, run.story)
            // What preparing made udev say started no run beside it.
            #expect(try nas.runCount() == 1)
            #expect(try nas.colors() == [Light.working, Light.safe])
            #expect(try nas.differences(on: drive) == "")
        }

        @Test("loses what its run held when it is pulled and plugged in again, but not at once")
        func replug() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive()
            let first = try nas.plugAndWait(drive)
            try #require(first.status == 0, first.story)
            try nas.guest.check("cd /srv/documents && ls | head -25 | xargs rm")
            let held = try nas.replugAndWait(drive)
            #expect(held.status == 25, held.story)
            let soon = try nas.replugAndWait(drive)
            #expect(soon.status == 25, soon.story)
            try nas.guest.check("sleep 35", timeout: .seconds(60))
            let approved = try nas.replugAndWait(drive)
            #expect(approved.status == 0, approved.story)
            #expect(try nas.differences(on: drive) == "")
        }
    }
}
