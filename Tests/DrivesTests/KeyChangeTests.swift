import LinuxSystem
import Testing

@testable import Drives

extension KeptDrive {
    fileprivate func change() throws -> KeyChange {
        let identity = DriveIdentity(
            name: try driveName("red"),
            luksUUID: luksUUID,
            serial: nil,
            keySlot: 0,
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

    @Test("adds a passphrase in slot 1, and replaces it there")
    func passphrase() throws {
        let kept = try KeptDrive()
        try kept.change().setPassphrase(secret("open sesame"))
        #expect(try kept.container.opens(slot: 1, with: secret("open sesame")))
        try kept.change().setPassphrase(secret("another one"))
        #expect(try kept.container.opens(slot: 1, with: secret("another one")))
        #expect(try !kept.container.opens(slot: 1, with: secret("open sesame")))
        #expect(try !kept.container.isUsed(slot: 2))
        #expect(try kept.container.opens(slot: 0, with: kept.records.key()))
        #expect(try kept.records.backupEqualsHeader(of: kept.device))
    }
}
