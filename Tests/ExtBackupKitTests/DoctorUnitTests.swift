import Drives
import LinuxSystem
import Synchronization
import Testing

@testable import ExtBackupKit

@Suite("The doctor, of what is switched off,", Need.root)
struct DoctorUnitTests {
    /// A healthy machine's drive is enabled.
    private func enabled() throws -> Patient {
        let patient = try Patient()
        let layout = patient.sandbox.layout
        try DriveRecords(of: patient.sandbox.name, luksUUID: FakeDrive.uuid, keySlot: 0, in: layout)
            .makeUnitLink()
        try #require(patient.complaints(.unit) == [])
        return patient
    }

    @Test(
        "tells a unit that is masked, and how that ends",
        arguments: [
            ("units/extbackup@red.service", "run 'systemctl unmask extbackup@red.service'"),
            ("units/extbackup@.service", "run 'systemctl unmask extbackup@.service'"),
            ("runtime/extbackup@red.service", "run 'systemctl unmask --runtime extbackup@red.service'"),
        ] as [(place: FileName, hint: String)],
        ["link", "empty file"]
    )
    func masked(unit: (place: FileName, hint: String), mask: String) throws {
        let patient = try enabled()
        let place = patient.sandbox.home.path.appending(unit.place)
        if mask == "link" {
            try run("/bin/ln", "-s", "/dev/null", place)
        } else {
            try patient.sandbox.home.write(unit.place, "")
        }
        #expect(
            patient.complaints(.unit) == ["failure red: \(place) masks it: plugging it in starts nothing"]
        )
        #expect(patient.findings().first { $0.check == .unit }?.hint == unit.hint)
    }

    @Test("takes a unit of the administrator's for what it is, also where the package's is masked")
    func ownUnit() throws {
        let patient = try enabled()
        try patient.sandbox.home.write("units/extbackup@red.service", "[Unit]")
        try run("/bin/ln", "-sf", "/dev/null", patient.sandbox.layout.unitFile)
        #expect(patient.complaints(.unit) == [])
    }

    @Test("tells that the unit itself is missing, so that links lead nowhere")
    func noUnit() throws {
        let patient = try enabled()
        try run("/bin/rm", patient.sandbox.layout.unitFile)
        #expect(
            patient.complaints(.unit) == [
                "failure red: there is no extbackup@.service: plugging it in starts nothing"
            ]
        )
        // Where 'make install' may have put it.
        try patient.sandbox.home.write("runtime/extbackup@.service", "[Unit]")
        #expect(patient.complaints(.unit) == [])
    }

    @Test("tells rules of udev that say nothing", arguments: ["link", "empty file"])
    func emptyRules(mask: String) throws {
        let patient = try Patient()
        let file: FileName = "rules/70-extbackup.rules"
        if mask == "link" {
            try run("/bin/ln", "-sf", "/dev/null", patient.sandbox.home.path.appending(file))
        } else {
            try patient.sandbox.home.write(file, "")
        }
        let finding = try #require(patient.findings().first { $0.check == .machine && $0.grade == .failure })
        #expect(finding.message.hasSuffix("is empty: it switches udev's rules for drives and light off"))
        #expect(
            finding.hint == "run: rm \(patient.sandbox.home.path.appending(file)); udevadm control --reload"
        )
    }

    @Test("tells a plugged drive that udev does not hide, and asks for no other")
    func unhidden() throws {
        var patient = try Patient()
        patient.machine.isHiddenFromDesktops = { _ in false }
        #expect(
            patient.complaints(.automounter).first?.hasPrefix("warning red: udev does not hide it") == true
        )
        patient.sandbox.drive.state.withLock { $0.isPresent = false }
        #expect(patient.complaints(.automounter) == [])
        patient.sandbox.drive.state.withLock { $0.isPresent = true }
        patient.machine.isHiddenFromDesktops = { _ in nil }
        #expect(patient.complaints(.automounter) == [])
    }

    @Test("tells that nobody sends mails, and where that cannot be found out")
    func mailUnit() throws {
        var patient = try Patient()
        patient.machine.isUnitActive = { $0 == "extbackup-mail.path" ? false : nil }
        #expect(
            patient.complaints(.mail) == [
                "failure -: extbackup-mail.path is not active: nobody sends the mails of failed backups"
            ]
        )
        let finding = patient.findings().first { $0.check == .mail && $0.grade == .failure }
        #expect(finding?.hint == "run 'systemctl enable --now extbackup-mail.path'")
        patient.machine.isUnitActive = { _ in nil }
        #expect(patient.complaints(.mail).first?.hasPrefix("note -: whether extbackup-mail.path is") == true)
    }
}
