import LinuxSystem
import Testing

/// What the Debian package's scripts do by themselves; what debhelper adds is seen in the lab.
@Suite("The Debian package", Need.root, Need.program("/usr/bin/unshare"))
struct MaintainerScriptTests {
    private static let drive = """
        set -e
        for folder in /etc /var/lib /run; do mount -t tmpfs none $folder; done
        mkdir -p /etc/extbackup/keys /etc/extbackup/drives.d /var/lib/extbackup/headers /var/lib/extbackup/catalogue
        mkdir -p /run/extbackup /etc/systemd/system/other.wants
        touch /etc/extbackup/keys/red.key /var/lib/extbackup/headers/0fd4.img
        touch /etc/extbackup/config.toml /etc/extbackup/drives.d/red.toml /etc/other.conf
        touch /var/lib/extbackup/status.json /var/lib/extbackup/catalogue/0fd4.sqlite /run/extbackup/red.lock
        unit='/etc/systemd/system/dev-disk-by\\x2duuid-0fd4.device.wants'
        mkdir "$unit"
        ln -s /usr/lib/systemd/system/extbackup@.service "$unit/extbackup@red.service"
        ln -s /usr/lib/systemd/system/other.service /etc/systemd/system/other.wants/other.service

        """

    private static let everything = "find /etc /var/lib /run ! -type d | LC_ALL=C sort\n"

    /// Runs a script where `$1` is the folder of the maintainer scripts, and gives its lines.
    private func script(_ text: String) throws -> [String] {
        let outcome = try PrivateMachine.run(
            FileName(Self.drive + text),
            Program.repository.appending("debian")
        )
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("keeps keys and headers when it is purged, says where, and removes the rest")
    func purge() throws {
        let lines = try script("sh \"$1/extbackup.postrm\" purge\n" + Self.everything)
        #expect(
            lines == [
                "extbackup: what opens your drives is kept: /etc/extbackup/keys /var/lib/extbackup/headers",
                "  hint: when no drive needs it any more, remove it: "
                    + "rm -r /etc/extbackup/keys /var/lib/extbackup/headers",
                "/etc/extbackup/keys/red.key",
                "/etc/other.conf",
                "/etc/systemd/system/other.wants/other.service",
                "/var/lib/extbackup/headers/0fd4.img",
            ]
        )
    }

    @Test("leaves nothing and says nothing when it is purged and no drive was ever prepared")
    func purgeWithoutDrives() throws {
        let lines = try script(
            """
            rm -r /etc/extbackup/keys/* /var/lib/extbackup/headers/*
            sh "$1/extbackup.postrm" purge
            ls -d /etc/extbackup /var/lib/extbackup /run/extbackup 2>/dev/null
            true
            """
        )
        #expect(lines == [])
    }

    @Test("follows no link when it is purged")
    func purgeOfLink() throws {
        let lines = try script(
            """
            mkdir /etc/elsewhere; touch /etc/elsewhere/file
            rm -r /etc/extbackup /var/lib/extbackup; ln -s /etc/elsewhere /etc/extbackup
            sh "$1/extbackup.postrm" purge
            ls /etc/elsewhere
            """
        )
        #expect(lines == ["file"])
    }

    @Test(
        "removes nothing before it is purged",
        arguments: ["remove", "upgrade 0.2", "abort-install", "failed-upgrade 0.2", "disappear x 1"]
    )
    func otherEnds(call: String) throws {
        let lines = try script("sh \"$1/extbackup.postrm\" \(call)\n" + Self.everything)
        #expect(lines == (try script(Self.everything)))
        #expect(lines.contains("/etc/extbackup/config.toml"))
    }

    @Test("is not removed while a run goes on, but may be upgraded")
    func running() throws {
        let lines = try script(
            """
            touch /run/extbackup/blue.lock
            exec 9<>/run/extbackup/red.lock
            flock --exclusive 9
            sh "$1/extbackup.prerm" upgrade 0.2 2>&1 && echo upgraded
            sh "$1/extbackup.prerm" remove 2>&1 || echo "ended with $?"
            exec 9>&-
            sh "$1/extbackup.prerm" remove 2>&1 && echo removed
            """
        )
        #expect(
            lines == [
                "upgraded",
                "extbackup: a run works on drive 'red', so the package is not removed",
                "  hint: wait for its end, or end it in order: systemctl stop extbackup@red.service",
                "ended with 1",
                "removed",
            ]
        )
    }

    @Test("is removed where nothing ever ran")
    func neverRan() throws {
        #expect(
            try script("rm -r /run/extbackup; sh \"$1/extbackup.prerm\" remove && echo removed") == [
                "removed"
            ]
        )
    }
}
