public import LinuxSystem
internal import SystemPackage

/// A drive whose file system is mounted, for this process and its children only.
public struct MountedVolume: ~Copyable, Sendable {
    let plug: Plug
    /// What the check before mounting found.
    public let fileSystemState: FileSystemState
    /// The topmost directory. Everything on the drive is reached from here. Descriptors of files on the drive
    /// that are still open when `unmount` is called make it fail.
    public let root: Descriptor
    /// Knows of every write error since the mount: an open file is told each error once, and nobody else
    /// asks this one.
    private let witness: Descriptor
    private var mount: OpenMount
    private var mapping: OpenMapping
    private let pin: Descriptor
    private let access: DriveAccess
    private let hasLostWrites = Flag()

    init(
        plug: Plug,
        fileSystemState: FileSystemState,
        root: consuming Descriptor,
        witness: consuming Descriptor,
        mount: consuming OpenMount,
        mapping: consuming OpenMapping,
        pin: consuming Descriptor,
        access: DriveAccess
    ) {
        self.plug = plug
        self.fileSystemState = fileSystemState
        self.root = root
        self.witness = witness
        self.mount = mount
        self.mapping = mapping
        self.pin = pin
        self.access = access
    }

    /// The drive's record.
    public var identity: DriveIdentity { plug.identity }
    /// The disk, at this plug-in.
    public var device: BlockDevice { plug.device }
    /// True while the disk of this plug-in exists. False tells a pulled drive from a broken one after an error.
    public var isPresent: Bool { plug.isPresent }
    /// Where it is mounted.
    public var directory: FileName { mount.directory }

    /// Waits until everything that was written is on the drive (syncfs(2)).
    ///
    /// - Throws: `syncFailed`, `gone`. What was written since the last success is in doubt then, and for good:
    ///   `unmount` closes everything, but throws as well, so that there is no way to a `ReleasedDrive`.
    public func sync() throws(DriveError) {
        do {
            try plug.operations.sync(witness)
        } catch {
            hasLostWrites.set()
            throw plug.error(.syncFailed(error), during: .sync)
        }
    }

    /// Syncs with the result checked, unmounts with some seconds of attempts, and makes sure that it is gone.
    ///
    /// - Throws: `syncFailed`, `notClosed` (the holders are in `leftOpen`), `gone`. The file system is unmounted
    ///   (or detached, to end with its last user) and LUKS closed then, as far as possible.
    public consuming func unmount() throws(DriveError) -> UnlockedVolume {
        let plug = plug
        var mount = mount
        var mapping = mapping
        let unsynced = plug.syncError(witness, hasLostWrites)
        drop(root)
        drop(witness)
        do {
            try mount.close(plug)
        } catch {
            let leftOpen = plug.dispose(&mount, &mapping)
            let reason = unsynced ?? .notClosed(error.description)
            throw plug.error(reason, during: .unmount, leftOpen: leftOpen)
        }
        if unsynced == nil && plug.isPresent {
            return UnlockedVolume(plug: plug, pin: pin, mapping: mapping, access: access)
        }
        let leftOpen = plug.dispose(&mapping)
        throw plug.error(unsynced ?? .gone(during: .unmount), during: .unmount, leftOpen: leftOpen)
    }

    /// Closes what can be closed of a drive that vanished or must not be trusted, without waiting for what was
    /// not written. Takes seconds.
    public consuming func abandon() -> Abandonment {
        var mount = mount
        var mapping = mapping
        drop(root)
        drop(witness)
        return Abandonment(leftOpen: plug.dispose(&mount, &mapping))
    }
}

extension Plug {
    fileprivate func syncError(
        _ witness: borrowing Descriptor,
        _ hasLostWrites: Flag
    ) -> DriveError.Reason? {
        do {
            try operations.sync(witness)
            // The kernel tells an error once; it does not become good by that.
            return hasLostWrites.isSet ? .syncFailed(SystemError(call: "syncfs", errno: .ioError)) : nil
        } catch {
            return .syncFailed(error)
        }
    }
}
