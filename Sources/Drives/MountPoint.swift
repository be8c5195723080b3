internal import LinuxSystem
internal import SystemPackage

/// The directory that a drive is mounted at.
enum MountPoint {
    /// Mounts a device at a directory that is made when missing, and makes sure that the
    /// directory shows another file system than before.
    ///
    /// - Throws: `EBUSY` when something is mounted there already, `EPERM` when it belongs to somebody else.
    static func mount(_ node: FileName, at directory: FileName, _ kind: FileSystemKind, _ access: DriveAccess)
        throws(SystemError)
    {
        let place = try make(directory, mode: 0o700)
        let before = try place.nodeStatus()
        if before.isMountRoot { throw SystemError(call: "mount", subject: directory, errno: .resourceBusy) }
        if before.ownerID != effectiveUserID() {
            throw SystemError(call: "mount", subject: directory, errno: .notPermitted)
        }
        try place.setPermissions(0o700)
        let flags: MountFlags =
            switch access {
            case .writing: .drive
            case .looking: .looking
            }
        try mountFileSystem(
            node,
            at: directory,
            type: kind.rawValue,
            flags: flags,
            data: kind.mountData(for: access)
        )
        do {
            let after = try Descriptor.open(directory, .directory).nodeStatus()
            if after.isMountRoot && after.device != before.device { return }
        } catch {
            // Not to be seen is not to be mounted, ignoring.
        }
        try unmountFileSystem(directory, .detach)
        throw SystemError(call: "mount", subject: directory, errno: .ioError)
    }

    private static func make(_ directory: FileName, mode: UInt32) throws(SystemError) -> Descriptor {
        do {
            return try Descriptor.open(directory, .directory)
        } catch {
            let parts = directory.components
            guard error.errno == .noSuchFileOrDirectory, let name = parts.last, parts.count > 1 else {
                throw error
            }
            let parent = parts.dropLast().reduce(FileName("/")) { $0.appending($1) }
            return try make(parent, mode: 0o755).makeDirectory(name, mode: mode)
        }
    }
}
