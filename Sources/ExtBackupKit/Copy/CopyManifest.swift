import Copying
import LinuxSystem
import Reporting
import SystemPackage

/// The manifest of one copy: opened, believed as far as it may be, and sealed at the end.
struct CopyManifest {
    /// What the engine gets.
    let part: ManifestPart
    /// What is to be known of it.
    let warning: String?
    private let manifest: Manifest

    /// Opens the manifest of the options, and makes it when it is missing.
    ///
    /// - Returns: nil without one, and for a preview when it is missing or damaged.
    static func open(_ options: CopyOptions, _ folders: borrowing CopyFolders) throws(Failure)
        -> CopyManifest?
    {
        guard let path = options.manifest else { return nil }
        try folders.refuse(manifest: path, options)
        do {
            switch options.mode {
            case .copy: return try open(path, folders)
            case .preview: return try isPresent(path) ? CopyManifest(Manifest.open(at: path), folders) : nil
            }
        } catch {
            throw Failure(error, manifest: path)
        }
    }

    private static func open(
        _ path: FileName,
        _ folders: borrowing CopyFolders
    ) throws(ManifestError) -> CopyManifest {
        do throws(ManifestError) {
            return try CopyManifest(Manifest.open(at: path), folders)
        } catch {
            guard case .damaged = error else { throw error }
            try Manifest.discard(at: path)
            let warning = "\(path): \(error); it is begun anew, and the destination is compared"
            return try CopyManifest(Manifest.open(at: path), folders, warning: warning)
        }
    }

    private static func isPresent(_ path: FileName) throws(ManifestError) -> Bool {
        do {
            _ = try Descriptor.open(path, .path)
            return true
        } catch {
            if error.errno == .noSuchFileOrDirectory { return false }
            throw .file(error)
        }
    }

    private init(
        _ manifest: Manifest,
        _ folders: borrowing CopyFolders,
        warning: String? = nil
    ) throws(ManifestError) {
        self.manifest = manifest
        self.warning = warning
        let trust: ManifestPart.Trust = try manifest.describes(folders.destination) ? .sealed : .compared
        part = try ManifestPart(of: manifest, trusting: trust)
    }

    /// Seals it after a copy that ended in order, when it describes all that the destination has.
    func finish(_ result: CopyResult, _ folders: borrowing CopyFolders) throws(ManifestError) {
        if result.outcome?.leavesDoubt ?? true { return }
        switch part.trust {
        case .sealed: if manifest.state == .sealed { return }
        case .compared: if result.leavesUnknown { return }
        }
        try manifest.markOpen()
        try manifest.note(destination: folders.destination)
        try manifest.seal()
    }
}

extension CopyResult {
    /// True when the destination has entries of which a manifest that was compared with it was not told.
    fileprivate var leavesUnknown: Bool {
        guard let summary, let outcome else { return true }
        if summary.strangersThatStay > 0 || skipped.count > skipped.listed.count { return true }
        let isUnknown = skipped.listed.contains {
            switch $0.reason {
            case .refused, .holdsExcluded, .folderInTheWay: true
            case .unreadable, .changedWhileRead, .attributeRefused, .reservedName, .isDestination,
                .unusableRules:
                false
            }
        }
        if isUnknown { return true }
        switch deletions {
        case .perform: return outcome.withheld > 0
        case .hold: return summary.strangersThatGo > 0 || blocked.count > 0
        }
    }
}

extension CopyFolders {
    /// In the source it would be copied while it is written, in the destination it would be removed.
    fileprivate func refuse(manifest path: FileName, _ options: CopyOptions) throws(Failure) {
        let place = path.parentFolder
        let isInside: Bool
        do throws(SystemError) {
            let folder = try Descriptor.open(place, [.directory, .followLink])
            let isInSource = try folder.isIn(source)
            let isInDestination = try folder.isIn(destination)
            isInside = isInSource || isInDestination
        } catch {
            throw Failure(
                .usage,
                "the folder of the manifest \(path) cannot be opened: \(error.reason)",
                hint: "make it, or give another"
            )
        }
        if isInside {
            throw Failure(
                .usage,
                "the manifest \(path) is inside the source or the destination",
                hint: "keep it elsewhere, for example beside the destination"
            )
        }
    }
}

extension Descriptor {
    /// True when this folder is the other one, or below it.
    func isIn(_ folder: borrowing Descriptor) throws(SystemError) -> Bool {
        let (own, other) = (try status(), try folder.status())
        if (own.device, own.inode) == (other.device, other.inode) { return true }
        return try isBelow(other)
    }
}

extension Failure {
    /// What a person is told when a manifest cannot be used.
    init(_ error: ManifestError, manifest path: FileName) {
        switch error {
        case .inUse:
            self.init(.locked, "another process uses the manifest \(path)", hint: "wait for its end")
        case .newer:
            self.init(.failed, "\(path): \(error)", hint: "use the newer program, or remove the file")
        case .foreign:
            self.init(.usage, "\(error)", hint: "it stays as it is; give another name")
        case .damaged:
            self.init(.failed, "\(path): \(error)", hint: "remove it: the next run begins it anew")
        case .noSpace:
            self.init(.failed, "\(path): \(error)", hint: "make room beside it")
        case .file, .sealed, .other:
            self.init(.failed, "\(path): \(error)", hint: "look at the file and its folder")
        }
    }
}
