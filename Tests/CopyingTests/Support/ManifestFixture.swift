import LinuxSystem

@testable import Copying

/// A source, a destination and a manifest of it, in memory.
class ManifestFixture {
    let home: TemporaryFolder
    let source: Descriptor
    let destination: Descriptor
    let manifest: Manifest

    init() throws {
        home = try TemporaryFolder(in: "/dev/shm")
        source = try home.makeFolder("source")
        destination = try home.makeFolder("destination")
        manifest = try Manifest.open(at: FileName(home.path + "/manifest"))
    }
}
