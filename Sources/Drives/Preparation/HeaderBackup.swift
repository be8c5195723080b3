internal import LinuxSystem
internal import SystemPackage

/// Saves a LUKS header on the machine: `headers/UUID.img`, and beside it `UUID.img.sha256` as sha256sum(1) writes
/// it.
///
/// A damaged header makes the whole drive unreadable; its backup is the only cure. With it and an old passphrase a
/// drive opens as it did when the backup was made, therefore it is for root only.
struct HeaderBackup {
    let folderPath: FileName
    let name: FileName

    init(luksUUID: String, in layout: HostLayout) {
        folderPath = layout.headerFolder
        name = layout.headerBackup(luksUUID: luksUUID).lastPart
    }

    private var digestName: FileName { name.appendingSuffix(".sha256") }
    /// Headers that were on the drive when the backup was put back: `UUID.img.before-restore`, and with a number behind it.
    private var keptName: FileName { name.appendingSuffix(".before-restore") }
    private var temporaryName: FileName { FileName(bytes: Array(".".utf8) + name.bytes + Array(".new".utf8)) }

    /// Saves the header and proves with the key that the file is one.
    ///
    /// - Returns: the file's SHA-256 in hexadecimal digits.
    func save(
        _ container: LUKSContainer,
        slot: Int32 = LUKSContainer.keySlot,
        key: borrowing SecretBytes
    ) throws(PreparationError.Reason) -> String {
        let folder = try openFolder()
        do throws(PreparationError.Reason) {
            let file = try write(container, in: folder)
            let isUsable = try encryption { () throws(CryptError) in try file.opens(slot: slot, with: key) }
            if !isUsable { throw .headerBackupUnusable }
            return try system { () throws(SystemError) in try publish(in: folder) }
        } catch {
            // The first failure is the one to report; the temporary file is hidden, ignoring.
            try? folder.removeFileIfPresent(temporaryName)
            throw error
        }
    }

    /// Keeps the header that a drive has now beside the backup, durably, mode 0400; one that was kept before stays.
    ///
    /// - Returns: the file.
    func keep(_ container: LUKSContainer) throws(PreparationError.Reason) -> FileName {
        let folder = try openFolder()
        do {
            _ = try write(container, in: folder)
            return try system { () throws(SystemError) in try publishKept(in: folder) }
        } catch {
            // The first failure is the one to report; the temporary file is hidden, ignoring.
            try? folder.removeFileIfPresent(temporaryName)
            throw error
        }
    }

    private func openFolder() throws(PreparationError.Reason) -> Descriptor {
        try system { () throws(SystemError) in
            let folder = try HostFolder.open(folderPath, .secret)
            try folder.removeFileIfPresent(temporaryName)
            return folder
        }
    }

    private func write(
        _ container: LUKSContainer,
        in folder: borrowing Descriptor
    ) throws(PreparationError.Reason) -> LUKSContainer {
        // The library takes a path, and none that exists; through /proc it cannot lead elsewhere.
        let path = FileName("/proc/self/fd/\(folder.rawValue)").appending(temporaryName)
        try encryption { () throws(CryptError) in try container.backUpHeader(to: path) }
        return LUKSContainer(path: path)
    }

    private func publishKept(in folder: borrowing Descriptor) throws(SystemError) -> FileName {
        let file = try folder.open(temporaryName, .read)
        try file.setPermissions(0o400)
        try file.sync()
        var (kept, number) = (keptName, 1)
        while try folder.statusIfPresent(of: kept) != nil {
            number += 1
            kept = keptName.appendingSuffix("-\(number)")
        }
        try folder.move(temporaryName, to: folder, as: kept)
        try folder.sync()
        return folderPath.appending(kept)
    }

    /// Digest first: an image without one is complete, a digest without its image is found by the next attempt.
    private func publish(in folder: borrowing Descriptor) throws(SystemError) -> String {
        let file = try folder.open(temporaryName, .read)
        try file.setPermissions(0o600)
        try file.sync()
        let digest = try SHA256.hexDigest(ofRestOf: file)
        let line = Array("\(digest)  ".utf8) + name.bytes + [UInt8(ascii: "\n")]
        try folder.replaceFile(digestName, with: line, mode: 0o600)
        try folder.rename(temporaryName, to: name)
        try folder.sync()
        return digest
    }

    /// True when there is an image already.
    func isThere() throws(SystemError) -> Bool {
        try HostFolder.open(folderPath, .secret).statusIfPresent(of: name) != nil
    }

    /// Removes the headers that were kept.
    func removeKept() throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .secret)
        for other in try folder.entryNames() where other.bytes.starts(with: keptName.bytes) {
            try folder.removeFileIfPresent(other)
        }
        try folder.sync()
    }

    /// Takes image and digest back.
    func remove() throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .secret)
        try folder.removeFileIfPresent(name)
        try folder.removeFileIfPresent(digestName)
        try folder.sync()
    }
}
