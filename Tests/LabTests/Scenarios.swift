import Lab
import Testing

/// The scenarios: real LUKS, USB, systemd, mail and light.
extension LabTests {
    @Suite("A backup drive", .serialized)
    struct Scenarios {
        @Test("is copied to when it is plugged in, and the light goes from blue to green")
        func firstPlug() throws {
            let nas = try NAS()
            let drive = try VirtualDrive(size: 400 << 20, serial: "RED1001")
            try nas.prepare(drive)
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            #expect(try nas.colors() == [Light.off, Light.working, Light.safe])
            #expect(try nas.guest.run("test -e \(drive.devicePath)").status == 1, "the drive is powered off")
            #expect(try nas.leftovers() == "")
            #expect(try nas.guest.mails().isEmpty)
            #expect(try nas.differences(on: drive) == "")
        }
    }
}
