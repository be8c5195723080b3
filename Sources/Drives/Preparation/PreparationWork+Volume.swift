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
            try makeFileSystem(on: unlocked.path)
        } catch {
            enrollment.note(unlocked.abandon().leftOpen)
            throw error
        }
        let mounted = try mount(unlocked)
        do {
            try begin(.writeMarker)
            try Enrollment.write(marker, instructions, to: mounted.root)
        } catch {
            enrollment.note(mounted.abandon().leftOpen)
            throw error
        }
        announce(.close)
        try enrollment.close(mounted)
        return device
    }

    /// Ctrl-C reaches mkfs, too, and ends it.
    private func makeFileSystem(on device: FileName) throws(PreparationError.Reason) {
        do {
            try maker.run(on: device)
        } catch {
            if case .fileSystem = error, interruption.isRequested { throw .interrupted }
            throw error
        }
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
            keySlot: plan.keySlot,
            fileSystem: plan.fileSystem
        )
        let operations = operations
        let device = try partition.blockDevice(luksUUID: marker.luksUUID)
        let pin = try system { () throws(SystemError) in try operations.pin(device) }
        let plug = Plug(identity: identity, device: device, operations: operations)
        do {
            return try LockedDrive(plug: plug, pin: pin).unlock(key: key)
        } catch {
            enrollment.note(error.leftOpen)
            throw .drive(error)
        }
    }

    private mutating func mount(
        _ volume: consuming UnlockedVolume
    ) throws(PreparationError.Reason) -> MountedVolume {
        do {
            return try volume.mount(at: layout.runFolder.appending(FileName(plan.name.text)))
        } catch {
            enrollment.note(error.leftOpen)
            throw .drive(error)
        }
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
