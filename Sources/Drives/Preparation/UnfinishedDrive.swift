public import LinuxSystem
internal import SystemPackage

/// What is left of a drive whose preparation or adoption was killed, or cut off with the power. Whoever has this value
/// has its lock.
public struct UnfinishedDrive: ~Copyable {
    private let name: DriveName
    private let layout: HostLayout
    private let operations: any DriveOperations
    private let record: PreparationRecord

    /// Looks for one; nil when there is none.
    ///
    /// - Throws: when a drive of this name is being prepared right now.
    public static func find(
        _ name: DriveName,
        in layout: HostLayout = HostLayout(),
        operations: any DriveOperations = LinuxDriveOperations()
    ) throws(PreparationError.Reason) -> UnfinishedDrive? {
        guard let record = try PreparationRecord.find(of: name, in: layout) else { return nil }
        return UnfinishedDrive(name: name, layout: layout, operations: operations, record: record)
    }

    /// The names of all that are there, for root to see; also of those that somebody works on.
    public static func names(in layout: HostLayout) -> [DriveName] {
        // Where there is no folder, no drive was ever begun, ignoring.
        let names = (try? PreparationRecord.names(in: layout)) ?? []
        return names.compactMap { DriveName(String(decoding: $0.bytes, as: UTF8.self)) }
    }

    /// Closes what is open of it, and removes its files. A drive that was finished but for its link keeps them all.
    ///
    /// - Parameter device: the LUKS drive that was about to be taken in; its new key slot is removed. Nil when the disk
    ///   is erased anyway.
    public consuming func takeBack(from device: FileName?) throws(PreparationError.Reason) {
        if try !isFinished() {
            try close()
            if let device { try removeSlot(of: LUKSContainer(path: device)) }
            let luksUUID = try system { () throws(SystemError) in try record.notedHeader() }
            try system { () throws(SystemError) in
                if let luksUUID { try HeaderBackup(luksUUID: luksUUID, in: layout).remove() }
                try KeyFile(of: name, in: layout).remove()
            }
        }
        try system { () throws(SystemError) in try record.remove() }
    }

    /// Its file is written when nothing can fail any more but the link.
    private func isFinished() throws(PreparationError.Reason) -> Bool {
        do {
            _ = try Descriptor.open(layout.driveFile(of: name), .path)
            return true
        } catch {
            if error.errno == .noSuchFileOrDirectory { return false }
            throw .system(error)
        }
    }

    private func close() throws(PreparationError.Reason) {
        let leftOpen = try system { () throws(SystemError) in
            try DriveLeftovers.close(driveName: name, operations: operations)
        }
        if leftOpen.isEmpty { return }
        let what = leftOpen.map(\.description).joined(separator: ", ")
        throw .drive(DriveError(drive: name, reason: .notClosed(what), leftOpen: leftOpen))
    }

    private func removeSlot(of container: LUKSContainer) throws(PreparationError.Reason) {
        let key = try system { () throws(SystemError) in try KeyFile(of: name, in: layout).read() }
        switch consume key {
        case .none: return
        case .some(let key):
            do throws(CryptError) {
                guard let slot = try container.slot(openedBy: key), try !container.isLast(slot: slot) else {
                    return
                }
                try container.removeSlot(slot)
            } catch {
                throw .encryption(error)
            }
        }
    }
}
