internal import LinuxSystem
internal import SystemPackage

/// One plug-in of one drive, and what all steps of the way share.
struct Plug: Sendable {
    let identity: DriveIdentity
    let device: BlockDevice
    let operations: any DriveOperations

    /// Attempts to close what is busy, half a second apart: others, udev above all, look at a device for a
    /// moment when it changes.
    static let attempts = 12
    static let pauseBetweenAttempts = Duration.milliseconds(500)
    /// No new attempt after this time, for one attempt may take seconds: libdevmapper has patience of its own.
    static let patience = Duration.seconds(10)

    var isPresent: Bool { operations.isPresent(diskSequence: device.diskSequence) }

    func error(_ reason: DriveError.Reason, leftOpen: [Leftover] = []) -> DriveError {
        DriveError(drive: identity.name, reason: reason, leftOpen: leftOpen)
    }

    /// An error after the disk may have vanished: that explains all others.
    func error(
        _ reason: DriveError.Reason,
        during step: DriveError.Step,
        leftOpen: [Leftover] = []
    ) -> DriveError {
        error(isPresent ? reason : .gone(during: step), leftOpen: leftOpen)
    }

    func unlockError(_ refusal: CryptError, mapping: FileName) -> DriveError {
        if refusal.errno == .notPermitted { return error(.wrongKey, during: .unlock) }
        if refusal.errno == .fileExists {
            let holders = operations.holders(of: .mapping(mapping))
            return error(
                .inUse(device, holders: holders),
                leftOpen: [Leftover(.mapping(mapping), holders: holders)]
            )
        }
        var opened = openMapping(mapping)
        let leftOpen = opened.dispose()
        return error(.unlockRefused(refusal), during: .unlock, leftOpen: leftOpen)
    }

    func openMapping(_ name: FileName) -> OpenMapping {
        OpenMapping(name: name, diskSequence: device.diskSequence, operations: operations)
    }

    /// Closes the mapping by every means, after something else failed, and then lets the disk write its cache.
    /// Returns what is still open.
    func dispose(_ mapping: inout OpenMapping) -> [Leftover] {
        let leftOpen = mapping.dispose()
        guard leftOpen.isEmpty && isPresent else { return leftOpen }
        do {
            try flush(during: .release)
            return []
        } catch {
            return error.leftOpen
        }
    }

    /// The same with what is mounted from it: when the mapping is closed, then so is that.
    func dispose(_ mount: inout OpenMount, _ mapping: inout OpenMapping) -> [Leftover] {
        let mounted = mount.dispose()
        let mapped = dispose(&mapping)
        return mapped.isEmpty ? [] : mounted + mapped
    }

    /// Proves that nobody holds the disk, and makes it write its cache.
    func flush(during step: DriveError.Step) throws(DriveError) {
        for attempt in 1...Self.attempts {
            guard isPresent else { throw error(.gone(during: step)) }
            do {
                return try operations.flush(device)
            } catch {
                if error.errno != .resourceBusy {
                    throw self.error(.syncFailed(error), during: step)
                }
                if attempt < Self.attempts { operations.pause(Self.pauseBetweenAttempts) }
            }
        }
        let thing = Leftover.Thing.disk(device.diskNode)
        let leftover = Leftover(thing, holders: operations.holders(of: thing))
        throw error(.notClosed("somebody holds the disk"), during: step, leftOpen: [leftover])
    }
}
