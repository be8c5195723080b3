// Saved states of a guest, from which scenarios start.

/// Whether guests of a snapshot start with a light.
public enum LabLight: Sendable {
    /// There is none; `Guest.attachBlinkStick` plugs one.
    case absent
    /// A BlinkStick is plugged and has not been told anything yet.
    case attached
}

/// The state of a running guest: memory, devices and disk. Made once and kept.
///
/// The memory is a file that every guest maps privately, so that loading a state copies nothing.
public struct LabSnapshot: Sendable {
    let image: LabImage
    let key: String
    let folder: String

    var memory: String { folder + "/memory" }
    var disk: String { folder + "/disk.qcow2" }
    var state: String { folder + "/state" }

    /// A guest that has booted and runs nothing but Debian.
    public static func booted(in cache: LabCache = .standard) throws(LabFailure) -> LabSnapshot {
        let image = try LabImage.make(in: cache)
        let key = try MachineDescription.key(image: image)
        let folder = try cache.entry(
            kind: "booted",
            key: key,
            progress: "booting the guest for the first time, about half a minute"
        ) { (folder) throws(LabFailure) in
            let new = LabSnapshot(image: image, key: key, folder: folder)
            try new.createDisk(over: image.disk, format: "raw")
            let guest = try Guest(new.changing, start: .powerOn)
            try guest.waitForBoot()
            try guest.check("systemctl is-system-running --wait", timeout: .seconds(120))
            try guest.check("sync")
            try guest.save(state: new.state)
        }
        return LabSnapshot(image: image, key: key, folder: folder)
    }

    /// Where the installed package lies in the guest, for scenarios that install it again.
    public static let package = "/root/package.deb"

    /// Installs that package. All of it: the image leaves out documentation, but a scenario may look at this one's.
    public static let installation = "dpkg --path-include='*extbackup*' --install \(package)"

    /// mmdebstrap lets no package start what it brings; on a NAS nothing forbids it.
    static let permission = "rm -f /usr/sbin/policy-rc.d"

    /// A booted guest in which a Debian package was installed and a script was run as root. It is made again when the
    /// package or the script changes. With a light that is attached already, a scenario saves the seconds that
    /// `attachBlinkStick` takes.
    public static func installed(
        package file: String,
        setUp script: String,
        light: LabLight = .absent,
        in cache: LabCache = .standard
    ) throws(LabFailure) -> LabSnapshot {
        let base = try booted(in: cache)
        let sum = try HostCommand.check(["sha256sum", file]).stdout
        let emulator = light == .attached ? try Guest.emulator() : []
        let key = try contentKey(
            of: Array((base.key + sum.prefix(64) + permission + installation + script).utf8) + emulator
        )
        let folder = try cache.entry(kind: "installed", key: key, progress: "installing into the guest") {
            (folder) throws(LabFailure) in
            let new = LabSnapshot(image: base.image, key: key, folder: folder)
            try new.createDisk(over: base.disk, format: "qcow2")
            try HostCommand.check(["cp", "--sparse=always", base.memory, new.memory])
            let guest = try Guest(new.changing, start: .loadState)
            try guest.load(base)
            try guest.copyIn(file, to: package)
            try guest.check(permission + " && " + installation, timeout: .seconds(300))
            if light == .attached { try guest.attachBlinkStick() }
            try guest.check(script, timeout: .seconds(300))
            try guest.check("sync")
            try guest.save(state: new.state)
        }
        return LabSnapshot(image: base.image, key: key, folder: folder)
    }

    /// A machine that changes this snapshot's own files: it is being made.
    private var changing: MachineDescription {
        MachineDescription(image: image, memory: .changing(memory), disk: .changing(disk))
    }

    /// Makes the snapshot's disk as changes over another one. All entries of a cache lie side by side, so the
    /// other's relative name stays right when the finished entry gets its final name.
    private func createDisk(over base: String, format: String) throws(LabFailure) {
        let parts = base.split(separator: "/").suffix(2)
        let relative = "../" + parts.joined(separator: "/")
        try HostCommand.check(["qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b", relative, disk])
    }
}
