import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// An image file behind a loop device that accepts partitions; both go with this value.
struct ScannedLoop: ~Copyable {
    let path: FileName

    /// Attaches an image.
    init(_ image: FileName, _ options: [FileName] = []) throws {
        path = try attachLoopDevice(image, options)
    }

    deinit {
        detachLoopDevice(path)
    }

    func open(_ flags: OpenFlags) throws -> Descriptor {
        try Descriptor.open(path, flags)
    }
}

/// Attaches an image to a free loop device. The kernel is asked to accept partitions on it.
func attachLoopDevice(_ image: FileName, _ options: [FileName] = []) throws -> FileName {
    let arguments: [FileName] = ["/usr/sbin/losetup", "--partscan", "--find", "--show"]
    let outcome = try ChildProcess(arguments + options + [image]).run()
    try #require(outcome.isSuccess, "losetup: \(outcome.lastLine)")
    return FileName(outcome.lastLine)
}

/// Detaches a loop device with its partitions.
func detachLoopDevice(_ path: FileName) {
    // Losing a loop device is no failure of the test that used it, ignoring.
    if let device = try? Descriptor.open(path, .read) { try? device.deletePartition(1) }
    _ = try? ChildProcess(["/usr/sbin/losetup", "--detach", path]).run()
}

extension Trait where Self == ConditionTrait {
    /// For tests that need real block devices.
    static var needsLoopDevices: Self {
        .enabled(
            if: geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0,
            "needs root and /dev/loop-control: block devices are not tested here"
        )
    }
}

/// Runs a program and requires its success.
@discardableResult
func run(_ arguments: FileName...) throws -> String {
    try run(arguments)
}

@discardableResult
func run(_ arguments: [FileName]) throws -> String {
    let outcome = try ChildProcess(arguments).run()
    let output = String(decoding: outcome.output, as: UTF8.self)
    try #require(outcome.isSuccess, "\(arguments): \(output)")
    return output
}

func machineLayout(in folder: FileName) -> HostLayout {
    HostLayout(
        configurationFolder: folder.appending("etc"),
        stateFolder: folder.appending("var"),
        runFolder: folder.appending("run"),
        unitFolder: folder.appending("units"),
        unitFile: "/usr/lib/systemd/system/extbackup@.service"
    )
}

func isThere(_ path: FileName) -> Bool {
    path.withCString { faccessat(AT_FDCWD, $0, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }
}

func driveName(_ text: String) throws -> DriveName {
    try #require(DriveName(text))
}
