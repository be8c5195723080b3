internal import CCryptsetup
public import LinuxSystem
internal import SystemPackage

/// LUKS and the file system inside.
extension LinuxDriveOperations {
    /// By the device's node; what lies under the mapping is compared with `device` afterwards.
    public func activate(
        _ mapping: FileName,
        on device: BlockDevice,
        identity: DriveIdentity,
        key: borrowing SecretBytes,
        access: DriveAccess
    ) throws(CryptError) {
        let context = try CryptContext(path: device.node)
        try context.loadLUKS2()
        if context.uuid?.lowercased() != identity.luksUUID {
            throw CryptError(call: "crypt_load", errno: .staleNFSFileHandle, message: "another LUKS header")
        }
        let flags: UInt32 =
            switch access {
            case .writing: EXT_CRYPT_ACTIVATE_PRIVATE
            case .looking: EXT_CRYPT_ACTIVATE_PRIVATE | EXT_CRYPT_ACTIVATE_READONLY
            }
        _ = try key.withBytes { (bytes) throws(CryptError) in
            try context.call("crypt_activate_by_passphrase") { crypt in
                mapping.withCString { name in
                    crypt_activate_by_passphrase(
                        crypt,
                        name,
                        identity.keySlot,
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                        bytes.count,
                        flags
                    )
                }
            }
        }
        if lies(mapping, on: device) { return }
        try deactivate(mapping, .force)
        throw CryptError(
            call: "crypt_activate_by_passphrase",
            errno: .staleNFSFileHandle,
            message: "another disk took the place of \(device.node)"
        )
    }

    private func lies(_ mapping: FileName, on device: BlockDevice) -> Bool {
        do {
            return try SysfsDisks.mapping(named: mapping)?.underlying == [device.number]
                && isPresent(diskSequence: device.diskSequence)
        } catch {
            return false
        }
    }

    /// By crypt_deactivate_by_name(3), and for a disk that is gone by dmsetup(8) before.
    public func deactivate(_ mapping: FileName, _ mode: Deactivation) throws(CryptError) {
        let flags: UInt32 =
            switch mode {
            case .ifUnused, .force: 0
            case .whenUnused: EXT_CRYPT_DEACTIVATE_DEFERRED
            }
        if mode == .force { wipeTable(of: mapping) }
        let context = try CryptContext(mapping: mapping)
        try context.call("crypt_deactivate_by_name") { crypt in
            mapping.withCString { crypt_deactivate_by_name(crypt, $0, flags) }
        }
    }

    /// From now on every access to the mapping fails, and the disk below is free.
    ///
    /// `CRYPT_DEACTIVATE_FORCE` should do the same, but with libcryptsetup 2.6.1 it waited for 28 s and left the
    /// table as it was when a file system was still mounted from a disk that was gone.
    private func wipeTable(of mapping: FileName) {
        let wipe: [FileName] = ["/sbin/dmsetup", "wipe_table", "--force", "--noflush", "--nolockfs", mapping]
        // Whether it helped is seen when the mapping is closed, ignoring.
        _ = try? ChildProcess(wipe, timeout: .seconds(20)).run()
    }

    /// Opens the node; the mapping's name is a link to it.
    public func openDevice(of mapping: FileName) throws(SystemError) -> Descriptor {
        try Descriptor.open(Self.node(of: mapping), [.read, .nonBlocking, .followLink])
    }

    /// From sysfs.
    public func mappings() throws(SystemError) -> [FileName] {
        try SysfsDisks.mappings().compactMap(\.mappingName)
    }

    /// By e2fsck(8) for ext4.
    public func checkFileSystem(
        of mapping: FileName,
        _ kind: FileSystemKind
    ) throws(SystemError) -> FileSystemState {
        switch kind {
        case .ext4: try FileSystemChecker.check(Self.node(of: mapping))
        case .xfs, .btrfs: .checkedAtMount
        }
    }

    /// By mount(2), with `MountFlags.drive` or `MountFlags.looking`.
    public func mount(
        _ mapping: FileName,
        at directory: FileName,
        _ kind: FileSystemKind,
        _ access: DriveAccess
    ) throws(SystemError) {
        let node = Self.node(of: mapping)
        try MountPoint.mount(node, at: directory, kind, access)
        if try mountPoints(of: mapping).contains(directory) { return }
        try unmount(directory, .detach)
        throw SystemError(call: "mount", subject: directory, errno: .ioError)
    }

    /// Opens the directory.
    public func openRoot(_ directory: FileName) throws(SystemError) -> Descriptor {
        try Descriptor.open(directory, .directory)
    }

    /// By syncfs(2).
    public func sync(_ root: borrowing Descriptor) throws(SystemError) {
        try root.syncFileSystem()
    }

    /// By umount2(2).
    public func unmount(_ directory: FileName, _ mode: UnmountMode) throws(SystemError) {
        try unmountFileSystem(directory, mode)
    }

    /// From /proc/self/mountinfo.
    public func mountPoints(of mapping: FileName) throws(SystemError) -> [FileName] {
        let disk = try SysfsDisks.mapping(named: mapping)
        let number = disk?.number
        let sources = [Self.node(of: mapping)] + (disk.map { [$0.node] } ?? [])
        return try MountTable.current().entries
            .filter { sources.contains($0.source) || $0.device == number }
            .map(\.target)
    }

    private static func node(of mapping: FileName) -> FileName {
        FileName("/dev/mapper").appending(mapping)
    }
}
