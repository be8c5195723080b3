// USB drives.

internal import Glibc
internal import Synchronization

/// A USB drive: an image file that uses no more space than what was written to it. It exists as long as this
/// value does and can be plugged into one guest after the other.
public final class VirtualDrive: Sendable {
    /// The drive's USB serial number.
    public let serial: String
    /// The image file on the host.
    public let imagePath: String
    /// Capacity in bytes.
    public let size: Int64

    /// The name by which the guest knows the drive while it is plugged.
    public var devicePath: String { "/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_\(serial)-0:0" }

    /// An empty drive.
    /// - Parameters:
    ///   - size: capacity in bytes, a multiple of 512.
    ///   - serial: letters and digits, at most 20.
    public convenience init(size: Int64, serial: String) throws(LabFailure) {
        let path = try Self.makePath(serial: serial)
        try HostFile.makeSparse(path, size: size)
        self.init(path: path, size: size, serial: serial)
    }

    private init(path: String, size: Int64, serial: String) {
        imagePath = path
        self.size = size
        self.serial = serial
    }

    deinit { HostFile.removeTree(imagePath) }

    /// Another drive with the same contents, so also with the same UUIDs. The drive must not be plugged.
    public func clone(serial: String) throws(LabFailure) -> VirtualDrive {
        let path = try Self.makePath(serial: serial)
        try HostCommand.check(
            ["cp", "--sparse=always", "--reflink=auto", imagePath, path],
            timeout: .seconds(300)
        )
        return VirtualDrive(path: path, size: size, serial: serial)
    }

    /// The SHA-256 of everything on the drive. It must not be plugged.
    public func digest() throws(LabFailure) -> String {
        String(try HostCommand.check(["sha256sum", imagePath], timeout: .seconds(300)).stdout.prefix(64))
    }

    private static func makePath(serial: String) throws(LabFailure) -> String {
        guard !serial.isEmpty, serial.count <= 20,
            serial.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { throw LabFailure("the serial '\(serial)' is not 1 to 20 letters and digits") }
        return
            "\(ScratchSpace.root)/extbackup-lab.\(getpid()).\(serial)-\(UInt32.random(in: 0...UInt32.max)).img"
    }
}

/// How fast a plugged drive is.
public enum DriveSpeed: Sendable {
    /// As fast as it goes.
    case full
    /// At most so many bytes per second, so that a copy lasts long enough to be disturbed.
    case limited(bytesPerSecond: Int64)
    /// At most so many operations per second.
    case limitedOperations(perSecond: Int64)

    fileprivate var limits: JSONValue {
        switch self {
        case .full: [:]
        case .limited(let bytes): ["bps-total": .integer(bytes)]
        case .limitedOperations(let count): ["iops-total": .integer(count)]
        }
    }
}

/// What the guest knows about a drive that is plugged.
struct PluggedDrive {
    let id: String
    /// The image must exist as long as it is plugged.
    let drive: VirtualDrive
}

extension Guest {
    /// Plugs a drive and returns at once; the guest sees it about two seconds later (`waitForDrive`).
    public func plug(_ drive: VirtualDrive, speed: DriveSpeed = .full) throws(LabFailure) {
        let id = "usb\(UInt32.random(in: 0...UInt32.max))"
        let isFree = plugged.withLock { plugged in
            guard plugged[drive.imagePath] == nil else { return false }
            plugged[drive.imagePath] = PluggedDrive(id: id, drive: drive)
            return true
        }
        guard isFree else { throw LabFailure("the drive '\(drive.serial)' is plugged already") }
        do throws(LabFailure) {
            try monitor.execute(
                "object-add",
                ["qom-type": "throttle-group", "id": .string(id + "-speed"), "limits": speed.limits]
            )
            try monitor.execute(
                "blockdev-add",
                [
                    "driver": "throttle", "node-name": .string(id), "throttle-group": .string(id + "-speed"),
                    "file": [
                        "driver": "raw",
                        "file": ["driver": "file", "filename": .string(drive.imagePath), "discard": "unmap"],
                    ],
                ]
            )
            try monitor.execute(
                "device_add",
                [
                    "driver": "usb-storage", "id": .string(id), "drive": .string(id), "bus": "xhci.0",
                    "serial": .string(drive.serial),
                ]
            )
        } catch {
            throw error.adding(details: evidence())
        }
    }

    /// True from plugging to pulling, whatever the guest makes of the drive.
    public func isPlugged(_ drive: VirtualDrive) -> Bool {
        plugged.withLock { $0[drive.imagePath] != nil }
    }

    /// Pulls a drive, as a hand does: the guest is not asked. Also right when the guest has powered the drive off,
    /// and it can be plugged again.
    public func pull(_ drive: VirtualDrive) throws(LabFailure) {
        let known = plugged.withLock { $0.removeValue(forKey: drive.imagePath) }
        guard let known else { throw LabFailure("the drive '\(drive.serial)' is not plugged") }
        try monitor.execute("device_del", ["id": .string(known.id)])
        try removeNode(known.id)
        try monitor.execute("object-del", ["id": .string(known.id + "-speed")])
    }

    /// Changes the speed of a plugged drive.
    public func setSpeed(of drive: VirtualDrive, to speed: DriveSpeed) throws(LabFailure) {
        guard let known = plugged.withLock({ $0[drive.imagePath] }) else {
            throw LabFailure("the drive '\(drive.serial)' is not plugged")
        }
        var limits: [String: JSONValue] = ["bps-total": 0, "iops-total": 0]
        if case .object(let changed) = speed.limits { limits.merge(changed) { _, new in new } }
        try monitor.execute(
            "qom-set",
            [
                "path": .string("/objects/\(known.id)-speed"), "property": "limits", "value": .object(limits),
            ]
        )
    }

    /// Waits until the guest sees the drive.
    public func waitForDrive(_ drive: VirtualDrive, timeout: Duration = .seconds(60)) throws(LabFailure) {
        try waitUntil(
            "the drive '\(drive.serial)' is there",
            timeout: timeout,
            succeeds: "test -b \(drive.devicePath)"
        )
    }

    /// Waits until the guest sees the drive no more: it was pulled, or the guest has powered it off.
    public func waitForDriveToGo(_ drive: VirtualDrive, timeout: Duration = .seconds(60)) throws(LabFailure) {
        try waitUntil(
            "the drive '\(drive.serial)' is gone",
            timeout: timeout,
            succeeds: "! test -e \(drive.devicePath)"
        )
    }
}
