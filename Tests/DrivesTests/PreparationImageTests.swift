import Glibc
import LinuxSystem
import SystemPackage
import Testing

@testable import Drives

private let cheap = PassphraseCost(passes: 4, memoryKiB: 1024, lanes: 1)

/// A secret that a test knows.
func secret(_ text: String) -> SecretBytes {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: text.utf8)
    return SecretBytes(copying: UnsafeRawBufferPointer(bytes))
}

@Suite("A partition table")
struct PreparationPartitionTableTests {
    @Test("has one aligned LUKS partition with the drive's name, and nothing of the old table")
    func single() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: (100 << 20) + 512 * 7)
        let disk = try Descriptor.open(image, .readWrite)
        _ = try PartitionTable.writeSingle(on: disk, path: image, name: "old")
        let bytes = try PartitionTable.writeSingle(on: disk, path: image, name: "red")
        let table = try #require(try SignatureProbe(disk).partitionTable())
        #expect(table.type == "gpt")
        #expect(table.entries.map(\.name) == ["red"])
        let entry = try #require(table.entries.first)
        #expect(entry.bytes == UInt64(bytes.lowerBound)..<UInt64(bytes.upperBound))
        #expect(bytes == 1 << 20..<99 << 20)
        // The type's GUID stands at the beginning of the first entry; its first three groups are little endian.
        let text = try run("/usr/bin/od", "-An", "-tx1", "-j1024", "-N16", image)
        let type = "cb 7c 7d ca ed 63 53 4c 86 1c 17 42 53 60 59 cc"
        #expect(text.contains(type))
    }

    @Test("does not fit into less than its own sectors")
    func tooSmall() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: 1 << 20)
        let disk = try Descriptor.open(image, .readWrite)
        #expect(throws: SystemError.self) {
            try PartitionTable.writeSingle(on: disk, path: image, name: "red")
        }
    }
}

@Suite("Signatures")
struct PreparationSignatureTests {
    @Test("are all found, and none is left after wiping")
    func wipe() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: 64 << 20)
        try run("/usr/sbin/mkfs.ext4", "-q", "-L", "photos", image)
        let disk = try Descriptor.open(image, .readWrite)
        try disk.write(LVMLabel.bytes, at: 512)
        let found = try SignatureProbe(disk).contents()
        #expect(Set(found.map(\.type)) == ["ext4", "LVM2_member"])
        #expect(found.contains { $0.label == "photos" })
        #expect(found.filter(\.isMember).map(\.type) == ["LVM2_member"])
        try SignatureProbe(disk).wipe()
        #expect(try SignatureProbe(disk).contents().isEmpty)
    }

    @Test("of a table are wiped with its copy at the end")
    func wipeTable() throws {
        let folder = try TemporaryFolder()
        let image = try folder.makeImage("disk.img", byteCount: 64 << 20)
        let disk = try Descriptor.open(image, .readWrite)
        _ = try PartitionTable.writeSingle(on: disk, path: image, name: "old")
        try SignatureProbe(disk).wipe()
        #expect(try SignatureProbe(disk).partitionTable() == nil)
        let sectors = try run("/usr/bin/od", "-An", "-c", image)
        #expect(!sectors.contains("E   F   I       P   A   R   T"))
    }
}

@Suite("A new LUKS container")
struct PreparationContainerTests {
    @Test("opens with the key in slot 0 and the passphrase in slot 1, and with nothing else")
    func slots() throws {
        let folder = try TemporaryFolder()
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        let uuid = try container.format(
            label: "red",
            key: key,
            passphrase: secret("open sesame"),
            cost: cheap
        )
        #expect(try container.opens(slot: 0, with: key))
        #expect(try container.opens(slot: 1, with: secret("open sesame")))
        #expect(try !container.opens(slot: 0, with: secret("open sesame")))
        #expect(try !container.opens(slot: 1, with: secret("open sesam")))
        let file = try Descriptor.open(container.path, .read)
        let found = try SignatureProbe(file).contents()
        #expect(found.map(\.type) == ["crypto_LUKS"])
        #expect(found.first?.label == "red")
        #expect(found.first?.uuid == uuid)
    }

    @Test("has the parameters that were promised")
    func parameters() throws {
        let folder = try TemporaryFolder()
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        _ = try container.format(label: "red", key: key, passphrase: secret("x"), cost: cheap)
        // The metadata are JSON after the binary header of 4096 bytes (LUKS2 on-disk format, section 3).
        let header = try run("/usr/bin/head", "-c", "16384", container.path)
        for part in [
            #""type":"pbkdf2""#, #""iterations":1000"#, #""type":"argon2id","time":4,"memory":1024,"cpus":1"#,
            #""encryption":"aes-xts-plain64""#, #""sector_size":4096"#, #""key_size":64"#,
        ] {
            #expect(header.contains(part), "\(part)")
        }
        #expect(header.contains("extbackup"))
    }

    @Test("without a passphrase has one slot")
    func withoutPassphrase() throws {
        let folder = try TemporaryFolder()
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        _ = try container.format(label: "red", key: key, passphrase: nil, cost: cheap)
        #expect(throws: CryptError.self) { try container.opens(slot: 1, with: key) }
    }

    @Test(
        "costs what a small machine can bear",
        arguments: [(UInt64(24) << 30, UInt32(262_144)), (512 << 20, 131_072), (1 << 30, 262_144), (0, 32)]
    )
    func cost(_ machine: UInt64, _ memoryKiB: UInt32) {
        #expect(PassphraseCost(machineMemoryBytes: machine).memoryKiB == memoryKiB)
    }
}

@Suite("A header backup")
struct PreparationHeaderBackupTests {
    @Test("opens a container whose header was destroyed, and its sum is what sha256sum checks")
    func restores() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        let uuid = try container.format(label: "red", key: key, passphrase: nil, cost: cheap)
        let backup = HeaderBackup(luksUUID: uuid, in: layout)
        let digest = try backup.save(container, key: key)
        let image = layout.headerBackup(luksUUID: uuid)
        #expect(try run("/usr/bin/sha256sum", image).hasPrefix(digest + "  "))
        let check = "cd \"$0\" && sha256sum --check --strict \(uuid).img.sha256"
        try run("/bin/sh", "-c", FileName(check), layout.headerFolder)
        #expect(try Descriptor.open(image, .read).nodeStatus().permissions == 0o600)
        #expect(try Descriptor.open(layout.headerFolder, .read).nodeStatus().permissions == 0o700)

        let damaged = try Descriptor.open(container.path, .readWrite)
        try damaged.write([UInt8](repeating: 0xff, count: 16 << 20), at: 0)
        #expect(throws: CryptError.self) { try container.opens(slot: 0, with: key) }
        try damaged.write(try Descriptor.open(image, .read).readAll(limit: 64 << 20), at: 0)
        #expect(try container.opens(slot: 0, with: key))

        #expect(try Descriptor.open(layout.headerFolder, .directory).entryNames().count == 2)
        try backup.remove()
        #expect(try Descriptor.open(layout.headerFolder, .directory).entryNames().isEmpty)
    }

    @Test("that the key does not open is refused and leaves no file")
    func unusable() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        let container = LUKSContainer(path: try folder.makeImage("luks.img", byteCount: 32 << 20))
        let key = try SecretBytes(randomCount: 64)
        let uuid = try container.format(label: "red", key: key, passphrase: nil, cost: cheap)
        let other = try SecretBytes(randomCount: 64)
        #expect(throws: PreparationError.Reason.headerBackupUnusable) {
            try HeaderBackup(luksUUID: uuid, in: layout).save(container, key: other)
        }
        #expect(try Descriptor.open(layout.headerFolder, .directory).entryNames().isEmpty)
    }
}

@Suite("A key file")
struct PreparationKeyFileTests {
    @Test("is for root's eyes, and an old one is never replaced")
    func write() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        let name = try driveName("red")
        let file = KeyFile(of: name, in: layout)
        try file.write(secret("first"))
        #expect(throws: SystemError.self) { try file.write(secret("second")) }
        let written = try Descriptor.open(layout.keyFile(of: name), .read)
        #expect(try written.nodeStatus().permissions == 0o400)
        #expect(try Descriptor.open(layout.keyFolder, .read).nodeStatus().permissions == 0o700)
        #expect(try written.readAll(limit: 100) == Array("first".utf8))
        try file.remove()
        #expect(!isThere(layout.keyFile(of: name)))
    }

    @Test("closes a folder of keys that was open to others")
    func folderMode() throws {
        let folder = try TemporaryFolder()
        let layout = machineLayout(in: folder.path)
        try run("/bin/mkdir", "-p", "-m", "0755", layout.keyFolder)
        try KeyFile(of: try driveName("red"), in: layout).write(secret("x"))
        #expect(try Descriptor.open(layout.keyFolder, .read).nodeStatus().permissions == 0o700)
    }
}

/// The label of an LVM physical volume as libblkid checks it (lib/label/label.h of LVM2).
enum LVMLabel {
    static var bytes: [UInt8] {
        var sector = [UInt8](repeating: 0, count: 512)
        sector.replaceSubrange(0..<8, with: Array("LABELONE".utf8))
        sector[8] = 1
        sector[20] = 32
        sector.replaceSubrange(24..<32, with: Array("LVM2 001".utf8))
        sector.replaceSubrange(32..<64, with: Array("abcdefghijklmnopqrstuvwxyz012345".utf8))
        var sum: UInt32 = 0xf597_a6cf
        for byte in sector[20...] {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        for index in 0..<4 { sector[16 + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(index))) }
        return sector
    }
}

/// The superblock 1.2 of an md member, 4096 bytes from the start (linux/raid/md_p.h).
enum RAIDSuperblock {
    static let offset: Int64 = 4096
    static var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: 256)
        block.replaceSubrange(0..<4, with: [0xfc, 0x4e, 0x2b, 0xa9])
        block[4] = 1
        block.replaceSubrange(16..<32, with: (1...16).map { UInt8($0) })
        block[144] = 8
        var sum: UInt64 = 0
        for start in stride(from: 0, to: 256, by: 4) {
            sum += (0..<4).reduce(0) { $0 | UInt64(block[start + $1]) << (8 * UInt64($1)) }
        }
        let folded = (sum & 0xffff_ffff) + sum >> 32
        for index in 0..<4 { block[216 + index] = UInt8(truncatingIfNeeded: folded >> (8 * UInt64(index))) }
        return block
    }
}
