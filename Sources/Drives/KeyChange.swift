public import LinuxSystem
internal import SystemPackage

/// Changes what opens a drive that is plugged in. At every moment the key file on this machine, or the one beside it that
/// takes its place, opens the drive.
public struct KeyChange: Sendable {
    private let identity: DriveIdentity
    private let luksUUID: String
    private let layout: HostLayout
    private let device: BlockDevice
    private let cost: PassphraseCost

    /// For a drive on a device.
    ///
    /// - Parameters:
    ///   - luksUUID: as it is spelled in the drive's file.
    ///   - machineMemoryBytes: decides on what a passphrase costs.
    public init(
        of identity: DriveIdentity,
        luksUUID: String,
        on device: BlockDevice,
        in layout: HostLayout,
        machineMemoryBytes: UInt64 = Machine.memoryBytes
    ) {
        self.identity = identity
        self.luksUUID = luksUUID
        self.layout = layout
        self.device = device
        cost = PassphraseCost(machineMemoryBytes: machineMemoryBytes)
    }

    private var container: LUKSContainer { LUKSContainer(path: device.node) }
    private var keyFile: KeyFile { KeyFile(of: identity.name, in: layout) }
    private var newKeyFile: KeyFile { KeyFile(replacing: identity.name, in: layout) }

    /// Makes a new key, gives it to the drive, and saves the header anew. A change that was cut off is brought to its end
    /// by the next one.
    public func rotateKey() throws(PreparationError.Reason) {
        if let new = try keyOfEarlierChange() { return try finish(new) }
        let old = try key()
        guard try opens(identity.keySlot, old) else { throw .keyDoesNotOpen(slot: identity.keySlot) }
        // Where it cannot be saved now it cannot be saved afterwards.
        try saveHeader(old)
        let new = try system { () throws(SystemError) in
            let new = try SecretBytes(randomCount: LUKSContainer.keyBytes)
            try newKeyFile.remove()
            try newKeyFile.write(new)
            return new
        }
        try encryption { () throws(CryptError) in
            try container.changeKey(slot: identity.keySlot, from: old, to: new)
        }
        guard try opens(identity.keySlot, new) else { throw .keyDoesNotOpen(slot: identity.keySlot) }
        try finish(new)
    }

    /// The new key of a change that was cut off, when the drive has it; nil otherwise.
    private func keyOfEarlierChange() throws(PreparationError.Reason) -> SecretBytes? {
        guard let new = try system({ () throws(SystemError) in try newKeyFile.read() }) else { return nil }
        if try opens(identity.keySlot, new) { return new }
        return nil
    }

    /// The old key goes when there is a backup of the header that the new one opens.
    private func finish(_ new: borrowing SecretBytes) throws(PreparationError.Reason) {
        try saveHeader(new)
        try system { () throws(SystemError) in try newKeyFile.replace(keyFile) }
    }

    /// Adds a passphrase or replaces the one that is there, and saves the header anew. The new one opens the drive before
    /// the old one is wiped. What other people or machines open the drive with stays.
    public func setPassphrase(_ passphrase: borrowing SecretBytes) throws(PreparationError.Reason) {
        let key = try key()
        guard try opens(identity.keySlot, key) else { throw .keyDoesNotOpen(slot: identity.keySlot) }
        let old = try encryption { () throws(CryptError) in try container.passphraseSlots() }.map(\.number)
        let slot = try slotAdded(for: passphrase, beside: old, key)
        try encryption { () throws(CryptError) in
            try container.markAsPassphrase(slot: slot)
            for other in old where other != slot && other != identity.keySlot {
                try container.removeSlot(other)
            }
        }
        try saveHeader(key)
    }

    /// Adds a passphrase, unless a change that was cut off has added it.
    private func slotAdded(
        for passphrase: borrowing SecretBytes,
        beside marked: [Int32],
        _ key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> Int32 {
        let used = try encryption { () throws(CryptError) in try container.usedSlots() }
        for slot in used where slot != identity.keySlot && !marked.contains(slot) {
            if try opens(slot, passphrase) { return slot }
        }
        let added: Int32
        do {
            added = try container.add(passphrase, provenBy: key, cost: cost)
        } catch {
            throw .encryption(error)
        }
        guard try opens(added, passphrase) else { throw .keyDoesNotOpen(slot: added) }
        return added
    }

    private func key() throws(PreparationError.Reason) -> SecretBytes {
        if let key = try system({ () throws(SystemError) in try keyFile.read() }) { return key }
        let path = layout.keyFile(of: identity.name)
        throw .system(SystemError(call: "open", subject: path, errno: .noSuchFileOrDirectory))
    }

    private func opens(_ slot: Int32, _ secret: borrowing SecretBytes) throws(PreparationError.Reason) -> Bool
    {
        do {
            return try container.opens(slot: slot, with: secret)
        } catch {
            throw .encryption(error)
        }
    }

    private func saveHeader(_ key: borrowing SecretBytes) throws(PreparationError.Reason) {
        _ = try DriveRecords(of: identity.name, luksUUID: luksUUID, keySlot: identity.keySlot, in: layout)
            .saveHeaderBackup(of: device, key: key)
    }
}
