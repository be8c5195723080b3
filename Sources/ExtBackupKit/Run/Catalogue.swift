import Copying
import Drives
import LinuxSystem

/// What this machine knows of what a drive holds: the manifest of all its sources, and how far it may be believed.
struct Catalogue {
    let manifest: Manifest
    /// Why the drive is to be walked all the same; nil when the seal holds.
    let reason: WalkReason?
    /// The sources of which it describes everything that the drive has. Those named by the stored seal, as long as
    /// that holds, then those that this run compared.
    var sources: Set<String>
}

/// Why a drive is walked although there is, or could be, a catalogue.
enum WalkReason: String {
    case noCatalogue = "this machine has no catalogue of the drive"
    case fromDrive = "the catalogue came from the drive"
    case begunAnew = "the catalogue was begun anew"
    case cutOff = "the last run was cut off"
    case notStored = "the last run did not end in order"
    case unclean = "the drive was not unmounted in order"
    case mountedSince = "the drive was mounted since the last run"
    case repaired = "the file system was repaired"
    case otherManifest = "the seal belongs to another catalogue"
    case otherOnDrive = "the drive lacks this catalogue's copy"
    case incomplete = "the catalogue does not describe all of it"
    case unusable = "the run has no catalogue"

    /// - Parameters:
    ///   - catalogue: what it says of itself; nil when it is new to this machine.
    ///   - stored: the seal beside it.
    ///   - seal: what the drive said before it was checked and mounted.
    ///   - onDrive: what the drive's copy of the catalogue says.
    init?(
        catalogue: ManifestGlance,
        stored: CatalogueSeal?,
        seal: Seal?,
        onDrive: ManifestGlance?,
        fileSystem: FileSystemState
    ) {
        let identity = catalogue.identity
        guard catalogue.state == .sealed else {
            self = .cutOff
            return
        }
        switch (stored, seal) {
        case (nil, _): self = .notStored
        case (_, nil): self = .unclean
        case (let stored?, let seal?) where stored.seal != seal: self = .mountedSince
        case (let stored?, _) where stored.manifest != identity.description: self = .otherManifest
        case (_?, _?) where onDrive?.identity != identity: self = .otherOnDrive
        case (_?, _?):
            // The check ran after the seal was read.
            guard case .repaired = fileSystem else { return nil }
            self = .repaired
        }
    }
}

/// What stands beside a catalogue: as long as the drive's seal is this one, nobody wrote to it since.
struct CatalogueSeal: Hashable {
    /// What the drive said when it was unmounted.
    let seal: Seal
    /// The identity of the catalogue.
    let manifest: String
    /// The sources of which the catalogue describes everything that the drive has.
    let sources: Set<String>

    /// `seal`, `manifest` and any number of `source` lines.
    var text: String {
        (["seal \(seal)", "manifest \(manifest)"] + sources.sorted().map { "source \($0)" })
            .map { $0 + "\n" }.joined()
    }

    init(seal: Seal, manifest: String, sources: Set<String>) {
        self.seal = seal
        self.manifest = manifest
        self.sources = sources
    }

    /// Reads what `text` says; nil for anything else, which is no seal then.
    init?(_ text: String) {
        var values: [Substring: [String]] = [:]
        // As characters, a line's end behind a carriage return would be none.
        for line in text.unicodeScalars.split(separator: "\n").map(Substring.init) {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { return nil }
            values[words[0], default: []].append(String(words[1]))
        }
        guard let seals = values["seal"], seals.count == 1, let seal = Seal(seals[0]),
            let manifests = values["manifest"], manifests.count == 1
        else { return nil }
        self.init(seal: seal, manifest: manifests[0], sources: Set(values["source"] ?? []))
    }
}

/// The names under which a drive's catalogue and its seal lie on this machine.
struct CatalogueFiles {
    let folder: FileName
    let manifest: FileName
    let seal: FileName

    init(luksUUID: String, in layout: HostLayout) {
        folder = layout.catalogueFolder
        manifest = FileName(luksUUID.lowercased() + ".sqlite")
        seal = FileName(luksUUID.lowercased() + ".seal")
    }

    var path: FileName { folder.appending(manifest) }

    /// The seal that the last run in order left; nil without one that can be read.
    func storedSeal() -> CatalogueSeal? {
        // Whatever it is that cannot be read, the drive is walked, ignoring.
        guard let file = try? Descriptor.open(folder.appending(seal), [.read, .nonBlocking]),
            let bytes = try? file.readAll(limit: 1 << 20)
        else { return nil }
        return CatalogueSeal(String(decoding: bytes, as: UTF8.self))
    }

    /// Removes a catalogue that is unusable, whatever it is.
    func discard() throws(SystemError) {
        let folder = try Descriptor.open(folder, .directory)
        try folder.removeFileIfPresent(manifest)
        try folder.removeFileIfPresent(FileName(bytes: manifest.bytes + Array("-journal".utf8)))
    }
}

/// The names of the catalogue's copy below the drive's `Marker.folder`.
enum DriveManifest {
    /// As the last run in order left it.
    static let sealed: FileName = "manifest.sqlite"
    /// The same, once a run changes the drive.
    static let open: FileName = "manifest.open.sqlite"
}
