internal import LinuxSystem
internal import SystemPackage

/// The note that a drive is being made: `preparing/NAME`, from before its key is written until its link is there. What a
/// kill or a power cut leaves of a drive is known by it (`UnfinishedDrive`). It is locked while somebody works.
final class PreparationRecord: Sendable {
    private let name: FileName
    private let folder: Descriptor
    private let file: Descriptor

    private init(name: FileName, folder: consuming Descriptor, file: consuming Descriptor) {
        self.name = name
        self.folder = folder
        self.file = file
    }

    deinit {
        // Closing unlocks too, but not while a program that is just being started has a copy of the descriptor, ignoring.
        try? file.unlock()
    }

    private static func path(in layout: HostLayout) -> FileName { layout.stateFolder.appending("preparing") }

    /// Of all drives.
    static func names(in layout: HostLayout) throws(SystemError) -> [FileName] {
        try Descriptor.open(path(in: layout), .directory).entryNames().sorted()
    }

    /// Makes it, durably.
    static func make(of drive: DriveName, in layout: HostLayout) throws(PreparationError.Reason)
        -> PreparationRecord
    {
        let name = FileName(drive.text)
        do throws(SystemError) {
            let folder = try HostFolder.open(path(in: layout), .secret)
            let file = try folder.open(name, [.readWrite, .create, .exclusive], mode: 0o600)
            try folder.sync()
            if try file.tryLock(.exclusive), try leads(name, in: folder, to: file) {
                return PreparationRecord(name: name, folder: folder, file: file)
            }
        } catch {
            if error.errno != .fileExists { throw .system(error) }
        }
        throw .beingPrepared
    }

    /// One that is left of an attempt that was cut off; nil when there is none.
    ///
    /// - Throws: `beingPrepared` when somebody works on it.
    static func find(
        of drive: DriveName,
        in layout: HostLayout
    ) throws(PreparationError.Reason) -> PreparationRecord? {
        let name = FileName(drive.text)
        do throws(SystemError) {
            let folder = try Descriptor.open(path(in: layout), .directory)
            let file = try folder.open(name, .readWrite)
            if try file.tryLock(.exclusive) {
                if try leads(name, in: folder, to: file) {
                    return PreparationRecord(name: name, folder: folder, file: file)
                }
                // Whoever had the lock removed the file; somebody may have made another one.
                if try folder.statusIfPresent(of: name) == nil { return nil }
            }
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw .system(error)
        }
        throw .beingPrepared
    }

    /// True when the name is that of the open file.
    private static func leads(
        _ name: FileName,
        in folder: borrowing Descriptor,
        to file: borrowing Descriptor
    ) throws(SystemError) -> Bool {
        guard let named = try folder.statusIfPresent(of: name) else { return false }
        let own = try file.status()
        return (named.device, named.inode) == (own.device, own.inode)
    }

    /// What is noted of a drive that is being made, each in a line of its own.
    enum Note: String {
        /// The LUKS drive of this UUID is about to get the key.
        case adopts
        /// The backup of this header is about to be made, and was not there before.
        case savesHeader
    }

    /// Notes something, durably.
    func note(_ note: Note, _ luksUUID: String) throws(SystemError) {
        try file.writeAll(Array("\(note.rawValue) \(luksUUID)\n".utf8))
        try file.sync()
    }

    /// The LUKS UUID that was noted so.
    func luksUUID(of note: Note) throws(SystemError) -> String? {
        let text = String(decoding: try file.read(1024, at: 0), as: UTF8.self)
        let words = text.split(separator: "\n").map { $0.split(separator: " ") }
        return words.first { $0.count == 2 && $0[0] == note.rawValue }.map { String($0[1]) }
    }

    /// Removes it: the drive is made, or nothing is left of it.
    func remove() throws(SystemError) {
        try folder.removeFileIfPresent(name)
        try folder.sync()
    }
}
