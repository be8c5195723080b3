import LinuxSystem
import SystemPackage
import Testing

/// On a machine with a source of 48 MiB and a disk of 64 MiB, in a mount namespace.
@Suite(
    "'prepare-disk' of a disk that is too small",
    Need.root,
    Need.loopDevices,
    Need.program("/usr/bin/unshare")
)
struct SmallDiskTests {
    private static let prologue = """
        for folder in /etc /run /srv; do mount -t tmpfs none $folder || exit 99; done
        mkdir -p /etc/extbackup /srv/photos /run/disk
        printf '[[source]]\\nname = "photos"\\npath = "/srv/photos"\\n' > /etc/extbackup/config.toml
        head -c 50331648 /dev/zero | tr '\\0' x > /srv/photos/film
        truncate -s 64M /run/disk/image
        disk=$(losetup --partscan --find --show /run/disk/image) || exit 99
        trap 'losetup --detach $disk' EXIT

        """

    /// Runs prepare-disk with these options and a serial number that no disk has: nothing is ever erased.
    private func prepare(_ options: String) throws -> (status: Int32, text: String) {
        let script = """
            program=$1; "$program" prepare-disk $disk --name red --allow-internal --yes --no-passphrase \
                --serial 'not this one' \(options) 2>&1
            """
        let outcome = try PrivateMachine.run(FileName(Self.prologue + script), Program.path())
        guard case .exited(let status) = outcome.ending else { return (-1, "\(outcome.ending)") }
        return (status, String(decoding: outcome.output, as: UTF8.self))
    }

    @Test("refuses it with both numbers, before anything is asked")
    func refusal() throws {
        let (status, text) = try prepare("")
        #expect(status == 16, "\(text)")
        #expect(
            text.contains("is not erased: it is too small for the sources: they need 50 MB (photos 50 MB)")
        )
        #expect(text.contains("and it has room for 4"))
    }

    @Test("with --allow-small goes on to the next question, and measures nothing")
    func allowed() throws {
        let (status, text) = try prepare("--allow-small")
        #expect(status == 64, "\(text)")
        #expect(text.contains("'not this one' is not"))
        #expect(!text.contains("measuring"))
    }

    @Test("with --first-backup wants a configuration before anything else; without it that is only a note")
    func firstBackup() throws {
        let unconfigured = "2>/dev/null; rm /etc/extbackup/config.toml; "
        let again =
            "\"$program\" prepare-disk $disk --name red --allow-internal --yes --no-passphrase --serial x"
        let wanted = try prepare("\(unconfigured) \(again) --first-backup")
        #expect(wanted.status == 78, "\(wanted.text)")
        #expect(wanted.text.contains("'extbackup init'"))
        let declined = try prepare("\(unconfigured) \(again) --no-first-backup")
        #expect(declined.status == 64, "\(declined.text)")
        #expect(declined.text.contains("the sources are not known yet: "))
    }
}
