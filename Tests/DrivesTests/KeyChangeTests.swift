import LinuxSystem
import Testing

@testable import Drives

extension KeptDrive {
    fileprivate func change() throws -> KeyChange {
        let identity = DriveIdentity(
            name: try driveName("red"),
            luksUUID: luksUUID,
            serial: nil,
            keySlot: keySlot,
            fileSystem: .ext4
        )
        return KeyChange(
            of: identity,
            luksUUID: luksUUID,
            on: device,
            in: layout,
            machineMemoryBytes: 0
        )
    }
}

@Suite("Changing what opens a drive")
struct KeyChangeTests {
    @Test("gives it a new key, and the header's backup follows")
    func rotate() throws {
        let kept = try KeptDrive()
        let old = try kept.records.key()
        try kept.change().rotateKey()
        let new = try kept.records.key()
        let isAnother = !new.hasSameBytes(as: old)
        #expect(isAnother)
        #expect(try kept.container.opens(slot: 0, with: new))
        #expect(try !kept.container.opens(slot: 0, with: old))
        #expect(try !kept.container.isUsed(slot: 1))
        #expect(try kept.records.backupEqualsHeader(of: kept.device))
        try kept.records.checkHeaderBackup()
        #expect(try Descriptor.open(kept.layout.keyFolder, .directory).entryNames() == ["red.key"])
    }

    @Test("that was cut off after the drive had the new key goes on there")
    func cutOff() throws {
        let kept = try KeptDrive()
        let old = try kept.records.key()
        let new = try SecretBytes(randomCount: 64)
        try KeyFile(replacing: driveName("red"), in: kept.layout).write(new)
        try kept.container.changeKey(slot: 0, from: old, to: new)
        try kept.change().rotateKey()
        let isNew = try kept.records.key().hasSameBytes(as: new)
        #expect(isNew)
        #expect(try kept.records.backupEqualsHeader(of: kept.device))
    }

    @Test("that was cut off before the drive had the new key begins anew")
    func cutOffEarlier() throws {
        let kept = try KeptDrive()
        let stale = try SecretBytes(randomCount: 64)
        try KeyFile(replacing: driveName("red"), in: kept.layout).write(stale)
        try kept.change().rotateKey()
        let key = try kept.records.key()
        let isAnother = !key.hasSameBytes(as: stale)
        #expect(isAnother)
        #expect(try kept.container.opens(slot: 0, with: key))
    }

    @Test("needs a key that opens it, and changes nothing without")
    func wrongKey() throws {
        let kept = try KeptDrive()
        let name = try driveName("red")
        try KeyFile(of: name, in: kept.layout).remove()
        try KeyFile(of: name, in: kept.layout).write(SecretBytes(randomCount: 64))
        #expect(throws: PreparationError.Reason.keyDoesNotOpen(slot: 0)) { try kept.change().rotateKey() }
        #expect(throws: PreparationError.Reason.keyDoesNotOpen(slot: 0)) {
            try kept.change().setPassphrase(secret("open sesame"))
        }
        #expect(try kept.records.backupEqualsHeader(of: kept.device))
    }

    @Test("keeps the old key until there is a backup of the header that the new one opens")
    func fullDisk() throws {
        let kept = try KeptDrive()
        let old = try kept.records.key()
        let new = try SecretBytes(randomCount: 64)
        try KeyFile(replacing: driveName("red"), in: kept.layout).write(new)
        try kept.container.changeKey(slot: 0, from: old, to: new)
        // Where the backup is written there is no room for a file of this name.
        let temporary = kept.layout.headerFolder.appending(FileName(".\(kept.luksUUID).img.new"))
        try run("/bin/mkdir", temporary)
        #expect(throws: PreparationError.Reason.self) { try kept.change().rotateKey() }
        let isOld = try kept.records.key().hasSameBytes(as: old)
        #expect(isOld)
        #expect(try kept.records.opens(.backup, with: old))
        try run("/bin/rmdir", temporary)
        try kept.change().rotateKey()
        let isNew = try kept.records.key().hasSameBytes(as: new)
        #expect(isNew)
        #expect(try kept.records.opens(.backup, with: new))
    }

    @Test("changes nothing when the header cannot be saved")
    func unsavable() throws {
        let kept = try KeptDrive()
        let old = try kept.records.key()
        try run("/bin/mkdir", kept.layout.headerFolder.appending(FileName(".\(kept.luksUUID).img.new")))
        #expect(throws: PreparationError.Reason.self) { try kept.change().rotateKey() }
        #expect(try kept.container.opens(slot: 0, with: old))
        #expect(try Descriptor.open(kept.layout.keyFolder, .directory).entryNames() == ["red.key"])
    }

    @Test("adds a passphrase, and replaces it")
    func passphrase() throws {
        let kept = try KeptDrive()
        for words in ["open sesame", "another one", "a third"] {
            try kept.change().setPassphrase(secret(words))
            let slots = try kept.container.passphraseSlots().map(\.number)
            try #require(slots.count == 1)
            #expect(try kept.container.usedSlots() == [0] + slots)
            #expect(try kept.container.opens(slot: slots[0], with: secret(words)))
            #expect(try kept.container.opens(slot: 0, with: kept.records.key()))
            #expect(try kept.records.backupEqualsHeader(of: kept.device))
        }
    }

    @Test("replaces the passphrase of a drive that was adopted, and neither its key nor another machine's")
    func adoptedPassphrase() throws {
        let kept = try KeptDrive(.adopted)
        #expect(try kept.container.usedSlots() == [0, 1, 2])
        for words in ["open sesame", "another one"] {
            try kept.change().setPassphrase(secret(words))
            let slots = try kept.container.passphraseSlots().map(\.number)
            try #require(slots.count == 1)
            #expect(try kept.container.usedSlots() == ([1, 2] + slots).sorted())
            #expect(try kept.container.opens(slot: slots[0], with: secret(words)))
            #expect(try kept.container.slot(openedBy: secret(KeptDrive.oldPassphrase)) == nil)
            #expect(try kept.records.opens(.drive(kept.device), with: kept.records.key()))
            #expect(try kept.records.otherSlots() == [1])
            #expect(try kept.records.backupEqualsHeader(of: kept.device))
        }
    }

    @Test("takes up a passphrase that a change which was cut off added, wherever that was")
    func passphraseCutOff() throws {
        let kept = try KeptDrive(.adopted)
        let key = try kept.records.key()
        let cost = PassphraseCost(machineMemoryBytes: 0)
        // Added, and not marked yet.
        let added = try kept.container.add(secret("open sesame"), provenBy: key, cost: cost)
        try kept.change().setPassphrase(secret("open sesame"))
        #expect(try kept.container.passphraseSlots().map(\.number) == [added])
        #expect(try kept.container.usedSlots() == [1, 2, added])
        // Added and marked, the old one not wiped yet; and then somebody types another one.
        let next = try kept.container.add(secret("another one"), provenBy: key, cost: cost)
        try kept.container.markAsPassphrase(slot: next)
        try kept.change().setPassphrase(secret("a third"))
        #expect(try kept.container.slot(openedBy: secret("open sesame")) == nil)
        #expect(try kept.container.slot(openedBy: secret("another one")) == nil)
        #expect(try kept.container.usedSlots().count == 3)
    }
}
