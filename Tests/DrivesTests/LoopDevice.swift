import Drives
import Glibc
import LinuxSystem
import SystemPackage
import Testing

/// An image file as a block device, with a file system. It goes with this value.
struct LoopDevice: ~Copyable {
    let node: FileName

    init(image: FileName) throws {
        let outcome = try ChildProcess(["/sbin/losetup", "--find", "--show", image]).run()
        try #require(outcome.isSuccess, "losetup: \(outcome.lastLine)")
        node = FileName(outcome.lastLine)
    }

    deinit {
        // A loop device that stays is found by the next losetup, ignoring.
        _ = try? ChildProcess(["/sbin/losetup", "--detach", node]).run()
    }

    static func ext4(in folder: borrowing TemporaryFolder) throws -> LoopDevice {
        let image = try folder.makeImage("disk.img", byteCount: 16 << 20)
        let outcome = try ChildProcess(["/sbin/mkfs.ext4", "-q", "-F", image]).run()
        try #require(outcome.isSuccess, "mkfs.ext4: \(outcome.lastLine)")
        return try LoopDevice(image: image)
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that mount: they need root and loop devices.
    static var mounts: Self {
        .enabled(if: canMount, "NOT TESTED: mounting needs root and loop devices")
    }
}

private let canMount = geteuid() == 0 && access("/dev/loop-control", R_OK) == 0
