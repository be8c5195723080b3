public import LinuxSystem
internal import SystemPackage

/// A prepared drive that is plugged in, found and pinned, and locked: nothing of it is open.
///
/// The start and the end of the way: `claim` → `unlock` → `mount` → … → `unmount` → `lock` → `release`. Every
/// step consumes the value before it, so that the wrong order does not compile. A step that fails closes what
/// is open before it throws (`DriveError.leftOpen` says what it could not close); a value that is dropped
/// closes what it can.
public struct LockedDrive: ~Copyable, Sendable {
    let plug: Plug
    let pin: Descriptor

    init(plug: Plug, pin: consuming Descriptor) {
        self.plug = plug
        self.pin = pin
    }

    /// The drive's record.
    public var identity: DriveIdentity { plug.identity }
    /// The disk, at this plug-in.
    public var device: BlockDevice { plug.device }
    /// True while the disk of this plug-in exists.
    public var isPresent: Bool { plug.isPresent }

    /// Finds the drive and pins it, so that no other disk can take its place.
    ///
    /// What an earlier run left open makes it `inUse`: call `DriveLeftovers.close` before, under the run lock.
    ///
    /// - Throws: `absent`, `ambiguous`, `wrongSerial`, `suspiciousInterfaces`, `inUse`, `gone`, `searchFailed`.
    ///   This step opened nothing.
    public static func claim(
        _ identity: DriveIdentity,
        operations: any DriveOperations = LinuxDriveOperations()
    ) throws(DriveError) -> LockedDrive {
        let device = try find(identity, operations)
        let plug = Plug(identity: identity, device: device, operations: operations)
        if let recorded = identity.serial, device.serial != recorded {
            throw plug.error(.wrongSerial(device, recorded: recorded))
        }
        let classes = operations.otherInterfaceClasses(of: device)
        if !classes.isEmpty { throw plug.error(.suspiciousInterfaces(device, classes: classes)) }
        let pin: Descriptor
        do {
            pin = try operations.pin(device)
        } catch {
            throw plug.error(.searchFailed(error), during: .claim)
        }
        // Others may look at the disk, as udev does when it is plugged in; they may not hold it.
        let holders = operations.holders(of: .disk(device.diskNode)).filter(\.isExclusive)
        if !holders.isEmpty {
            let leftOpen = [Leftover(.disk(device.diskNode), holders: holders)]
            throw plug.error(.inUse(device, holders: holders), leftOpen: leftOpen)
        }
        return LockedDrive(plug: plug, pin: pin)
    }

    private static func find(
        _ identity: DriveIdentity,
        _ operations: any DriveOperations
    ) throws(DriveError) -> BlockDevice {
        let candidates: [BlockDevice]
        do {
            candidates = try operations.candidates(luksUUID: identity.luksUUID)
        } catch {
            throw DriveError(drive: identity.name, reason: .searchFailed(error))
        }
        guard let device = candidates.first else { throw DriveError(drive: identity.name, reason: .absent) }
        if candidates.count > 1 { throw DriveError(drive: identity.name, reason: .ambiguous(candidates)) }
        return device
    }

    /// Opens LUKS with the key file's own slot.
    ///
    /// - Throws: `wrongKey`, `unlockRefused`, `inUse`, `gone`.
    public consuming func unlock(
        key: borrowing SecretBytes,
        for access: DriveAccess = .writing
    ) throws(DriveError) -> UnlockedVolume {
        let plug = plug
        do {
            try plug.operations.recheck(pin, is: plug.device)
        } catch {
            throw plug.error(.gone(during: .unlock))
        }
        let mapping = plug.identity.mappingName(diskSequence: plug.device.diskSequence)
        do {
            try plug.operations.activate(
                mapping,
                on: plug.device,
                identity: plug.identity,
                key: key,
                access: access
            )
        } catch {
            throw plug.unlockError(error, mapping: mapping)
        }
        return UnlockedVolume(
            plug: plug,
            pin: pin,
            mapping: plug.openMapping(mapping),
            access: access
        )
    }
}

/// Ends a value here.
func drop<Value: ~Copyable>(_ value: consuming Value) {
    _ = consume value
}
