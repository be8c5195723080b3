import Lab
import LinuxSystem

/// The five chapters: prepare, first backup, changes, second backup, failure.
struct Demo {
    let page = Page()
    let nas: NAS
    let drive: VirtualDrive
    var timeline: Timeline
    var runs: [FinishedRun] = []
    private var photosOnDrive = 0

    /// Starts the NAS.
    init() throws(LabFailure) {
        page.title("extbackup: off-site backups without friction")
        page.line()
        page.say(
            """
            A virtual NAS: Debian in QEMU with its real systemd, udev, LUKS and mail, a virtual
            USB drive, and an emulated BlinkStick. Nothing on this machine is touched.
            On the very first start the NAS is built from Debian packages: some minutes.
            """
        )
        nas = try NAS()
        drive = try VirtualDrive(size: 512 << 20, serial: "RED2041")
        timeline = try Timeline(on: page, guest: nas.guest, unit: NAS.unit("red"))
        try nas.guest.check(
            """
            head -c 24000000 /dev/urandom > /srv/photos/2025/party.mp4
            sysctl -q vm.dirty_bytes=4000000
            echo 'correct horse battery staple' > /root/passphrase
            """
        )
    }

    /// Tells the whole story.
    mutating func run() throws(LabFailure) {
        try prepare()
        try firstBackup()
        try secondBackup()
        try failure()
        summary()
    }

    private func prepare() throws(LabFailure) {
        page.chapter(1, "A drive is prepared, once, by hand")
        try nas.guest.plug(drive)
        try nas.guest.waitForDrive(drive)
        page.say(
            """
            By hand it asks for the serial number and the passphrase; here both are given.
            What makes the passphrase expensive to guess takes this emulated NAS half a minute.
            """
        )
        page.line()
        let disk = try nas.guest.check("readlink -f \(drive.devicePath)").trimmed
        try show(
            """
            extbackup prepare-disk \(disk) --name red --yes --serial \(drive.serial) \\
                --passphrase-file /root/passphrase
            """
        )
        try nas.guest.pull(drive)
        try nas.guest.waitForDriveToGo(drive)
    }

    private mutating func firstBackup() throws(LabFailure) {
        page.chapter(2, "The drive is plugged in: everything is copied")
        try backUp("first backup", speed: .limited(bytesPerSecond: 4 << 20), expecting: .green)
        try nas.guest.pull(drive)
        try nas.guest.waitForDriveToGo(drive)
    }

    private mutating func secondBackup() throws(LabFailure) {
        page.chapter(3, "The drive is away, and the NAS is used")
        page.command("cd /srv/photos")
        for (change, command) in [
            ("a new file", "head -c 2000000 /dev/urandom > 2025/new.jpg"),
            ("a changed file", "echo 'another ending' >> 2025/film.mp4"),
            ("a deleted file", "rm 2024/summer/40.jpg"),
            ("a renamed file", "mv 2024/summer/39.jpg 2025/sunset.jpg"),
        ] {
            page.command(padded(command, to: 48) + "# " + change)
            try nas.guest.check("cd /srv/photos && " + command)
        }

        page.chapter(4, "It comes home: what changed is copied")
        try backUp("after changes", expecting: .green)
        page.line()
        try show("extbackup status")
        page.line()
        page.say("Is the copy the source? Other programs look: cryptsetup opens the drive, rsync compares.")
        page.line()
        photosOnDrive = try compare()
    }

    private mutating func failure() throws(LabFailure) {
        page.chapter(5, "Something is wrong: the file system with the photos is not mounted")
        try show("umount /srv/photos")
        try show("echo 'a new document' > /srv/documents/31.txt")
        page.line()
        try backUp("source not mounted", expecting: .red)
        page.line()
        page.say("The mail, as it is in root's mailbox:")
        page.line()
        page.quote(try nas.guest.check("cat /var/mail/root").trimmed)
        let mails = try nas.guest.mails().count
        guard mails == 1 else { throw LabFailure("\(mails) mails arrived, not one") }
        page.line()
        page.say("Was anything deleted on the drive? We mount the photos again and compare.")
        page.line()
        try show("mount /srv/photos")
        let photosAfter = try compare()
        guard photosAfter == photosOnDrive else {
            throw LabFailure("the drive has \(photosAfter) files of photos, not \(photosOnDrive)")
        }
    }
}
