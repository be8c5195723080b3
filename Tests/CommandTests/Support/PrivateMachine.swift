import LinuxSystem
import SystemPackage

/// A shell in a mount namespace, where a script lays empty folders over this machine's, which stays as it is.
enum PrivateMachine {
    /// Runs a script there as root, with the argument as `$1`.
    static func run(_ script: FileName, _ argument: FileName) throws -> ChildProcess.Outcome {
        try ChildProcess(["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh", argument]).run()
    }

    /// What a script begins with: a source, a configuration, and a drive that was prepared and is not plugged in. The
    /// working directory is `/etc/extbackup`.
    static let withDrive = """
        set -e
        for folder in /etc /var/lib /run /srv; do mount -t tmpfs none $folder; done
        mkdir -p /etc/extbackup/drives.d /etc/extbackup/keys /var/lib/extbackup /etc/systemd/system
        echo precious > /srv/photo
        chmod 700 /etc/extbackup/keys
        cd /etc/extbackup
        printf \(key) > keys/red.key
        chmod 400 keys/red.key
        cat > config.toml <<'END'
        [[source]]
        name = "photos"
        path = "/srv"
        [led]
        enabled = false
        END
        cat > drives.d/red.toml <<'END'
        name = "red"
        luks_uuid = "0fd4e9a7-55c5-4c6f-8b3f-0a1f3d2c9b11"
        serial = "S1"
        key_slot = 0
        filesystem = "ext4"
        label = "red"
        marker = "00112233445566778899aabbccddeeff"
        END
        set +e

        """

    /// The drive's key.
    static let key = "KEYMATERIALKEYMATERIALKEYMATERIAL"
}
