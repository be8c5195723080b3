public import LinuxSystem
internal import SystemPackage

/// A drive whose LUKS device is open and whose file system is not mounted.
public struct UnlockedVolume: ~Copyable, Sendable {
    let plug: Plug
    private let pin: Descriptor
    private var mapping: OpenMapping
    private let access: DriveAccess

    init(
        plug: Plug,
        pin: consuming Descriptor,
        mapping: consuming OpenMapping,
        access: DriveAccess
    ) {
        self.plug = plug
        self.pin = pin
        self.mapping = mapping
        self.access = access
    }

    /// The drive's record.
    public var identity: DriveIdentity { plug.identity }
    /// The disk, at this plug-in.
    public var device: BlockDevice { plug.device }
    /// True while the disk of this plug-in exists.
    public var isPresent: Bool { plug.isPresent }
    /// The open device's path, below /dev/mapper.
    public var path: FileName { FileName("/dev/mapper").appending(mapping.name) }

    /// Calls `body` with the open device, of which nothing is mounted, for reading. What `body` keeps open of it makes
    /// `lock` fail.
    public borrowing func withDevice<Result>(
        _ body: (borrowing Descriptor) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try body(plug.operations.openDevice(of: mapping.name))
    }

    /// Checks the file system, unless it was opened for looking, and mounts it at a directory that is made (0700) when
    /// missing. Call `MountNamespace.makePrivate` at the program's start when only this process shall see it.
    ///
    /// - Throws: `damagedFileSystem`, `mountRefused`, `gone`. The LUKS device is closed then.
    public consuming func mount(at directory: FileName) throws(DriveError) -> MountedVolume {
        let plug = plug
        var mapping = mapping
        let state: FileSystemState
        do {
            state =
                switch access {
                case .writing: try plug.operations.checkFileSystem(of: mapping.name, plug.identity.fileSystem)
                case .looking: .checkedAtMount
                }
        } catch {
            throw plug.error(.mountRefused(error), during: .check, leftOpen: plug.dispose(&mapping))
        }
        if case .damaged(let line) = state {
            throw plug.error(.damagedFileSystem(line), during: .check, leftOpen: plug.dispose(&mapping))
        }
        var mount = OpenMount(directory: directory, mapping: mapping.name, operations: plug.operations)
        do {
            try plug.operations.mount(mapping.name, at: directory, plug.identity.fileSystem, access)
            let root = try plug.operations.openRoot(directory)
            let witness = try plug.operations.openRoot(directory)
            return MountedVolume(
                plug: plug,
                fileSystemState: state,
                root: root,
                witness: witness,
                mount: mount,
                mapping: mapping,
                pin: pin,
                access: access
            )
        } catch {
            let leftOpen = plug.dispose(&mount, &mapping)
            throw plug.error(.mountRefused(error), during: .mount, leftOpen: leftOpen)
        }
    }

    /// Closes the LUKS device.
    ///
    /// - Throws: `notClosed` when it is in use after some seconds of attempts; it is then closed when its last
    ///   user ends. `gone`.
    public consuming func lock() throws(DriveError) -> LockedDrive {
        let plug = plug
        var mapping = mapping
        do {
            try mapping.close()
        } catch {
            let leftOpen = mapping.giveUp()
            throw plug.error(.notClosed(error.description), during: .lock, leftOpen: leftOpen)
        }
        guard plug.isPresent else { throw plug.error(.gone(during: .lock)) }
        return LockedDrive(plug: plug, pin: pin)
    }

    /// Closes what can be closed of a drive that vanished or must not be trusted. Takes seconds.
    public consuming func abandon() -> Abandonment {
        var mapping = mapping
        return Abandonment(leftOpen: plug.dispose(&mapping))
    }
}

/// What came of giving a drive up.
public struct Abandonment: Hashable, Sendable {
    /// What is still open.
    public let leftOpen: [Leftover]
    /// True when nothing is open any more.
    public var isClosed: Bool { leftOpen.isEmpty }
}
