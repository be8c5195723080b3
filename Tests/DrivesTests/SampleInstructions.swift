@testable import Drives

extension RestoreInstructions {
    /// Those of a drive with a passphrase and a key file; a test changes what it is about.
    static func sample() throws -> RestoreInstructions {
        RestoreInstructions(
            name: try driveName("red"),
            hostName: "infrared",
            luksUUID: "3f6b1c1e-8a4e-4c0e-9a53-1d2f00aa77b9",
            fileSystem: .ext4,
            label: "red",
            passphrase: .init(number: 1, cost: PassphraseCost(passes: 4, memoryKiB: 262_144, lanes: 4)),
            serial: "WX12",
            model: "Elements",
            sizeBytes: 2_000_398_934_016,
            headerDigest: "0123abcd",
            preparedAtSeconds: 0,
            layout: HostLayout()
        )
    }
}
