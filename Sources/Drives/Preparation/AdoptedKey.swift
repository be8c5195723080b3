internal import LinuxSystem
internal import SystemPackage

/// The key that an adoption gives a LUKS drive, as it is taken back: only from that drive, and only while something else
/// opens it.
struct AdoptedKey {
    let name: DriveName
    /// The drive that was about to get the key.
    let luksUUID: String
    let layout: HostLayout

    /// Which slot the key has.
    enum Slot {
        /// This one: it was added.
        case added(Int32)
        /// Whoever knew it was cut off; the key may have none.
        case unknown
    }

    /// Removes the key's slot; the key file stays.
    ///
    /// - Parameter before: what the header said of the drive; nil when nobody knows.
    /// - Throws: `adoptionUnfinished` when the container is not that drive, or may have no other key. It is untouched then.
    func takeBack(
        _ slot: Slot,
        from container: LUKSContainer,
        before: LUKSContainer.Names?
    ) throws(PreparationError.Reason) {
        // As long as it is open, no other disk gets its name.
        let pin = try system { () throws(SystemError) in
            try Descriptor.open(container.path, [.read, .nonBlocking, .followLink])
        }
        guard let found = try removable(slot, from: container) else { return }
        try encryption { () throws(CryptError) in
            if let before { try container.setNames(before) }
            try container.removeSlot(found)
        }
        withExtendedLifetime(pin) {}
    }

    private func removable(
        _ slot: Slot,
        from container: LUKSContainer
    ) throws(PreparationError.Reason) -> Int32? {
        let uuid = try encryption { () throws(CryptError) in try container.uuid() }
        guard uuid.lowercased() == luksUUID.lowercased() else { throw unfinished }
        let opened = try self.slot(in: container)
        switch slot {
        case .added(let added): if opened != added { throw unfinished }
        case .unknown: break
        }
        guard let opened else { return nil }
        if try encryption({ () throws(CryptError) in try container.isLast(slot: opened) }) {
            throw unfinished
        }
        return opened
    }

    /// The slot that the key opens; nil when it opens none, or when the power failed before it was written.
    private func slot(in container: LUKSContainer) throws(PreparationError.Reason) -> Int32? {
        let key = try system { () throws(SystemError) in try KeyFile(of: name, in: layout).read() }
        switch consume key {
        case .none: return nil
        case .some(let key):
            do {
                return try container.slot(openedBy: key)
            } catch {
                throw .encryption(error)
            }
        }
    }

    /// The key and the note of it must stay for the next attempt.
    var unfinished: PreparationError.Reason { .adoptionUnfinished(luksUUID: luksUUID) }
}
