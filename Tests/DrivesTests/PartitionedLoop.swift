import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

/// A disk on a loop device with one partition, for a container; all goes with this value.
struct PartitionedLoop: ~Copyable {
    let folder: TemporaryFolder
    let loop: ScannedLoop
    /// The partition; nothing is on it yet.
    let container: LUKSContainer

    init() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: 448 << 20)
        let disk = try Descriptor.open(image, .readWrite)
        let bytes = try PartitionTable.writeSingle(on: disk, path: image, name: "drive")
        let loop = try ScannedLoop(image)
        try loop.open(.readWrite).addPartition(1, at: bytes)
        container = LUKSContainer(path: loop.path.partitionPath(1))
        self.folder = folder
        self.loop = loop
    }

    var layout: HostLayout { machineLayout(in: folder.path) }
}
