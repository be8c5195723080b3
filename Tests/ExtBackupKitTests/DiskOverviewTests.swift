import LinuxSystem
import Reporting
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

    @Test(
        "names the drive whose serial number a disk has, and what can be done; so does the refusal to erase it"
    )
    func serialOfDrive() throws {
        let red = try #require(DriveName("red"))
        let remedy = """
            'extbackup header restore red' if its header is damaged; 'extbackup drives retire red' if it shall become \
            another drive; if a dock gives that number to all its disks, remove 'serial' from \
            /etc/extbackup/drives.d/red.toml
            """
        let damaged = disk("/dev/sdb", bus: .usb, [.serialOfDrive(red)])
        #expect(
            DiskOverview([damaged]).lines.suffix(2) == [
                "    it has the serial number of the backup drive 'red'", "      " + remedy,
            ]
        )
        #expect(
            throws: Failure(
                .failed,
                "'/dev/sdb' is not erased: it has the serial number of the backup drive 'red'",
                hint: remedy
            )
        ) { try damaged.refuse(under: .anyDisk) }
    }

    @Test("knows the drives of this machine by their files, serial numbers included", Need.root)
    func ownDrives() throws {
        let sandbox = try Sandbox()
        let drives = try sandbox.context().ownDrives()
        #expect(drives.name(luksUUID: FakeDrive.uuid.uppercased()) == sandbox.name)
        #expect(drives.name(serial: "S1") == sandbox.name)
        #expect(drives.name(serial: "S2") == nil)
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
