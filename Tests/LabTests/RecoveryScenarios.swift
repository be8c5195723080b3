import Lab
import Testing

/// The day when the NAS has burned: another machine with plain Debian, the drive, and the printed sheet.
extension LabTests {
    @Suite("The recovery sheet", .serialized)
    struct RecoveryScenarios {
        /// What a person would see of all files of a source.
        private static let digest = """
            find . -xdev -mindepth 1 ! -name '*.tmp' ! -path './lost+found*' -printf '%P %y %m %U %G %T@ %l\\0' \
                | LC_ALL=C sort -z | sha256sum; \
            find . -xdev -type f ! -name '*.tmp' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
            """

        /// The commands under a heading of the sheet: what stands four blanks in.
        private static func commands(under heading: String, in sheet: String) throws -> [String] {
            let lines = sheet.split(separator: "\n", omittingEmptySubsequences: false)
            let start = try #require(lines.firstIndex { $0.hasPrefix(heading) }, "\(heading) in:\n\(sheet)")
            let rest = lines[(start + 2)...]
            let end = rest.indices.first {
                $0 > start + 2 && lines[$0].allSatisfy { $0 == "-" } && !lines[$0].isEmpty
            }
            return rest[..<(end.map { $0 - 1 } ?? rest.endIndex)]
                .filter { $0.hasPrefix("    ") && !$0.hasPrefix("    /") }.map { String($0.dropFirst(4)) }
        }

        @Test(
            "followed to the letter on a machine without extbackup gives the data, by passphrase, by key, after the header was lost, and after the disk's beginning was"
        )
        func burned() throws {
            let nas = try NAS()
            let drive = try nas.makeDrive(keys: .keyFileAndPassphrase)
            let run = try nas.plugAndWait(drive)
            try #require(run.status == 0, run.story)
            // What was kept elsewhere.
            let sheet = try nas.guest.check("cat /var/lib/extbackup/sheets/red.txt").stdout
            let key = try nas.guest.readFile("/etc/extbackup/keys/red.key")
            let header = try nas.guest.readFile(
                try nas.guest.check("echo /var/lib/extbackup/headers/*.img").trimmed
            )
            let headerDigest = try nas.guest.readFile(
                try nas.guest.check("echo /var/lib/extbackup/headers/*.sha256").trimmed
            )
            let photos = try nas.guest.check("cd /srv/photos && \(Self.digest)").stdout
            nas.guest.shutdown()

            let other = try Guest.start(from: try LabSnapshot.booted())
            #expect(try other.run("command -v extbackup").status != 0)
            try other.plug(drive)
            try other.waitForDrive(drive)
            try other.writeFile("/root/red.key", key, mode: "0400")
            let open = try Self.commands(under: "1. Open", in: sheet)
            try #require(open.count == 2)
            try self.open(open[0], typing: NAS.passphrase, on: other)
            try restore(sheet, photos, on: other)
            try other.check("cd /root && \(open[1])", timeout: .seconds(120))
            try restore(sheet, photos, on: other)

            // The header is lost, and put back.
            let uuid = try #require(
                sheet.split(separator: "\n").first { $0.contains("LUKS UUID") }?.split(separator: " ").last
            )
            try other.writeFile("/root/\(uuid).img", header)
            try other.writeFile("/root/\(uuid).img.sha256", headerDigest)
            try other.check(
                "dd if=/dev/zero of=/dev/sda1 bs=1M count=4 conv=fsync status=none; udevadm settle"
            )
            #expect(try other.run("test -e /dev/disk/by-uuid/\(uuid)").status != 0)
            try repairHeader(sheet, on: other)
            try other.check("udevadm settle; cd /root && \(open[1])", timeout: .seconds(120))
            try restore(sheet, photos, on: other)

            // The partition table is lost as well.
            try other.check(
                """
                dd if=/dev/zero of=/dev/sda bs=1M count=5 conv=fsync status=none
                blockdev --rereadpt /dev/sda && udevadm settle
                """
            )
            #expect(try other.run("test -e /dev/sda1").status != 0)
            let table = try Self.commands(under: "If the partition table is lost", in: sheet)
            try #require(table.count == 1)
            try other.check(table[0].replacing("/dev/sdX", with: "/dev/sda") + " && udevadm settle")
            try repairHeader(sheet, on: other)
            try other.check("udevadm settle; cd /root && \(open[1])", timeout: .seconds(120))
            try restore(sheet, photos, on: other)
        }

        /// Puts the header back as the sheet says.
        private func repairHeader(_ sheet: String, on other: Guest) throws {
            let repair = try Self.commands(under: "If cryptsetup finds no LUKS header", in: sheet).map {
                $0.replacing("/dev/sdX1", with: "/dev/sda1")
            }
            try other.check("cd /root && \(repair[0])")
            try open(repair[1], typing: NAS.passphrase, on: other)
            try other.check(repair[2])
            try open(repair[3], typing: "YES", on: other)
        }

        /// Gives a command that asks.
        private func open(_ command: String, typing answer: String, on other: Guest) throws {
            let terminal = try other.terminal("cd /root; \(command)")
            try terminal.waitFor(answer == "YES" ? "Are you sure?" : "Enter passphrase")
            try terminal.type(answer)
            let status = try terminal.waitForEnd()
            let screen = try terminal.screen()
            #expect(status == 0, "\(command):\n\(screen)")
        }

        /// Mounts, copies one source and closes as the sheet says, and compares.
        private func restore(_ sheet: String, _ expected: String, on other: Guest) throws {
            let copying = try Self.commands(under: "2. Mount and copy", in: sheet).map {
                $0.replacing("SOURCE", with: "photos").replacing("/where/it/belongs", with: "/root/photos")
            }
            try other.check(
                "rm -rf /root/photos; set -e; " + copying.joined(separator: "\n"),
                timeout: .seconds(120)
            )
            #expect(try other.check("cd /root/photos && \(Self.digest)").stdout == expected)
            let closing = try Self.commands(under: "3. Close", in: sheet)
            try other.check("set -e; " + closing.joined(separator: "\n"))
            #expect(try other.run("ls /dev/mapper").stdout.contains("restore") == false)
        }
    }
}
