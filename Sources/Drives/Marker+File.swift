public import LinuxSystem
internal import SystemPackage

/// The marker's place on the drive.
extension Marker {
    /// Reads and checks the marker below a drive's topmost directory. What it holds is not trusted: owner,
    /// length, form and every value are checked, and no symbolic link is followed.
    public static func read(from root: borrowing Descriptor) throws(MarkerError) -> Marker {
        let folder = try open(root, Self.folder, .directory)
        try requireOwn(folder, .directory, Self.folder)
        // Non-blocking, for a FIFO in its place would make the open wait.
        let file = try open(folder, Self.file, [.read, .nonBlocking])
        try requireOwn(file, .regular, Self.file)
        let bytes: [UInt8]
        do {
            bytes = try file.readAll(limit: limit)
        } catch {
            throw error.errno == .fileTooLarge ? .malformed("it is too long") : .system(error)
        }
        return try Marker(parsing: bytes)
    }

    /// Writes the marker below a drive's topmost directory, whole or not at all, and waits until it is on the
    /// drive. The folder is made (0700) when it is missing.
    public func write(to root: borrowing Descriptor) throws(MarkerError) {
        do {
            let folder = try root.makeDirectory(Self.folder, mode: 0o700)
            try folder.replaceFile(Self.file, with: Array(text.utf8), mode: 0o600)
        } catch {
            throw .system(error)
        }
    }

    private static func open(
        _ directory: borrowing Descriptor,
        _ name: FileName,
        _ flags: OpenFlags
    ) throws(MarkerError) -> Descriptor {
        do {
            return try directory.open(name, flags)
        } catch {
            if error.errno == .noSuchFileOrDirectory { throw .missing }
            let isOther = [.tooManySymbolicLinkLevels, .notDirectory, .noSuchAddressOrDevice].contains(
                error.errno
            )
            throw isOther ? .untrusted("\(name) is not what it was") : .system(error)
        }
    }

    /// Only what the program's own user made and nobody else may write is believed.
    private static func requireOwn(
        _ node: borrowing Descriptor,
        _ kind: NodeStatus.Kind,
        _ name: FileName
    ) throws(MarkerError) {
        let status: NodeStatus
        do {
            status = try node.nodeStatus()
        } catch {
            throw .system(error)
        }
        if status.kind != kind { throw .untrusted("\(name) is not what it was") }
        if status.ownerID != effectiveUserID() { throw .untrusted("\(name) belongs to somebody else") }
        if status.permissions & 0o022 != 0 { throw .untrusted("\(name) can be written by others") }
    }
}
