internal import LinuxSystem

/// Tells the manifest what was done, some thousand rows at a time.
///
/// A row is written only after what it says is true and durable; whatever is lost on the way is compared again by the
/// next run, since the manifest stays open until all is done.
struct Recorder {
    private enum Change {
        case put(FolderNumber, FileName, ManifestEntry)
        case link(FolderNumber, FileName, to: ManifestPlace)
        case remove(FolderNumber, FileName)
    }

    private static let limit = 2048

    let manifest: Manifest
    private var changes: [Change] = []
    /// A further name was not written, for the first one is not known: the manifest does not say all.
    private(set) var leavesDoubt = false

    init(_ manifest: Manifest) {
        self.manifest = manifest
    }

    mutating func put(_ name: FileName, in folder: FolderNumber, _ entry: ManifestEntry) throws(CopyError) {
        try add(.put(folder, name, entry))
    }

    /// Says of a further name what is known of another name of the file.
    mutating func link(
        _ name: FileName,
        in folder: FolderNumber,
        to place: ManifestPlace
    ) throws(CopyError) {
        try add(.link(folder, name, to: place))
    }

    mutating func remove(_ name: FileName, in folder: FolderNumber) throws(CopyError) {
        try add(.remove(folder, name))
    }

    private mutating func add(_ change: Change) throws(CopyError) {
        changes.append(change)
        if changes.count >= Self.limit { try flush() }
    }

    mutating func flush() throws(CopyError) {
        if changes.isEmpty { return }
        let changes = changes
        do throws(ManifestError) {
            try manifest.write { (transaction) throws(ManifestError) in
                // The names of a file follow each other.
                var first: (place: ManifestPlace, entry: ManifestEntry?)?
                for change in changes {
                    switch change {
                    case .put(let folder, let name, let entry):
                        first = nil
                        try transaction.put(name, in: folder, entry)
                    case .link(let folder, let name, let place):
                        if first?.place != place {
                            first = (place, try transaction.entry(place.name, in: place.folder))
                        }
                        if let entry = first?.entry {
                            try transaction.put(name, in: folder, entry)
                        } else {
                            leavesDoubt = true
                            try transaction.remove(name, in: folder)
                        }
                    case .remove(let folder, let name):
                        first = nil
                        try transaction.remove(name, in: folder)
                    }
                }
            }
        } catch {
            throw .manifestFailed(error)
        }
        self.changes.removeAll(keepingCapacity: true)
    }

    mutating func move(
        from old: ManifestPlace,
        to name: FileName,
        in folder: FolderNumber
    ) throws(CopyError) {
        try flush()
        do throws(ManifestError) {
            try manifest.write { (transaction) throws(ManifestError) in
                try transaction.move(from: old, to: ManifestPlace(folder: folder, name: name))
            }
        } catch {
            throw .manifestFailed(error)
        }
    }
}
