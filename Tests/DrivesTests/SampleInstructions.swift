@testable import Drives

extension RestoreInstructions {
    /// Those of a drive with a passphrase and a key file; a test changes what it is about.
    static func sample() throws -> RestoreInstructions {
        RestoreInstructions(
            name: try driveName("red"),
            luksUUID: "3f6b1c1e-8a4e-4c0e-9a53-1d2f00aa77b9",
            facts: DriveFacts(
                hostName: "infrared",
                fileSystem: .ext4,
                label: "red",
                serial: "WX12",
                disk: "Elements, 2.0 TB",
                extent: DiskExtent(start: 1 << 20, size: 1_999_998 << 20),
                prepared: "1970-01-01T00:00:00Z"
            ),
            passphrases: [.init(number: 1, cost: PassphraseCost(passes: 4, memoryKiB: 262_144, lanes: 4))],
            headerDigest: "0123abcd",
            layout: HostLayout()
        )
    }
}
