internal import LinuxSystem
internal import SystemPackage

/// The file that holds a manifest, reached from an open folder and never through a symbolic link.
final class ManifestFile: Sendable {
    let folder: Descriptor
    let folderPath: FileName
    let name: FileName
    /// Kept until SQLite closed its own: closing any descriptor of a file gives up the process's locks on it (fcntl(2)).
    let contents: Descriptor

    private init(folder: consuming Descriptor, path: FileName, name: FileName, contents: consuming Descriptor)
    {
        self.folder = folder
        folderPath = path
        self.name = name
        self.contents = contents
    }

    /// Opens what is there, and calls `create` with the folder and the name of a new file when nothing is.
    static func open(
        _ path: FileName,
        create: (borrowing Descriptor, FileName) throws(ManifestError) -> Void
    ) throws(ManifestError) -> ManifestFile {
        let (folderPath, name) = split(path)
        do {
            let folder = try Descriptor.open(folderPath, [.directory, .followLink])
            if try folder.statusIfPresent(of: name) == nil { try make(name, in: folder, create) }
            let contents = try folder.open(name, [.readWrite, .nonBlocking])
            let file = ManifestFile(folder: folder, path: folderPath, name: name, contents: contents)
            try file.checkHeader()
            return file
        } catch {
            throw ManifestError(error)
        }
    }

    /// A file that has the name is always whole: it is made under another one.
    private static func make(
        _ name: FileName,
        in folder: borrowing Descriptor,
        _ create: (borrowing Descriptor, FileName) throws(ManifestError) -> Void
    ) throws {
        let new = name.adding(".new")
        try folder.removeFileIfPresent(new)
        try folder.removeFileIfPresent(new.adding("-journal"))
        _ = try folder.open(new, [.readWrite, .create, .exclusive], mode: 0o600)
        try create(folder, new)
        // Left by a file that was removed, it would be rolled back into this one.
        try folder.removeFileIfPresent(name.adding("-journal"))
        try folder.rename(new, to: name)
        try folder.sync()
    }

    /// Removes a manifest, or nothing when there is none.
    static func remove(_ path: FileName) throws(ManifestError) {
        let (folderPath, name) = split(path)
        do {
            let folder = try Descriptor.open(folderPath, [.directory, .followLink])
            if try folder.statusIfPresent(of: name) != nil {
                let contents = try folder.open(name, [.readWrite, .nonBlocking])
                let file = ManifestFile(
                    folder: try folder.duplicate(),
                    path: folderPath,
                    name: name,
                    contents: contents
                )
                try file.checkHeader()
            }
            try folder.removeFileIfPresent(name)
            try folder.removeFileIfPresent(name.adding("-journal"))
            try folder.sync()
        } catch {
            throw ManifestError(error)
        }
    }

    /// SQLite takes a path and no descriptor. It resolves this one to where the open folder is.
    static func sqlitePath(_ name: FileName, in folder: borrowing Descriptor) throws(ManifestError) -> String
    {
        guard let text = String(validating: name.bytes, as: UTF8.self) else {
            throw .other("the file's name \(name) is no UTF-8")
        }
        return "/proc/self/fd/\(folder.rawValue)/" + text
    }

    /// The folder and the name that a path ends with.
    private static func split(_ path: FileName) -> (folder: FileName, name: FileName) {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = slash == 0 ? FileName("/") : FileName(bytes: path.bytes[..<slash])
        return (folder, FileName(bytes: path.bytes[(slash + 1)...]))
    }

    private func checkHeader() throws {
        try Self.checkHeader(of: contents, name)
    }

    /// Another program's file, named by mistake, is neither changed nor removed.
    static func checkHeader(of contents: borrowing Descriptor, _ name: FileName) throws(ManifestError) {
        let header: [UInt8]
        do {
            let status = try contents.status()
            guard status.kind == .file, status.linkCount == 1 else { throw ManifestError.foreign(name) }
            header = try contents.readHeader()
        } catch {
            throw ManifestError(error)
        }
        guard header.count == 100,
            header.starts(with: Array("SQLite format 3".utf8) + [0]),
            number(header[68..<72]) == UInt32(Manifest.applicationID)
        else { throw ManifestError.foreign(name) }
        let format = Int64(number(header[60..<64]))
        if format > Manifest.format { throw ManifestError.newer(format: format) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// A connection that was closed in order leaves an empty one.
    func removeEmptyJournal() {
        let journal = name.adding("-journal")
        guard let status = try? folder.status(of: journal), status.size == 0 else { return }
        // An empty journal means nothing to SQLite, ignoring.
        try? folder.removeFileIfPresent(journal)
    }
}

extension FileName {
    /// The name with something at its end.
    func adding(_ ending: FileName) -> FileName {
        FileName(bytes: bytes + ending.bytes)
    }
}

extension Descriptor {
    /// The first 100 bytes: SQLite's header.
    fileprivate func readHeader() throws -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 100)
        let count = try header.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        return Array(header[..<count])
    }
}
