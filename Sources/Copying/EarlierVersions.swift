internal import LinuxSystem
import Synchronization
internal import SystemPackage

/// A folder that takes over what would be overwritten or removed, under the path that it had on the destination.
///
/// No version is lost at any moment: it is here before its place is taken. What is here under the same path already is
/// replaced; a folder is merged into the one that is here. What is not in its place yet has a hidden name at the top.
final class EarlierVersions: Sendable {
    private let places: Mutex<EarlierPlaces>

    init(in folder: SharedDescriptor, of destination: SharedDescriptor, _ ability: Ability) {
        places = Mutex(
            EarlierPlaces(
                top: folder,
                cursor: DirectoryCursor(root: folder, resolution: .beneath),
                mirror: DirectoryCursor(root: destination, resolution: .beneath),
                ability: ability
            )
        )
    }

    /// Removes the hidden second names that a run left here when it was cut off. What they name is in its place still, or
    /// here under its path.
    func removeLeftovers() throws(SystemError) {
        try places.withLock { (places) throws(SystemError) in try places.removeLeftovers() }
    }

    /// Gives what is no folder a second name here, so that the first one can be renamed over; where that is not
    /// possible, and for a folder, the entry itself comes here. Nothing to be kept is no error.
    func keep(_ name: FileName, of folder: SharedDescriptor, at path: FileName) throws(SystemError) {
        try places.withLock { (places) throws(SystemError) in try places.keep(name, of: folder, at: path) }
    }

    /// Moves an entry here, a folder with everything in it. Nothing to be moved is no error.
    func take(_ name: FileName, of folder: SharedDescriptor, at path: FileName) throws(SystemError) {
        try places.withLock { (places) throws(SystemError) in try places.take(name, of: folder, at: path) }
    }
}

/// What `EarlierVersions` does, on one thread at a time.
private struct EarlierPlaces {
    let top: SharedDescriptor
    var cursor: DirectoryCursor
    /// Where the metadata of the folders are from.
    var mirror: DirectoryCursor
    let ability: Ability

    mutating func keep(_ name: FileName, of folder: SharedDescriptor, at path: FileName) throws(SystemError) {
        guard let kind = try Self.kind(of: name, in: folder) else { return }
        if kind == .directory {
            try take(name, of: folder, at: path)
            return
        }
        let place = try place(path)
        do {
            let temporary = TemporaryName.random()
            try folder.descriptor.link(name, to: top.descriptor, as: temporary)
            try put(temporary, as: name, in: place)
        } catch {
            switch error.errno {
            case .notPermitted, .notSupported, .tooManyLinks: try take(name, of: folder, at: path)
            default: throw error
            }
        }
    }

    mutating func take(_ name: FileName, of folder: SharedDescriptor, at path: FileName) throws(SystemError) {
        guard let kind = try Self.kind(of: name, in: folder) else { return }
        try move(name, kind, from: folder, to: try place(path))
    }

    private func move(
        _ name: FileName,
        _ kind: EntryKind,
        from folder: SharedDescriptor,
        to place: SharedDescriptor
    ) throws(SystemError) {
        let present = try Self.kind(of: name, in: place)
        if kind == .directory && present == .directory {
            let (from, to) = (
                try folder.openFolder(name, resolve: .beneath), try place.openFolder(name, resolve: .beneath)
            )
            let listing = FolderListing(of: from)
            if let failure = listing.listFailure ?? listing.failures.first?.error { throw failure }
            for entry in listing.entries { try move(entry.name, entry.status.kind, from: from, to: to) }
            try folder.descriptor.removeDirectory(name)
            return
        }
        if let present { try TreeRemover.remove(name, kind: present, in: place, ability) }
        try folder.descriptor.move(name, to: place.descriptor, as: name)
    }

    /// Gives `temporary` its name.
    private func put(_ temporary: FileName, as name: FileName, in place: SharedDescriptor) throws(SystemError)
    {
        do {
            if try Self.kind(of: name, in: place) == .directory {
                try TreeRemover.remove(name, kind: .directory, in: place, ability)
            }
            try top.descriptor.replace(temporary, to: place.descriptor, as: name)
            // When both were names of one file already, rename(2) does nothing.
            try top.descriptor.removeFileIfPresent(temporary)
        } catch {
            // The next run removes it, ignoring.
            try? top.descriptor.removeFileIfPresent(temporary)
            throw error
        }
    }

    func removeLeftovers() throws(SystemError) {
        var names: [FileName] = []
        try top.descriptor.forEachName { if TemporaryName.matches($0) { names.append($0) } }
        for name in names where try Self.kind(of: name, in: top) != .directory {
            try top.descriptor.removeFileIfPresent(name)
        }
    }

    private static func kind(
        of name: FileName,
        in folder: SharedDescriptor
    ) throws(SystemError) -> EntryKind? {
        try folder.descriptor.statusIfPresent(of: name)?.kind
    }

    // MARK: - Folders

    /// The folder for what was in `path`; made like that of the destination.
    private mutating func place(_ path: FileName) throws(SystemError) -> SharedDescriptor {
        do {
            return try cursor.move(to: path)
        } catch {
            if error.errno != .noSuchFileOrDirectory && error.errno != .notDirectory { throw error }
        }
        var way = FileName()
        for name in path.components {
            let folder = try cursor.move(to: way)
            way = way.appending(name)
            let present = try Self.kind(of: name, in: folder)
            if present == .directory { continue }
            if let present { try TreeRemover.remove(name, kind: present, in: folder, ability) }
            try make(name, in: folder, like: way)
        }
        return try cursor.move(to: path)
    }

    private mutating func make(
        _ name: FileName,
        in folder: SharedDescriptor,
        like path: FileName
    ) throws(SystemError) {
        let original = try mirror.move(to: path)
        let metadata = try EntryMetadata(
            try original.descriptor.status(),
            at: AttributePlace(of: original.descriptor),
            ability
        )
        try folder.descriptor.createDirectory(name)
        // An attribute that one folder of this file system has, the other can have, ignoring.
        _ = try MetadataTarget.named(name, in: folder).apply(metadata, ability)
        if !ability.setsOwners {
            try folder.descriptor.setPermissions(of: name, metadata.status.permissions | 0o700)
        }
    }
}
