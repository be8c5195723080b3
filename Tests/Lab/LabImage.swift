// The guest's disk.

/// A Debian 12 system as a disk image, with its kernel and initial RAM disk beside it; made once and kept.
public struct LabImage: Sendable {
    /// Changes with everything that the image is made from.
    let key: String
    /// The folder that holds the image's files.
    let folder: String

    var disk: String { folder + "/root.img" }
    var kernel: String { folder + "/vmlinuz" }
    var initialRAMDisk: String { folder + "/initrd.img" }

    /// The image, from the cache or freshly made. Making it takes about a minute and needs the Debian archive.
    public static func make(in cache: LabCache = .standard) throws(LabFailure) -> LabImage {
        let key = try contentKey(of: Array(Recipe.text.utf8))
        let folder = try cache.entry(
            kind: "image",
            key: key,
            progress: "making the guest's disk with mmdebstrap, about a minute"
        ) { (folder) throws(LabFailure) in
            try build(in: folder)
        }
        return LabImage(key: key, folder: folder)
    }

    private static func build(in folder: String) throws(LabFailure) {
        // A hook sees a system on which /proc and /sys are mounted, and some of /dev; a bind mount does not.
        // Inside mmdebstrap's name space the files have their right owners, also when a user runs it.
        let makeDisk = """
            set -e
            cp "$1"/boot/vmlinuz-* \(shellQuoted(folder))/vmlinuz
            cp "$1"/boot/initrd.img-* \(shellQuoted(folder))/initrd.img
            mkdir \(shellQuoted(folder))/view
            mount --bind "$1" \(shellQuoted(folder))/view
            mke2fs -q -t ext4 -m 0 -L lab -d \(shellQuoted(folder))/view \(shellQuoted(folder))/root.img \(Recipe.size)
            umount \(shellQuoted(folder))/view
            rmdir \(shellQuoted(folder))/view
            """
        var arguments = [
            "mmdebstrap", "--variant=essential", "--include=" + Recipe.packages.joined(separator: ","),
        ]
        arguments += Recipe.leftOut.map { "--dpkgopt=path-exclude=" + $0 }
        arguments += try hostAptOptions().map { "--aptopt=" + $0 }
        arguments += ["--essential-hook=" + Recipe.beforeKernel, "--customize-hook=" + Recipe.setUp]
        arguments += ["--customize-hook=" + makeDisk, Recipe.suite, "/dev/null"]
        let sources = try hostAptSources()
        if !sources.isEmpty { arguments.append("-") }
        try HostCommand.check(arguments, input: Array(sources.utf8), timeout: .seconds(1200))
    }

    /// Where the host gets this Debian release from, as lines for sources.list. Empty when the host is something
    /// else; mmdebstrap then uses Debian's own mirror.
    private static func hostAptSources() throws(LabFailure) -> String {
        let format = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
        let targets = try HostCommand.run(
            ["apt-get", "indextargets", "--format", format, "Created-By: Packages"],
            timeout: .seconds(60)
        )
        let suites = [Recipe.suite, Recipe.suite + "-updates", Recipe.suite + "-security"]
        var lines: [String] = []
        for target in targets.stdout.split(separator: "\n") {
            let fields = target.split(separator: " ")
            guard fields.count == 3, suites.contains(String(fields[1])), fields[2] == "main" else { continue }
            let line = "deb \(fields[0]) \(fields[1]) \(fields[2])"
            if !lines.contains(line) { lines.append(line) }
        }
        let hasRelease = lines.contains { $0.contains(" \(Recipe.suite) ") }
        return hasRelease ? lines.joined(separator: "\n") + "\n" : ""
    }

    /// The host's settings for how packages are fetched (proxy, retries, dates); the lab sets none of its own.
    private static func hostAptOptions() throws(LabFailure) -> [String] {
        let wanted = ["Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries"]
        let dump = try HostCommand.run(["apt-config", "dump"], timeout: .seconds(60))
        return dump.stdout.split(separator: "\n").map(String.init).filter { line in
            wanted.contains { line.hasPrefix($0) } && !line.hasSuffix(" \"\";")
        }
    }
}

/// What the guest consists of. A change of anything here makes a new image.
private enum Recipe {
    static let suite = "bookworm"
    static let size = "4G"

    static let packages = [
        // A system that boots and that can be spoken to.
        "systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "linux-image-amd64", "initramfs-tools",
        "qemu-guest-agent",
        // What the package depends on.
        "libcryptsetup12", "libmount1", "libblkid1", "libfdisk1", "libudev1", "libsystemd0", "libusb-1.0-0",
        "libsqlite3-0", "libxxhash0", "libssl3", "libstdc++6",
        // What a person or a scenario uses beside it; dma is a mail server that delivers without a network.
        "cryptsetup-bin", "dmsetup", "fdisk", "e2fsprogs", "xfsprogs", "btrfs-progs", "rsync", "borgbackup",
        "acl", "attr", "libcap2-bin", "usbutils", "dma",
    ]

    /// Paths that packages would bring and nobody reads here: it halves the image and the time to make it.
    static let leftOut =
        ["man", "doc", "info", "locale", "bash-completion", "zsh"].map { "/usr/share/\($0)/*" }
        + [
            "gpu", "net", "media", "isdn", "infiniband", "iio", "hwmon", "video", "accessibility", "comedi",
            "atm",
            "bluetooth", "mtd", "firewire", "thunderbolt", "edac", "gnss",
        ].map { "/lib/modules/*/kernel/drivers/\($0)/*" } + ["/lib/modules/*/kernel/sound/*"]

    /// Runs before the kernel is installed: the initial RAM disk finds the root disk and nothing else.
    static let beforeKernel = """
        set -e
        mkdir -p "$1/etc/initramfs-tools/conf.d"
        echo MODULES=list > "$1/etc/initramfs-tools/conf.d/lab.conf"
        printf 'virtio_pci\\nvirtio_blk\\next4\\n' > "$1/etc/initramfs-tools/modules"
        """

    static let setUp = """
        set -e
        cd "$1"
        echo nas > etc/hostname
        echo nas > etc/mailname
        echo '127.0.0.1 localhost nas' > etc/hosts
        echo '/dev/vda / ext4 rw,relatime 0 0' > etc/fstab
        # What takes time and nothing here needs.
        for unit in getty@tty1.service serial-getty@ttyS0.service e2scrub_reap.service e2scrub_all.timer \
            fstrim.timer dpkg-db-backup.timer xfs_scrub_all.timer systemd-update-utmp.service \
            systemd-update-utmp-runlevel.service systemd-binfmt.service modprobe@drm.service \
            modprobe@efi_pstore.service dev-hugepages.mount
        do ln -sf /dev/null "etc/systemd/system/$unit"; done
        for module in kvm_amd kvm_intel ata_piix ata_generic floppy pcspkr psmouse i2c_piix4
        do echo "blacklist $module"; done > etc/modprobe.d/lab.conf
        # The devices of the lab itself. What the program uses (dm_crypt, file systems) is loaded on demand.
        printf 'vhci_hcd\\nusb_storage\\n' > etc/modules-load.d/lab.conf
        mkdir -p etc/systemd/journald.conf.d
        printf '[Journal]\\nForwardToConsole=yes\\nTTYPath=/dev/ttyS0\\nMaxLevelConsole=notice\\nRateLimitBurst=0\\n' \
            > etc/systemd/journald.conf.d/lab.conf
        mkdir -p etc/systemd/system/qemu-guest-agent.service.d
        printf '[Service]\\nLogLevelMax=warning\\n' > etc/systemd/system/qemu-guest-agent.service.d/lab.conf
        install -m 660 -o 0 -g mail /dev/null var/mail/root
        cat > etc/systemd/system/lab-blinkstick.service <<'END'
        [Unit]
        Description=Emulated BlinkStick
        DefaultDependencies=no
        After=systemd-modules-load.service local-fs.target
        StartLimitIntervalSec=0
        [Service]
        EnvironmentFile=/etc/lab-blinkstick
        ExecStart=/usr/local/bin/blinkstick-vhci $OPTIONS /var/lib/blinkstick.log
        [Install]
        WantedBy=sysinit.target
        END
        """

    static var text: String {
        ([suite, size, beforeKernel, setUp] + packages + leftOut).joined(separator: "\n")
    }
}
