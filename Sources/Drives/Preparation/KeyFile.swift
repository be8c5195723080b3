internal import LinuxSystem
internal import SystemPackage

/// The file that opens a drive. It is on the disk of the machine before the drive is formatted, so that no drive
/// exists whose only key was lost with the power.
struct KeyFile {
    let folderPath: FileName
    let name: FileName

    /// The key of a drive.
    init(of drive: DriveName, in layout: HostLayout) {
        folderPath = layout.keyFolder
        name = layout.keyFile(of: drive).lastPart
    }

    /// The key that takes the place of a drive's key, until the drive has it.
    init(replacing drive: DriveName, in layout: HostLayout) {
        folderPath = layout.keyFolder
        name = layout.keyFile(of: drive).lastPart.appendingSuffix(".new")
    }

    /// Where it is.
    var path: FileName { folderPath.appending(name) }

    /// The key; nil when there is none, or when the power failed before it was written.
    func read() throws(SystemError) -> SecretBytes? {
        do {
            let file = try HostFolder.open(folderPath, .secret).open(name, .read)
            return try file.status().size == 0 ? nil : SecretBytes(readingFrom: file)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
    }

    /// Puts the file in the place of another, durably.
    func replace(_ other: KeyFile) throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .secret)
        try folder.rename(name, to: other.name)
        try folder.sync()
    }

    /// Writes a new key file, mode 0400, durably.
    ///
    /// - Throws: `EEXIST` when the drive has a key: it may be the only one of some disk, so it is not replaced.
    func write(_ key: borrowing SecretBytes) throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .secret)
        let file = try folder.open(name, [.write, .create, .exclusive], mode: 0o400)
        do {
            try file.setPermissions(0o400)
            try file.writeAll(key)
            try file.sync()
            try folder.sync()
        } catch {
            // The first error is the one to report; half a key is of no use, ignoring.
            try? folder.removeFileIfPresent(name)
            throw error
        }
    }

    /// Takes the key back: no disk was made with it.
    func remove() throws(SystemError) {
        let folder = try HostFolder.open(folderPath, .secret)
        try folder.removeFileIfPresent(name)
        try folder.sync()
    }
}
