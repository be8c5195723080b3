import LinuxSystem
import Testing

@testable import Drives
@testable import ExtBackupKit

@Suite("The list of disks")
struct DiskOverviewTests {
    private func disk(_ path: FileName, bus: DiskBus, _ refusals: [DiskRefusal] = []) -> DiskDescription {
        DiskDescription(
            devicePath: path,
            model: "Elements",
            serial: "WX12",
            sizeBytes: 2_000_000_000_000,
            bus: bus,
            isRemovable: false,
            logicalSectorBytes: 512,
            physicalSectorBytes: 4096,
            contents: [],
            partitions: [
                PartitionDescription(
                    number: 1,
                    startBytes: 1 << 20,
                    sizeBytes: 1_999_000_000_000,
                    contents: [ContentSignature(type: "ext4", usage: "filesystem", label: "photos")]
                )
            ],
            refusals: refusals
        )
    }

    @Test("offers those that can be taken, with what is on them, and says why others cannot")
    func list() {
        let overview = DiskOverview([
            disk("/dev/sda", bus: .ata, [.systemDisk(mountPoint: "/"), .notRemovable(bus: .ata)]),
            disk("/dev/sdb", bus: .usb),
            disk("/dev/sdc", bus: .ata, [.notRemovable(bus: .ata)]),
        ])
        #expect(
            overview.lines == [
                "disks that can become a drive (all on them will be lost):",
                "  '/dev/sdb': Elements, serial number WX12, 2.0 TB, USB",
                "    partition 1: 1.9 TB, ext4 labeled 'photos'",
                "to take one: extbackup prepare-disk /dev/sdb --name NAME",
                "not offered:",
                "  '/dev/sda': Elements, serial number WX12, 2.0 TB, ATA",
                "    the running system's '/' is on it",
                "    it is neither a USB disk nor removable (bus: ATA)",
                "  '/dev/sdc': Elements, serial number WX12, 2.0 TB, ATA",
                "    it is neither a USB disk nor removable (bus: ATA)",
                "    --allow-internal would take it",
            ]
        )
    }

    @Test("says what to do when there is none")
    func none() {
        #expect(
            DiskOverview([]).lines == [
                "no disk here can become a drive: plug one in, and unmount what is on it"
            ]
        )
    }
}
