/// A virtual NAS with the program installed, two sources and a light, as a person would have set it up.
public final class NAS: Sendable {
    /// The machine.
    public let guest: Guest

    /// What is on the machine already.
    public enum SetUp: Sendable {
        /// Files to back up and a light; the package lies in /root as `LabSnapshot.package` and is not installed.
        case bare
        /// The package is installed, the sources are configured.
        case configured
    }

    /// Starts one; without further words in the state after the package's installation, configuration and mounting the
    /// sources.
    public init(_ state: SetUp = .configured) throws(LabFailure) {
        switch state {
        case .bare:
            guest = try Guest.start(from: try LabSnapshot.booted())
            try guest.check(LabSnapshot.permission)
            try guest.copyIn(try PackageFile.path(), to: LabSnapshot.package)
            try guest.check(Self.files, timeout: .seconds(120))
            try guest.attachBlinkStick()
        case .configured:
            guest = try Guest.start(from: try Self.snapshot())
        }
    }

    private static func snapshot() throws(LabFailure) -> LabSnapshot {
        try LabSnapshot.installed(package: PackageFile.path(), setUp: files + configuration, light: .attached)
    }

    private static let configuration = """

        cat > /etc/extbackup/config.toml <<'CONFIG'
        [[source]]
        name = "photos"
        path = "/srv/photos"
        require_mount = true
        exclude = ["*.tmp", "/lost+found/"]

        [[source]]
        name = "documents"
        path = "/srv/documents"

        [guard]
        max_delete = { files = 1000, percent = 50 }
        CONFIG
        """

    /// Sources: `photos` on a file system of its own with every kind of entry, `documents` in a folder.
    private static let files = """
        set -e
        truncate -s 200M /var/photos.img
        mkfs.ext4 -q /var/photos.img
        mkdir -p /srv/photos /srv/documents
        echo '/var/photos.img /srv/photos ext4 loop 0 2' >> /etc/fstab
        systemctl daemon-reload
        mount /srv/photos
        cd /srv/photos
        mkdir -p 2024/summer 2025 empty
        for i in $(seq 1 40); do head -c $((i * 3000)) /dev/urandom > 2024/summer/$i.jpg; done
        head -c 3000000 /dev/urandom > 2025/film.mp4
        ln 2025/film.mp4 2025/the-same-film.mp4
        ln -s ../2025/film.mp4 2024/link
        ln -s /etc/passwd outside
        mkfifo pipe; mknod null c 1 3; mknod disk b 7 200
        touch 'no change.tmp' $'odd\\nname' $'\\xff\\xfe' "it's" größe
        truncate -s 5M holes; echo end >> holes
        setfattr -n user.comment -v sunset 2024/summer/1.jpg
        setfacl -m u:12345:rw 2024/summer/2.jpg; setfacl -d -m g:54321:rx 2025
        cp /bin/true setuid; chmod 4755 setuid; setcap cap_net_raw+ep 2024/summer/3.jpg
        chown 1234:5678 2024/summer/4.jpg; touch -d '1969-07-20 20:17:40.123456789 UTC' 2024/summer/5.jpg
        chmod 0500 empty
        for i in $(seq 1 30); do echo "document $i" > /srv/documents/$i.txt; done
        """

    /// The name that a drive's unit and files have.
    public static func unit(_ name: String) -> String { "extbackup@\(name).service" }

    /// What opens a prepared drive.
    public enum Keys: Sendable {
        /// The NAS's key file alone, which saves the emulated processor half a minute of argon2id.
        case keyFile
        /// Also the passphrase `NAS.passphrase`.
        case keyFileAndPassphrase
    }

    /// The passphrase of drives that have one.
    public static let passphrase = "correct horse battery staple"

    /// Makes a drive of an empty disk, as a person would, and pulls it.
    public func prepare(
        _ drive: VirtualDrive,
        as name: String = "red",
        keys: Keys = .keyFile
    ) throws(LabFailure) {
        try guest.plug(drive)
        try guest.waitForDrive(drive)
        let option =
            switch keys {
            case .keyFile: "--no-passphrase"
            case .keyFileAndPassphrase: "--passphrase-file /root/passphrase"
            }
        try guest.check(
            """
            echo '\(Self.passphrase)' > /root/passphrase
            extbackup prepare-disk \(drive.devicePath) --name \(name) --yes --serial \(drive.serial) \(option)
            """,
            timeout: .seconds(120)
        )
        try guest.pull(drive)
        try guest.waitForDriveToGo(drive)
    }

    /// A drive that was prepared and pulled. Its serial number ends in its name's number.
    public func makeDrive(size: Int64 = 400 << 20, keys: Keys = .keyFile) throws(LabFailure) -> VirtualDrive {
        let drive = try VirtualDrive(size: size, serial: "RED1001")
        try prepare(drive, keys: keys)
        return drive
    }

    /// Pulls a drive that was powered off and plugs it in again.
    public func replugAndWait(_ drive: VirtualDrive) throws(LabFailure) -> Run {
        try guest.pull(drive)
        return try plugAndWait(drive)
    }

    /// Plugs a slow drive in and waits until the run is in the middle of copying.
    public func plugAndWaitForCopying(_ drive: VirtualDrive, as name: String = "red") throws(LabFailure) {
        try guest.plug(drive, speed: .limited(bytesPerSecond: 3 << 20))
        try guest.waitUntil(
            "the run copies",
            timeout: .seconds(120),
            succeeds: "systemctl show -P StatusText \(Self.unit(name)) | grep -q \"copying 'documents'\""
        )
        try guest.check("sleep 2")
    }

    /// How often the journal warns of the light.
    public func lightWarnings() throws(LabFailure) -> Int {
        let lines = try guest.check(
            "journalctl -q -b -t extbackup -o cat -p warning | grep -c BlinkStick || true"
        )
        return Int(lines.trimmed) ?? 0
    }

    /// Plugs a drive in and waits until the run that this starts is over and everything that follows it.
    @discardableResult
    public func plugAndWait(
        _ drive: VirtualDrive,
        speed: DriveSpeed = .full,
        as name: String = "red"
    ) throws(LabFailure) -> Run {
        let before = try runCount(of: name)
        try guest.plug(drive, speed: speed)
        return try waitForRun(after: before, of: name)
    }

    /// Waits for the end of the next run after so many.
    public func waitForRun(after count: Int, of name: String = "red") throws(LabFailure) -> Run {
        try guest.waitUntil("run \(count + 1) of '\(name)' begins", timeout: .seconds(60)) {
            () throws(LabFailure) in try runCount(of: name) > count
        }
        return try waitForEnd(of: name)
    }

    /// Waits for the end of the run that goes on, and of what follows it.
    public func waitForEnd(of name: String = "red") throws(LabFailure) -> Run {
        try guest.waitUntil(
            "the run of '\(name)' ends",
            timeout: .seconds(180),
            succeeds: """
                systemctl show -P ActiveState \(Self.unit(name)) | grep -qE '^(inactive|failed)$' &&
                ! systemctl list-jobs | grep -q extbackup &&
                ! systemctl is-active -q extbackup-failed@\(name).service &&
                [ -z "$(ls /var/lib/extbackup/outbox)" ] && ! systemctl is-active -q extbackup-mail.service
                """
        )
        return try lastRun(of: name)
    }

    /// How often the drive's unit was started since boot.
    public func runCount(of name: String = "red") throws(LabFailure) -> Int {
        let starts = try guest.check(
            "journalctl -q -b -o cat _PID=1 UNIT=\(Self.unit(name)) JOB_TYPE=start | grep -c '^Starting ' || true"
        )
        return Int(starts.trimmed) ?? 0
    }

    /// How a run ended.
    public struct Run: Sendable {
        /// The agent's exit status; nil when a signal ended it.
        public let status: Int?
        /// The unit's result in systemd's words.
        public let result: String
        /// The last lines of what the journal says of it.
        public let journal: String
    }

    /// How the run ended that began last and is over.
    public func lastRun(of name: String = "red") throws(LabFailure) -> Run {
        // systemd forgets a unit that ended well; a unit that failed it keeps.
        // Properties come in systemd's order, whatever the order of the options; ExecMainCode is a code of wait(2),
        // 1 for "exited".
        let properties = try guest.check(
            "systemctl show -p Result -p ExecMainStatus -p ExecMainCode \(Self.unit(name))"
        ).stdout
        func property(_ key: String) -> String {
            let line = properties.split(separator: "\n").first { $0.hasPrefix(key + "=") }
            return line.map { String($0.dropFirst(key.count + 1)) } ?? ""
        }
        let journal = try guest.check("journalctl -q -b -o short-precise -u 'extbackup*' | tail -60").stdout
        return Run(
            status: property("Result") == "success"
                ? 0 : property("ExecMainCode") == "1" ? Int(property("ExecMainStatus")) : nil,
            result: property("Result"),
            journal: journal
        )
    }

    /// The names of the sources, which are those of their folders too.
    public static let sources = ["photos", "documents"]

    /// The command by which an independent program compares a source with its copy on a drive that is mounted at
    /// /mnt. It prints what differs. XFS lists ACLs a second time, as attributes of its own.
    public static func comparison(of source: String) -> String {
        """
        rsync -naHAX --numeric-ids --checksum --delete -i \\
            --filter='-x trusted.SGI_ACL_*' --filter='-x system.*' \\
            --exclude='*.tmp' --exclude='/lost+found/' /srv/\(source)/ /mnt/\(source)/
        """
    }

    /// What an independent program finds different between the sources and the drive: nothing, when all is well.
    /// The drive must not be plugged in; afterwards it is not.
    public func differences(on drive: VirtualDrive, name: String = "red") throws(LabFailure) -> String {
        try look(into: drive, name: name) {
            Self.sources.map { Self.comparison(of: $0) + " || echo \"rsync failed: $?\"" }.joined(
                separator: "\n"
            )
        }
    }

    /// What a look into a drive may do.
    public enum Look: String, Sendable {
        /// Nothing but look.
        case reading = "ro"
        /// Change it.
        case writing = "rw"
    }

    /// Runs commands with the drive mounted at /mnt by cryptsetup and mount, without starting a run.
    public func look(
        into drive: VirtualDrive,
        for purpose: Look = .reading,
        name: String = "red",
        _ commands: () -> String
    ) throws(LabFailure) -> String {
        // What the guest powered off must be pulled before it can be plugged again.
        if guest.isPlugged(drive) { try guest.pull(drive) }
        try guest.check("systemctl mask -q --runtime \(Self.unit(name))")
        try guest.plug(drive)
        try guest.waitForDrive(drive)
        let output = try guest.check(
            """
            set -e
            udevadm settle
            cryptsetup open --key-file /etc/extbackup/keys/\(name).key \(drive.devicePath)-part1 look
            mount -o \(purpose.rawValue) /dev/mapper/look /mnt
            """ + "\n" + commands() + "\n" + """
                umount /mnt
                cryptsetup close look
                """,
            timeout: .seconds(180)
        ).stdout
        try guest.pull(drive)
        try guest.waitForDriveToGo(drive)
        try guest.check("systemctl unmask -q --runtime \(Self.unit(name))")
        return output
    }

    /// The colors that the light was told to show, without repetitions, from a moment on.
    public func colors(since count: Int = 0) throws(LabFailure) -> [String] {
        var colors: [String] = []
        for change in try guest.lightLog().dropFirst(count) where colors.last != change.rgb {
            colors.append(change.rgb)
        }
        return colors
    }

    /// What is left of runs: mounts, mappings, locks that are held. Nothing, when all is well.
    public func leftovers() throws(LabFailure) -> String {
        try guest.check(
            """
            ls /dev/mapper | grep '^extbackup-' || true
            grep extbackup /proc/*/mountinfo | grep '/mnt-' || true
            for lock in /run/extbackup/*.lock; do flock -n $lock true || echo "$lock is held"; done
            """
        ).trimmed
    }
}

/// Colors as the stick gets them at 10 percent.
public enum Light {
    /// It is dark.
    public static let off = "000000"
    /// A run goes on.
    public static let working = "05130c"
    /// All well, pull it.
    public static let safe = "000c00"
    /// Safe to pull, deletions wait.
    public static let held = "190c00"
    /// Failed, safe to pull.
    public static let failed = "190000"
}
