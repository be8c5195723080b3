public import LinuxSystem
internal import SystemPackage

/// What a machine keeps of a drive, and whether it would do its work on the day that it is needed: the key file, the
/// backup of the LUKS header, the link that starts the agent.
public struct DriveRecords: Sendable {
    private let name: DriveName
    private let luksUUID: String
    private let keySlot: Int32
    private let layout: HostLayout

    /// The records of a drive.
    ///
    /// - Parameter luksUUID: as it is spelled in the drive's file.
    public init(of name: DriveName, luksUUID: String, keySlot: Int32, in layout: HostLayout) {
        self.name = name
        self.luksUUID = luksUUID
        self.keySlot = keySlot
        self.layout = layout
    }

    /// What can be wrong with a key file.
    public enum KeyFault: Error, Hashable, Sendable {
        /// It is not there.
        case missing
        /// It is a symbolic link, which may lead anywhere.
        case link
        /// Somebody besides root may read or write it.
        case openToOthers
        /// Somebody besides root may look into or change the folder of the keys.
        case folderOpenToOthers
        /// There is nothing in it.
        case empty
        /// It cannot be read.
        case unreadable(SystemError)

        /// What the system said when the key was opened or read.
        public init(_ error: SystemError) {
            switch error.errno {
            case .noSuchFileOrDirectory: self = .missing
            case .tooManySymbolicLinkLevels: self = .link
            // What SecretBytes says.
            case .invalidArgument: self = .empty
            default: self = .unreadable(error)
            }
        }
    }

    /// The key, when its file is as it must be.
    public func key() throws(KeyFault) -> SecretBytes {
        let fault: KeyFault
        do {
            let folder = try Descriptor.open(layout.keyFolder, [.directory, .followLink])
            let file = try Descriptor.open(layout.keyFile(of: name), [.read, .nonBlocking])
            if try folder.nodeStatus().isOpenToOthers {
                fault = .folderOpenToOthers
            } else if try file.nodeStatus().isOpenToOthers {
                fault = .openToOthers
            } else {
                return try SecretBytes(readingFrom: file)
            }
        } catch {
            throw KeyFault(error)
        }
        throw fault
    }

    /// What can be wrong with the backup of a LUKS header.
    public enum HeaderFault: Error, Hashable, Sendable {
        /// It is not there.
        case missing
        /// Its SHA-256 is not there.
        case digestMissing
        /// Its bytes are not those of the SHA-256 beside it.
        case damaged
        /// Somebody besides root may read it.
        case openToOthers
        /// It is no LUKS header, or one of another drive.
        case foreign(String)
        /// It cannot be read.
        case unreadable(SystemError)
    }

    /// Reads the backup of the header and compares it with its digest. Reads some MiB.
    public func checkHeaderBackup() throws(HeaderFault) {
        let path = layout.headerBackup(luksUUID: luksUUID)
        let isPrivate: Bool
        let digest: String
        let recorded: String?
        do {
            let file = try Descriptor.open(path, [.read, .nonBlocking])
            isPrivate = try !file.nodeStatus().isOpenToOthers
            digest = try SHA256.hexDigest(ofRestOf: file)
            recorded = try recordedDigest()
        } catch {
            throw error.errno == .noSuchFileOrDirectory ? .missing : .unreadable(error)
        }
        guard let recorded else { throw .digestMissing }
        if digest != recorded { throw .damaged }
        try checkUUID(of: path)
        if !isPrivate { throw .openToOthers }
    }

    private func recordedDigest() throws(SystemError) -> String? {
        let path = layout.headerBackup(luksUUID: luksUUID).appendingSuffix(".sha256")
        do {
            let line = try Descriptor.open(path, .read).readAll(limit: 4096)
            return String(decoding: line.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    private func checkUUID(of path: FileName) throws(HeaderFault) {
        let found: String?
        do {
            let context = try CryptContext(path: path)
            try context.loadLUKS2()
            found = context.uuid
        } catch {
            throw .foreign("it is no LUKS header: \(error)")
        }
        if found?.lowercased() == luksUUID.lowercased() { return }
        throw .foreign("it is the header of \(found ?? "a drive without a UUID")")
    }

    /// True when the key opens its slot in a container: the drive's partition, or the backup of its header. No
    /// device-mapper is needed.
    public func opens(_ container: Container, with key: borrowing SecretBytes) throws(CryptError) -> Bool {
        try LUKSContainer(path: path(of: container)).opens(slot: keySlot, with: key)
    }

    /// Where a LUKS header lies.
    public enum Container: Hashable, Sendable {
        /// The drive, plugged in.
        case drive(BlockDevice)
        /// The backup on this machine.
        case backup
    }

    private func path(of container: Container) -> FileName {
        switch container {
        case .drive(let device): device.node
        case .backup: layout.headerBackup(luksUUID: luksUUID)
        }
    }

    /// True when the backup holds, byte for byte, the header that the plugged drive has now.
    public func backupEqualsHeader(of device: BlockDevice) throws(SystemError) -> Bool {
        try backupEqualsHeader(on: Descriptor.open(device.node, [.read, .nonBlocking]))
    }

    /// The same for a partition that is open.
    func backupEqualsHeader(on drive: borrowing Descriptor) throws(SystemError) -> Bool {
        let backup = try Descriptor.open(layout.headerBackup(luksUUID: luksUUID), .read)
        var offset: Int64 = 0
        while true {
            let wanted = try backup.read(1 << 20, at: offset)
            if wanted.isEmpty { return offset > 0 }
            if try drive.read(wanted.count, at: offset) != wanted { return false }
            offset += Int64(wanted.count)
        }
    }

    /// What can be wrong with the link that starts the agent.
    public enum LinkFault: Error, Hashable, Sendable {
        /// It is not there: the drive is disabled.
        case missing(path: FileName)
        /// It leads elsewhere.
        case foreign(path: FileName, target: FileName)
        /// It cannot be read.
        case unreadable(SystemError)
    }

    /// Looks whether plugging the drive in starts its agent.
    public func checkUnitLink() throws(LinkFault) {
        let link = UnitLink(of: name, luksUUID: luksUUID, in: layout)
        let target: FileName
        do {
            target = try Descriptor.open(link.folderPath, [.directory, .followLink])
                .symbolicLinkTarget(link.name)
        } catch {
            throw error.errno == .noSuchFileOrDirectory ? .missing(path: link.path) : .unreadable(error)
        }
        // systemd goes by the link's own name, and reads the template wherever it lies.
        if target.components.last != link.target.components.last {
            throw .foreign(path: link.path, target: target)
        }
    }
}

extension DriveRecords {
    /// Saves the header of the plugged drive anew, over the backup that is there, and proves with the key that it can be
    /// used. What the recovery sheet says of it is true again after `renewSheet`.
    ///
    /// - Returns: the file's SHA-256 in hexadecimal digits.
    public func saveHeaderBackup(
        of device: BlockDevice,
        key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> String {
        try HeaderBackup(luksUUID: luksUUID, in: layout).save(
            LUKSContainer(path: device.node),
            slot: keySlot,
            key: key
        )
    }

    /// Writes the recovery sheet anew, as the header's backup is now; not where somebody threw it away.
    ///
    /// - Parameter former: the name that the drive had; the sheet of that name goes.
    /// - Returns: where it is; nil when there is none, or when it said the same before.
    @discardableResult
    public func renewSheet(
        _ facts: DriveFacts,
        of former: DriveName? = nil
    ) throws(PreparationError.Reason) -> FileName? {
        guard let sheet = try sheet(facts, of: former) else { return nil }
        let (name, layout) = (name, layout)
        let isAnother = try system { () throws(SystemError) in
            let isAnother = try !sheet.isWritten(in: layout)
            try sheet.write(in: layout)
            if let former, former != name { try RecoverySheet.remove(of: former, in: layout) }
            return isAnother
        }
        return isAnother ? layout.recoverySheet(of: name) : nil
    }

    /// Sees that `renewSheet` can be done.
    public func checkSheet(_ facts: DriveFacts, of former: DriveName) throws(PreparationError.Reason) {
        _ = try sheet(facts, of: former)
    }

    private func sheet(
        _ facts: DriveFacts,
        of former: DriveName?
    ) throws(PreparationError.Reason) -> RecoverySheet? {
        let (name, layout) = (name, layout)
        let isThere = try system { () throws(SystemError) in
            try RecoverySheet.isThere(of: former ?? name, in: layout)
        }
        if !isThere { return nil }
        let slots = try slotsOfBackup()
        return RecoverySheet(
            instructions: RestoreInstructions(
                name: name,
                luksUUID: luksUUID,
                facts: facts,
                keySlot: keySlot,
                passphrases: slots.passphrases,
                otherSlots: slots.others,
                headerDigest: try system { () throws(SystemError) in try recordedDigest() },
                layout: layout
            )
        )
    }

    private func slotsOfBackup() throws(PreparationError.Reason) -> LUKSContainer.Slots {
        let backup = LUKSContainer(path: layout.headerBackup(luksUUID: luksUUID))
        let keySlot = keySlot
        return try encryption { () throws(CryptError) in try backup.slots(beside: keySlot) }
    }

    /// The slots that something else opens than the machine's key and a passphrase that was given here, as the header's
    /// backup says.
    public func otherSlots() throws(PreparationError.Reason) -> [Int32] { try slotsOfBackup().others }
}

extension DriveRecords {
    /// Lets plugging the drive in start its agent. systemd sees it after `systemctl daemon-reload`.
    public func makeUnitLink() throws(SystemError) {
        do {
            try UnitLink(of: name, luksUUID: luksUUID, in: layout).make()
        } catch {
            if error.errno != .fileExists { throw error }
        }
    }

    /// From now on plugging the drive in starts nothing.
    public func removeUnitLink() throws(SystemError) {
        try UnitLink(of: name, luksUUID: luksUUID, in: layout).remove()
    }

    /// Gives the key file a second name, for a drive that gets another one.
    ///
    /// - Throws: `EEXIST` when another key has that name: it may be the only one of some disk.
    public func linkKey(as other: DriveName, _ attempt: Attempt) throws(SystemError) {
        let folder = try HostFolder.open(layout.keyFolder, .secret)
        let (old, new) = (layout.keyFile(of: name).lastPart, layout.keyFile(of: other).lastPart)
        switch attempt {
        case .first: break
        case .again:
            if try folder.statusIfPresent(of: old) == nil, try folder.statusIfPresent(of: new) != nil {
                return
            }
        }
        do {
            try folder.link(old, to: folder, as: new)
        } catch {
            guard error.errno == .fileExists,
                let theirs = try folder.statusIfPresent(of: new),
                let ours = try folder.statusIfPresent(of: old),
                (theirs.device, theirs.inode) == (ours.device, ours.inode)
            else { throw error }
        }
        try folder.sync()
    }

    /// Whether somebody tried before.
    public enum Attempt: Hashable, Sendable {
        /// Nobody did.
        case first
        /// Somebody did, and was cut off: the old name may be gone already.
        case again
    }

    /// True when a change of the key was cut off: the key beside the old one may be the one that opens the drive.
    public func isKeyChangeUnfinished() throws(SystemError) -> Bool {
        let folder = try HostFolder.open(layout.keyFolder, .secret)
        return try folder.statusIfPresent(of: KeyFile(replacing: name, in: layout).name) != nil
    }

    /// The key that takes the place of the drive's, of a change that was cut off; nil when there is none.
    public func newKey() throws(SystemError) -> SecretBytes? {
        try KeyFile(replacing: name, in: layout).read()
    }

    /// Removes the key file, also that of a change that was cut off. Without a passphrase nobody opens the drive then.
    public func removeKey() throws(SystemError) {
        try KeyFile(of: name, in: layout).remove()
        try KeyFile(replacing: name, in: layout).remove()
    }

    /// Removes the backup of the header, and headers that a restoration kept: an older key may open those.
    public func removeHeaderBackup() throws(SystemError) {
        let backup = HeaderBackup(luksUUID: luksUUID, in: layout)
        try backup.removeKept()
        try backup.remove()
    }
}
