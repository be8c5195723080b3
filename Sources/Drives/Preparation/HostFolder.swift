internal import LinuxSystem
internal import SystemPackage

/// Folders of the machine that preparation writes to.
enum HostFolder {
    /// Who may look into a folder.
    enum Privacy {
        /// Only root: the mode is set to 0700 also when the folder is there already.
        case secret
        /// Everybody: 0755 when it is made.
        case common
    }

    /// Opens a folder; it and its parent are made when they are missing.
    static func open(_ path: FileName, _ privacy: Privacy) throws(SystemError) -> Descriptor {
        let parentPath = FileName(bytes: path.bytes.parentPath)
        let parent: Descriptor
        do {
            parent = try Descriptor.open(parentPath, [.directory, .followLink])
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            let above = FileName(bytes: parentPath.bytes.parentPath)
            let grandparent = try Descriptor.open(above, [.directory, .followLink])
            parent = try grandparent.makeDirectory(parentPath.lastPart, mode: 0o755)
        }
        switch privacy {
        case .secret:
            let folder = try parent.makeDirectory(path.lastPart, mode: 0o700)
            try folder.setPermissions(0o700)
            return folder
        case .common:
            return try parent.makeDirectory(path.lastPart, mode: 0o755)
        }
    }
}

extension FileName {
    /// The path's last part; empty for the root.
    var lastPart: FileName { components.last ?? FileName() }
}
