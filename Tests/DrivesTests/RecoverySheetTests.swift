import LinuxSystem
import Testing

@testable import Drives

extension KeptDrive {
    fileprivate var facts: DriveFacts {
        DriveFacts(
            hostName: "infrared",
            fileSystem: .ext4,
            label: "red",
            serial: nil,
            disk: nil,
            extent: nil,
            prepared: "1970-01-01T00:00:00Z"
        )
    }

    /// The sheet as a preparation leaves it.
    fileprivate func writeSheet() throws {
        var instructions = try RestoreInstructions.sample()
        instructions.passphrases = []
        try RecoverySheet(instructions: instructions).write(in: layout)
    }

    fileprivate func texts(_ name: String) throws -> [String] {
        try ["txt", "html"].map {
            let path = layout.sheetFolder.appending(FileName("\(name).\($0)"))
            return String(decoding: try Descriptor.open(path, .read).readAll(limit: 1 << 16), as: UTF8.self)
        }
    }
}

@Suite("A recovery sheet")
struct RecoverySheetTests {
    @Test("has the passphrase that the drive got, and the digest of the header that was saved then")
    func renew() throws {
        let kept = try KeptDrive()
        try kept.writeSheet()
        #expect(try kept.texts("red")[0].contains("There is no passphrase"))
        let cost = PassphraseCost(machineMemoryBytes: 0)
        let key = try kept.records.key()
        let slot = try kept.container.add(secret("open sesame"), provenBy: key, cost: cost)
        try kept.container.markAsPassphrase(slot: slot)
        let digest = try kept.records.saveHeaderBackup(of: kept.device, key: key)
        #expect(try kept.records.renewSheet(kept.facts) == kept.layout.sheetFolder.appending("red.txt"))
        for text in try kept.texts("red") {
            #expect(text.contains("header backup   SHA-256 \(digest)\n"))
            // The library takes no more lanes than the machine has processors.
            #expect(text.contains("key slot \(slot)      the passphrase (argon2id, 4 passes, 0 MiB, "))
            #expect(text.contains("    cryptsetup open /dev/disk/by-uuid/\(kept.luksUUID) restore\n"))
            #expect(!text.contains("There is no passphrase"))
        }
        let isAnother = try kept.records.renewSheet(kept.facts) != nil
        #expect(!isAnother)
    }

    @Test("denies no way in that somebody else made")
    func others() throws {
        let kept = try KeptDrive()
        try kept.writeSheet()
        let key = try kept.records.key()
        let slot = try kept.container.add(secret("by hand"), provenBy: key)
        _ = try kept.records.saveHeaderBackup(of: kept.device, key: key)
        try kept.records.renewSheet(kept.facts)
        for text in try kept.texts("red") {
            #expect(
                text.contains(
                    "key slot \(slot)      a passphrase or key that was added by hand or elsewhere\n"
                )
            )
            #expect(text.contains("With a passphrase:\n\n    cryptsetup open /dev/disk/by-uuid/"))
            #expect(!text.contains("There is no passphrase"))
        }
    }

    @Test("goes with a drive that gets another name, and says that")
    func rename() throws {
        let kept = try KeptDrive()
        try kept.writeSheet()
        let attic = DriveRecords(
            of: try driveName("attic"),
            luksUUID: kept.luksUUID,
            keySlot: 0,
            in: kept.layout
        )
        for _ in 0..<2 { try attic.renewSheet(kept.facts, of: driveName("red")) }
        let entries = try Descriptor.open(kept.layout.sheetFolder, .directory).entryNames().sorted()
        #expect(entries == ["attic.html", "attic.txt"])
        let text = try kept.texts("attic")[0]
        #expect(text.contains("Drive \"attic\" of host \"infrared\""))
        #expect(text.contains("keys/attic.key") && text.contains("--key-file attic.key"))
        #expect(try kept.texts("attic")[1].contains("<title>Recovery sheet of drive attic</title>"))
        // The label of the file system stays.
        #expect(text.contains("ext4, labeled \"red\""))
    }

    @Test("that was thrown away does not come back")
    func none() throws {
        let kept = try KeptDrive()
        let isWritten = try kept.records.renewSheet(kept.facts) != nil
        #expect(!isWritten)
        #expect(try !Descriptor.open(kept.layout.stateFolder, .directory).entryNames().contains("sheets"))
    }
}
