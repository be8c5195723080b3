internal import LinuxSystem
internal import SystemPackage

/// The part inside the container. The chain of a run is used, so that what is prepared here has been opened, mounted
/// and closed once as it will be each time.
extension PreparationWork {
    /// Puts file system, marker and instructions into the container. It is closed afterwards, also when something
    /// failed.
    ///
    /// - Returns: the drive's partition.
    mutating func fill(
        _ partition: borrowing ClaimedPartition,
        _ key: borrowing SecretBytes,
        _ marker: Marker,
        _ instructions: RestoreInstructions
    ) throws(PreparationError.Reason) -> BlockDevice {
        try begin(.unlock)
        let unlocked = try unlock(partition, key, marker)
        let device = unlocked.device
        do {
            try begin(.makeFileSystem)
            try maker.run(on: unlocked.path)
        } catch {
            note(unlocked.abandon().leftOpen)
            throw error
        }
        let mounted = try mount(unlocked)
        do {
            try begin(.writeMarker)
            try write(marker, instructions, to: mounted.root)
        } catch {
            note(mounted.abandon().leftOpen)
            throw error
        }
        announce(.close)
        try close(mounted)
        return device
    }

    private mutating func unlock(
        _ partition: borrowing ClaimedPartition,
        _ key: borrowing SecretBytes,
        _ marker: Marker
    ) throws(PreparationError.Reason) -> UnlockedVolume {
        let identity = DriveIdentity(
            name: plan.name,
            luksUUID: marker.luksUUID,
            serial: partition.disk.serial,
            keySlot: LUKSContainer.keySlot,
            fileSystem: plan.fileSystem
        )
        let operations = operations
        let device = try partition.blockDevice(luksUUID: marker.luksUUID)
        let pin = try system { () throws(SystemError) in try operations.pin(device) }
        let plug = Plug(identity: identity, device: device, operations: operations)
        do {
            return try LockedDrive(plug: plug, pin: pin).unlock(key: key)
        } catch {
            note(error.leftOpen)
            throw .drive(error)
        }
    }

    private mutating func mount(
        _ volume: consuming UnlockedVolume
    ) throws(PreparationError.Reason) -> MountedVolume {
        do {
            return try volume.mount(at: layout.runFolder.appending(FileName(plan.name.text)))
        } catch {
            note(error.leftOpen)
            throw .drive(error)
        }
    }

    private func write(
        _ marker: Marker,
        _ instructions: RestoreInstructions,
        to root: borrowing Descriptor
    ) throws(PreparationError.Reason) {
        do {
            try marker.write(to: root)
        } catch {
            throw .marker(error)
        }
        try system { () throws(SystemError) in
            let folder = try root.open(Marker.folder, .directory)
            let text = Array(instructions.text.utf8)
            try folder.replaceFile(RestoreInstructions.fileName, with: text, mode: 0o644)
        }
    }

    /// Syncs, unmounts, closes, and flushes the disk; each with its result checked.
    private mutating func close(_ volume: consuming MountedVolume) throws(PreparationError.Reason) {
        do {
            _ = try volume.unmount().lock().release(.leave)
        } catch {
            note(error.leftOpen)
            throw .drive(error)
        }
    }
}

/// The part after the drive is closed.
extension PreparationWork {
    private static let settleAttempts = 150
    private static let settlePause = Duration.milliseconds(200)

    /// Waits until a run would find the drive, and udev has nothing left to do: what it announces after the drive
    /// is enabled would start a run.
    ///
    /// - Returns: the disk's serial number as runs will see it.
    mutating func settle(
        _ device: BlockDevice,
        luksUUID: String
    ) throws(PreparationError.Reason) -> String? {
        try begin(.settle)
        for _ in 0..<Self.settleAttempts {
            let operations = operations
            let found = try system { () throws(SystemError) in
                try operations.candidates(luksUUID: luksUUID)
            }
            let isSettled = UdevQueue.isEmpty
            let drive = found.first {
                $0.number == device.number && $0.diskSequence == device.diskSequence
            }
            if let drive, isSettled { return drive.serial }
            operations.pause(Self.settlePause)
        }
        throw .unknownToUdev
    }

    /// Writes the machine's knowledge of the drive.
    mutating func writeDriveFile(
        _ marker: Marker,
        luksUUID: String,
        serial: String?
    ) throws(PreparationError.Reason) {
        try begin(.writeDriveFile)
        let file = DriveFile(
            name: plan.name,
            luksUUID: luksUUID,
            serial: serial,
            keySlot: LUKSContainer.keySlot,
            fileSystem: plan.fileSystem,
            label: maker.label,
            preparedAtSeconds: plan.preparedAtSeconds,
            markerID: marker.driveID
        )
        let layout = layout
        let name = plan.name
        onFailure { () throws(SystemError) in try DriveFile.remove(of: name, in: layout) }
        try system { () throws(SystemError) in try file.write(in: layout) }
    }

    /// Writes the recovery sheet to the machine, in the same step as the drive file.
    mutating func writeSheet(_ instructions: RestoreInstructions) throws(PreparationError.Reason) {
        let sheet = RecoverySheet(name: plan.name, instructions: instructions)
        let layout = layout
        onFailure { () throws(SystemError) in try sheet.remove(in: layout) }
        try system { () throws(SystemError) in try sheet.write(in: layout) }
    }

    /// Makes the link that starts runs.
    mutating func enable(luksUUID: String) throws(PreparationError.Reason) -> FileName {
        try begin(.enable)
        let link = UnitLink(of: plan.name, luksUUID: luksUUID, in: layout)
        onFailure { () throws(SystemError) in try link.remove() }
        try system { () throws(SystemError) in try link.make() }
        return link.path
    }
}

extension ClaimedPartition {
    /// The partition as the chain knows it. Its power is not touched here, so how it is attached does not matter.
    func blockDevice(luksUUID: String) throws(PreparationError.Reason) -> BlockDevice {
        guard let diskSequence = disk.diskSequence else {
            throw .system(
                SystemError(call: "ioctl(BLKGETDISKSEQ)", subject: disk.devicePath, errno: .notSupported)
            )
        }
        return BlockDevice(
            node: partition.path,
            number: partition.number,
            diskNode: disk.devicePath,
            partition: 1,
            diskSequence: diskSequence,
            serial: disk.serial,
            size: UInt64(bytes.upperBound - bytes.lowerBound),
            bus: .other,
            luksUUID: luksUUID.lowercased(),
            sysfsPath: partition.folder
        )
    }
}
