import LinuxSystem
import SystemPackage
import Testing

/// Preparations that end on the way, on a disk behind a loop device, in a mount namespace.
@Suite(
    "'prepare-disk' on its way",
    Need.root,
    Need.loopDevices,
    Need.program("/usr/bin/unshare"),
    Need.program("/usr/bin/script")
)
struct StepTests {
    // With --partscan, partitions go when the device is detached; others would stay for whoever gets it next.
    private static let prologue = """
        program=$1
        for folder in /etc /run /srv /var/lib /var/tmp; do mount -t tmpfs none $folder || exit 99; done
        mkdir -p /etc/extbackup /srv/photos /run/disk
        printf '[[source]]\\nname = "photos"\\npath = "/srv/photos"\\n' > /etc/extbackup/config.toml
        truncate -s 64M /run/disk/image
        disk=$(losetup --partscan --find --show /run/disk/image) || exit 99
        trap 'losetup --detach $disk' EXIT
        command="$program prepare-disk $disk --name red --allow-internal --yes --no-passphrase --serial $disk"

        """

    private func script(_ text: String) throws -> (status: Int32, text: String) {
        let outcome = try PrivateMachine.run(FileName(Self.prologue + text), Program.path())
        guard case .exited(let status) = outcome.ending else { return (-1, "\(outcome.ending)") }
        return (status, String(decoding: outcome.output, as: UTF8.self))
    }

    @Test(
        "tells each step on a line of its own, without a terminal in plain words, and takes back what it made"
    )
    func steps() throws {
        let (status, text) = try script("$command 2>&1; echo \"ended with $?\"; find /etc/extbackup -type f")
        #expect(status == 0)
        #expect(
            text.contains("\n  checking the disk …\n  writing the key file …\n  erasing old signatures …\n")
        )
        // A loop device without partitions, or a kernel without device-mapper, ends it.
        #expect(text.hasSuffix("ended with 1\n/etc/extbackup/config.toml\n"), "\(text)")
    }

    @Test("draws the step at hand on a terminal, and then leaves it there")
    func terminal() throws {
        let (_, text) = try script(
            "script --quiet --return --command \"stty cols 80; $command\" /dev/null </dev/null"
        )
        #expect(text.contains("\r  checking the disk …\u{1b}[K"), "\(text)")
        #expect(text.contains("\r\u{1b}[K  checking the disk …"), "\(text)")
        #expect(text.contains("was not prepared"), "\(text)")
    }

    @Test("shows a passphrase that it makes at a terminal, and nowhere else")
    func generated() throws {
        let (_, text) = try script(
            """
            made=$(echo "$command" | sed s/--no-passphrase/--generate-passphrase/)
            $made 2>&1; echo "ended with $?"
            script --quiet --return --command "stty cols 80; $made" /dev/null </dev/null
            """
        )
        let parts = text.split(separator: "ended with 64\n")
        try #require(parts.count == 2, "\(text)")
        #expect(parts[0].contains("is shown at a terminal only") && !parts[0].contains("bits of chance"))
        #expect(
            parts[0].contains("  hint: use --passphrase-file\n") && !parts[0].contains("checking the disk")
        )
        // Words with hyphens between, on a line of their own, and then it goes on.
        let lines = parts[1].split(whereSeparator: \.isNewline).map(String.init)
        let shown = try #require(lines.firstIndex { $0.contains("80 bits of chance") }, "\(text)")
        #expect(lines[shown + 1].hasPrefix("    ") && lines[shown + 1].utf8.count > 20, "\(text)")
        #expect(lines.contains { $0.contains("checking the disk") }, "\(text)")
    }

    @Test("ends at once when it is stopped while it measures, and nothing was changed")
    func stopping() throws {
        let (_, text) = try script(
            """
            mkdir /srv/photos/deep; cd /srv/photos/deep
            for i in $(seq 60000); do echo x$i; done | xargs touch
            $command > /run/said 2>&1 & program=$!
            until grep -q measuring /run/said; do sleep 0.01; done
            kill -INT $program; wait $program; echo "ended with $?"
            cat /run/said >&2
            find /etc/extbackup -type f
            """
        )
        #expect(text.hasPrefix("ended with 130\n"), "\(text)")
        #expect(text.hasSuffix("\n/etc/extbackup/config.toml\n"), "\(text)")
        // Where the walk was faster than the signal, the next step notices it.
        #expect(text.contains("extbackup: stopped"), "\(text)")
    }
}
