public import LinuxSystem

/// The part of a manifest that describes the destination of one copy.
public struct ManifestPart: Sendable {
    /// Whether the manifest may be believed without looking at the destination.
    public enum Trust: Hashable, Sendable {
        /// Nobody else wrote since it was sealed: the destination is not walked.
        case sealed
        /// It is compared with the destination, entry by entry.
        case compared
    }

    let manifest: Manifest
    /// Where the row of the destination's root itself is.
    let place: ManifestPlace
    let number: FolderNumber
    /// Whether it is believed: only what was sealed can be.
    public let trust: Trust

    /// The whole manifest, or the part below one of its topmost folders.
    ///
    /// - Parameters:
    ///   - folder: a name directly below the top; empty for the top itself.
    ///   - sealHolds: whether it is known that nobody wrote to the destination since the manifest was sealed.
    public init(
        of manifest: Manifest,
        below folder: FileName = FileName(),
        trusting trust: Trust
    ) throws(ManifestError) {
        self.manifest = manifest
        let known: FolderNumber?
        if folder.isEmpty {
            place = ManifestPlace(folder: .aboveTop, name: FileName())
            known = try manifest.subfolder(place.name, of: place.folder)
            number = .top
        } else {
            place = ManifestPlace(folder: .top, name: folder)
            known = try manifest.subfolder(folder, of: .top)
            number = known ?? manifest.newFolderNumber()
        }
        // What was never described as a whole has no row of its own.
        self.trust = manifest.state == .sealed && known != nil ? trust : .compared
    }
}
