import Drives
import LinuxSystem
import Reporting
import Synchronization
import SystemPackage
import Testing

@testable import ExtBackupKit

@Suite("The doctor", Need.root)
struct DoctorTests {
    @Test("finds nothing wrong with a machine but what this one lacks")
    func healthy() throws {
        let patient = try Patient()
        try patient.sandbox.runBefore(files: ["a"])
        for check in Finding.Check.allCases where ![.key, .header, .unit, .space].contains(check) {
            #expect(patient.complaints(check) == [], "\(check)")
        }
        #expect(Set(patient.findings().map(\.check)) == Set(Finding.Check.allCases))
    }

    @Test("has a hint for whatever is not fine")
    func hints() throws {
        let patient = try Patient()
        let findings = patient.findings().filter { $0.grade == .warning || $0.grade == .failure }
        #expect(!findings.isEmpty)
        for finding in findings { #expect(finding.hint != nil, "\(finding.message)") }
    }

    @Test("tells a configuration that cannot be read, and goes on")
    func configuration() throws {
        let patient = try Patient()
        try patient.sandbox.home.write("etc/config.toml", "[[source]]\nname = 7\n")
        let findings = patient.findings()
        #expect(findings.status == .config)
        #expect(findings.contains { $0.check == .configuration && $0.message.contains("config.toml:2:1") })
        #expect(findings.contains { $0.check == .unit })
    }

    @Test("tells a drive's file that is broken, or names a source that is not configured")
    func driveFiles() throws {
        let patient = try Patient()
        try patient.sandbox.home.write("etc/drives.d/red.toml", Sandbox.driveFile + "sources = [\"music\"]\n")
        try patient.sandbox.home.write("etc/drives.d/blue.toml", "name = 1")
        let complaints = patient.complaints(.configuration)
        #expect(complaints.count == 2)
        #expect(complaints.contains { $0.hasPrefix("failure blue: ") })
        #expect(complaints.contains { $0.contains("names the source 'music', which is not configured") })
    }

    @Test("tells that nothing is backed up before there is a drive")
    func noDrive() throws {
        let patient = try Patient()
        try run("/bin/rm", patient.sandbox.home.path.appending("etc/drives.d/red.toml"))
        #expect(patient.findings().status == .noDrive)
    }

    @Test("tells a source that is missing, or not mounted where it must be")
    func sources() throws {
        let patient = try Patient()
        try patient.sandbox.configure(source: "require_mount = true")
        #expect(patient.findings().status == .sourceMissing)
        #expect(patient.complaints(.source).contains { $0.contains("is not mounted") })
        try patient.sandbox.configure()
        try run("/bin/rm", "-r", patient.sandbox.sourcePath)
        #expect(patient.complaints(.source).contains { $0.contains("no such file or directory") })
    }

    @Test(
        "tells what is wrong with a key file",
        arguments: [
            (["/bin/chmod", "0444", "KEY"], "can be read by others than root"),
            (["/bin/chown", "nobody", "KEY"], "can be read by others than root"),
            (["/bin/rm", "KEY"], "is not there"),
            (["/bin/chmod", "0755", "FOLDER"], "can be used by others than root"),
            (["/bin/ln", "-sf", "/etc/hostname", "KEY"], "is a symbolic link"),
        ] as [([String], String)]
    )
    func key(command: [String], complaint: String) throws {
        let patient = try Patient()
        let folder = patient.sandbox.layout.keyFolder
        try run(
            command.map { word in
                switch word {
                case "KEY": folder.appending("red.key")
                case "FOLDER": folder
                case let other: FileName(other)
                }
            }
        )
        let complaints = patient.complaints(.key)
        #expect(complaints.count == 1)
        #expect(complaints.first?.contains(complaint) == true, "\(complaints)")
        #expect(patient.findings().status == .unlockFailed)
    }

    @Test("tells of a key change that was cut off")
    func keyChange() throws {
        let patient = try Patient()
        try patient.sandbox.home.write("etc/keys/red.key.new", "key", mode: 0o400)
        #expect(patient.complaints(.key).contains { $0.contains("a change of it was cut off") })
    }

    @Test("tells a drive that is disabled, and one that has no file")
    func links() throws {
        let patient = try Patient()
        #expect(patient.complaints(.unit).contains { $0.contains("it is disabled") })
        let folder = "units/dev-disk-by\\x2duuid-x.device.wants"
        try patient.sandbox.home.makeFolder(FileName(folder))
        try run(
            "/bin/ln",
            "-s",
            patient.sandbox.layout.unitFile,
            patient.sandbox.home.path.appending(FileName(folder + "/extbackup@gone.service"))
        )
        #expect(
            patient.complaints(.unit).contains {
                $0.hasPrefix("warning gone: plugging it in starts an agent")
            }
        )
    }

    @Test("tells a drive whose preparation was cut off")
    func unfinished() throws {
        let patient = try Patient()
        try patient.sandbox.home.makeFolder("var/preparing")
        try patient.sandbox.home.write("var/preparing/blue", "")
        #expect(
            patient.complaints(.configuration) == [
                "warning blue: its preparation was cut off, or goes on right now"
            ]
        )
    }

    @Test("tells a copy of a drive that is plugged in, beside it or in its place")
    func copies() throws {
        let patient = try Patient()
        let drive = patient.sandbox.drive
        #expect(!patient.complaints(.machine).contains { $0.contains("red") })
        let other = BlockDevice.example(diskSequence: 8, serial: "OTHER1")
        drive.state.withLock { $0.devices.append(other) }
        #expect(patient.complaints(.machine).contains { $0.hasPrefix("failure red: ") })
        drive.state.withLock { $0.devices = [other] }
        #expect(
            patient.complaints(.machine).contains { $0.hasPrefix("failure red: ") && $0.contains("OTHER1") }
        )
    }

    @Test("tells a drive that never had a good backup, and one that is overdue")
    func age() throws {
        let patient = try Patient()
        #expect(patient.complaints(.age) == ["warning red: it never had a good backup"])
        try patient.sandbox.runBefore(files: ["a"])
        #expect(patient.complaints(.age) == [])
        patient.sandbox.pass(.seconds(31 * 86400))
        #expect(patient.complaints(.age).first?.contains("it is overdue") == true)
        try patient.sandbox.configure(rest: "[drive]\ndue_after = \"40d\"")
        #expect(patient.complaints(.age) == [])
    }

    @Test(
        "tells how much the last run left free on a drive, and that it may not last",
        arguments: [
            (nil, 2, nil, 100, .succeeded, nil),
            (50, 1, 100, 900, .succeeded, "fine red: 50 bytes are free on it"),
            (50, 2, 100, 50, .succeeded, "fine red: 50 bytes are free on it"),
            (
                50, 2, 100, 51, .succeeded,
                "warning red: 50 bytes are free on it, and the last run copied 51 bytes"
            ),
            (
                nil, 2, 40, 0, .failed(.noSpace),
                "warning red: the last run did not fit; 40 bytes are free on it"
            ),
        ] as [(Int64?, Int64, Int64?, Int64, Verdict, String?)]
    )
    func room(
        after: Int64?,
        number: Int64,
        before: Int64?,
        copied: Int64,
        verdict: Verdict,
        expected: String?
    ) throws {
        let patient = try Patient()
        try patient.sandbox.runBefore(files: ["a"])
        try StatusFile(directory: patient.sandbox.layout.stateFolder).update {
            $0[drive: "red"].lastReport?.runNumber = number
            $0[drive: "red"].lastReport?.verdict = verdict
            $0[drive: "red"].lastReport?.sources = [
                SourceResult(name: "photos", bytesCopied: ByteCount(copied))
            ]
            $0[drive: "red"].lastReport?.space = before.map {
                FreeSpace(before: ByteCount($0), after: after.map { ByteCount($0) })
            }
        }
        let found = patient.findings().filter { $0.check == .space && $0.subject == "red" }
        #expect(found.map { "\($0.grade.rawValue) red: \($0.message)" } == (expected.map { [$0] } ?? []))
        #expect(found.allSatisfy { ($0.hint == nil) == ($0.grade == .fine) })
    }

    @Test(
        "tells what the machine lacks",
        arguments: [
            ("control", "no drive can be unlocked"), ("control", "udev does not run"),
            ("rules/70-extbackup.rules", "are not installed"),
        ] as [(FileName, String)]
    )
    func machine(missing: FileName, complaint: String) throws {
        let patient = try Patient()
        try run("/bin/rm", patient.sandbox.home.path.appending(missing))
        #expect(patient.complaints(.machine).contains { $0.contains(complaint) })
    }

    @Test("tells tables that open the drive first, but not their comments")
    func tables() throws {
        let patient = try Patient()
        let line = "usb UUID=\(FakeDrive.uuid.uppercased()) none luks\n"
        try patient.sandbox.home.write("crypttab", "  # " + line)
        #expect(patient.complaints(.automounter) == [])
        try patient.sandbox.home.write("crypttab", line)
        #expect(
            patient.complaints(.automounter).first?.contains("the system opens it before the agent can")
                == true
        )
    }

    @Test("notes programs that open drives by themselves")
    func programs() throws {
        let patient = try Patient()
        try patient.sandbox.home.write("proc/17/comm", "udiskie\n")
        #expect(patient.complaints(.automounter).first?.hasPrefix("note -: 'udiskie' runs") == true)
    }

    @Test("tells a clock that nobody sets, and one that is behind")
    func clock() throws {
        var patient = try Patient()
        patient.machine.isClockSynchronized = { false }
        #expect(patient.complaints(.clock).first?.hasPrefix("warning -: nobody sets it") == true)
        patient.machine.isClockSynchronized = { nil }
        #expect(patient.complaints(.clock).first?.hasPrefix("note") == true)
        try patient.sandbox.runBefore(files: ["a"])
        patient.sandbox.pass(.seconds(-3600))
        #expect(patient.complaints(.clock).first?.contains("but a run ended at") == true)
    }

    @Test("tells mails that wait, a program that is none, and that nobody gets any")
    func mail() throws {
        let patient = try Patient()
        try patient.sandbox.home.makeFolder("var/outbox")
        try patient.sandbox.home.write("var/outbox/1.eml", "x")
        #expect(patient.complaints(.mail) == ["failure -: a mail waits, it could not be sent"])
        try patient.sandbox.configure(rest: "[mail]\nsendmail = \"/nowhere/sendmail\"")
        #expect(patient.complaints(.mail).contains { $0.contains("cannot be started") })
        try patient.sandbox.configure(rest: "[mail]\nsendmail = \"/etc/passwd\"")
        #expect(patient.complaints(.mail).contains { $0.contains("is no program") })
        try patient.sandbox.configure(rest: "[mail]\nto = []")
        #expect(patient.complaints(.mail).first?.hasPrefix("warning -: nobody gets any") == true)
    }

    @Test("shows its findings in lines and as JSON, with the worst one's exit status")
    func output() throws {
        let findings: [Finding] = [
            .fine(.clock, nil, "it is set by other clocks"),
            .warning(.header, "red", "old", hint: "save it"),
            .failure(.key, "red", "gone", hint: "find it", status: .unlockFailed),
        ]
        #expect(
            findings.lines == [
                "ok        clock: it is set by other clocks",
                "WARNING   header 'red': old",
                "          hint: save it",
                "FAILURE   key 'red': gone",
                "          hint: find it",
            ]
        )
        #expect(findings.verdict == "1 failure, 1 warning")
        #expect(Array(findings.prefix(1)).verdict == "all is well")
        #expect(findings.status == .unlockFailed)
        let json = try findings.json()
        #expect(json.contains("\"exitStatus\" : 12"))
        #expect(json.contains("\"check\" : \"header\""))
    }
}
