public import LinuxSystem

/// Which folder a manifest describes, for those who name both by hand.
///
/// A row above the top has the inode of the destination and when that was made: a folder that was made anew, or
/// another disk that is mounted in its place, is not taken for it.
extension Manifest {
    private static var destination: FileName { "destination" }

    /// True when it was told of this destination.
    public func describes(_ destination: borrowing Descriptor) throws(ManifestError) -> Bool {
        guard let known = try entry(Self.destination, in: .aboveTop) else { return false }
        let status = try Self.status(of: destination)
        return (known.inode, known.born) == (status.inode, status.born)
    }

    /// Tells it of the destination that it describes.
    public func note(destination: borrowing Descriptor) throws(ManifestError) {
        let entry = ManifestEntry(try Self.status(of: destination))
        try write { (transaction) throws(ManifestError) in
            try transaction.put(Self.destination, in: .aboveTop, entry)
        }
    }

    private static func status(of destination: borrowing Descriptor) throws(ManifestError) -> EntryStatus {
        do {
            return try destination.status()
        } catch {
            throw .file(error)
        }
    }
}
