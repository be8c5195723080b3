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

    /// What became of it.
    public enum Outcome: Hashable, Sendable {
        /// Nothing is left of it.
        case removed
        /// It was finished but for its link: all of it is kept.
        case kept
    }

    /// Closes what is open of it, and removes its files. Nothing is removed that opens a drive which somebody may need: an
    /// adopted drive keeps the key as long as it may have no other.
    ///
    /// - Parameter device: the LUKS drive that is to be taken in; its new key slot is removed. Nil when a disk is to be
    ///   erased.
    public consuming func takeBack(from device: FileName?) throws(PreparationError.Reason) -> Outcome {
        let outcome: Outcome = try isFinished() ? .kept : .removed
        switch outcome {
        case .kept: break
        case .removed:
            try close()
            try removeSlot(of: device.map { LUKSContainer(path: $0) })
            try removeFiles()
        }
        try system { () throws(SystemError) in try record.remove() }
        return outcome
    }

    private func removeFiles() throws(PreparationError.Reason) {
        try system { () throws(SystemError) in
            if let luksUUID = try record.luksUUID(of: .savesHeader), try !isKnown(luksUUID) {
                try HeaderBackup(luksUUID: luksUUID, in: layout).remove()
            }
            try RecoverySheet.remove(of: name, in: layout)
            try KeyFile(of: name, in: layout).remove()
        }
    }

    /// True when a drive of this machine, in service or retired, has the UUID: it was made under another name meanwhile.
    private func isKnown(_ luksUUID: String) throws(SystemError) -> Bool {
        let wanted = luksUUID.lowercased()
        for path in [layout.driveFolder, layout.retiredFolder] {
            let folder: Descriptor
            do {
                folder = try Descriptor.open(path, [.directory, .followLink])
            } catch {
                if error.errno == .noSuchFileOrDirectory { continue }
                throw error
            }
            for file in try folder.entryNames() {
                // What cannot be read may be that drive's file, ignoring.
                guard let text = try? folder.open(file, [.read, .nonBlocking]).readAll(limit: 1 << 20) else {
                    return true
                }
                if String(decoding: text, as: UTF8.self).lowercased().contains(wanted) { return true }
            }
        }
        return false
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

    /// An adoption that was cut off may have given the drive the key.
    private func removeSlot(of container: LUKSContainer?) throws(PreparationError.Reason) {
        guard let luksUUID = try system({ () throws(SystemError) in try record.luksUUID(of: .adopts) }) else {
            return
        }
        let key = AdoptedKey(name: name, luksUUID: luksUUID, layout: layout)
        guard let container else { throw key.unfinished }
        try key.takeBack(.unknown, from: container, before: nil)
    }
}
