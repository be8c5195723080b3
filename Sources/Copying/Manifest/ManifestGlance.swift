internal import Dispatch
internal import GRDB
public import LinuxSystem
internal import SystemPackage

/// What a manifest says of itself.
public struct ManifestGlance: Hashable, Sendable {
    /// Which seal it carries.
    public let identity: ManifestIdentity
    /// Whether it may be believed as a whole.
    public let state: Manifest.State

    init(identity: ManifestIdentity, state: Manifest.State) {
        self.identity = identity
        self.state = state
    }
}

extension Manifest {
    /// What it says of itself now.
    public var glance: ManifestGlance { ManifestGlance(identity: identity, state: state) }
}

extension Manifest {
    /// Looks at a manifest that lies in an open folder, and writes nothing. Blocks.
    ///
    /// - Parameter name: must be UTF-8.
    /// - Returns: nil when there is none.
    public static func glance(
        at name: FileName,
        in folder: borrowing Descriptor
    ) throws(ManifestError) -> ManifestGlance? {
        guard let file = try openOther(name, in: folder) else { return nil }
        try ManifestFile.checkHeader(of: file, name)
        let path = try ManifestFile.sqlitePath(name, in: folder)
        return try translatingErrors {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.qos = .background
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let glance = try queue.read { database in
                let meta = try ManifestStatement(database, "SELECT identity, state = 'sealed' FROM meta")
                guard try meta.step(), let identity = ManifestIdentity(Array(meta.bytes(0))) else {
                    throw ManifestError.damaged("the table 'meta' is malformed")
                }
                let state: State = meta.number(1) == 1 ? .sealed : .open
                meta.reset()
                return ManifestGlance(identity: identity, state: state)
            }
            try queue.close()
            return glance
        }
    }

    /// Puts a copy of a manifest that nobody has open under another name in another folder, byte by byte: a hidden
    /// temporary, synced, then renamed over what was there. Blocks.
    ///
    /// - Returns: false when there is none.
    public static func copy(
        _ name: FileName,
        from folder: borrowing Descriptor,
        to other: FileName,
        in target: borrowing Descriptor
    ) throws(ManifestError) -> Bool {
        guard let file = try openOther(name, in: folder) else { return false }
        try ManifestFile.checkHeader(of: file, name)
        do {
            try target.replaceManifest(other) { copy throws(SystemError) in
                try copy.writeContents(of: file)
            }
        } catch {
            throw ManifestError(error)
        }
        return true
    }

    private static func openOther(
        _ name: FileName,
        in folder: borrowing Descriptor
    ) throws(ManifestError) -> Descriptor? {
        do {
            return try folder.open(name, [.read, .nonBlocking])
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw ManifestError(error)
        }
    }
}

extension Descriptor {
    /// Puts a file under `name` in this folder: a hidden temporary that `write` fills, synced, then renamed over what
    /// was there.
    func replaceManifest(_ name: FileName, write: (borrowing Descriptor) throws -> Void) throws {
        let temporary = FileName(".").adding(name).adding(".new")
        try removeFileIfPresent(temporary)
        do {
            let file = try open(temporary, [.write, .create, .exclusive], mode: 0o600)
            try write(file)
            try file.sync()
            try file.close()
            try rename(temporary, to: name)
        } catch {
            // The first error is the one to report; the temporary is replaced next time, ignoring.
            try? removeFileIfPresent(temporary)
            throw error
        }
        try sync()
    }

    /// Writes all bytes of another open file into this one.
    func writeContents(of other: borrowing Descriptor) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var position: Int64 = 0
        while true {
            let count = try other.read(into: buffer, at: position)
            if count == 0 { return }
            try write(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]),
                at: position
            )
            position += Int64(count)
        }
    }
}
