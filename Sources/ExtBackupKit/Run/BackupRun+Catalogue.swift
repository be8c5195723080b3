import Copying
import Drives
import LinuxSystem
import Logging
import SystemPackage

/// The catalogue: what is known of the drive, so that it need not be walked. It never fails a run.
extension BackupRun {
    /// What the unmounted drive says of its last change. Trouble with the drive itself is told by the steps to come.
    func readSeal(of volume: borrowing UnlockedVolume) -> Seal? {
        do {
            return try volume.withDevice { device throws(SystemError) in try Seal.read(from: device) }
        } catch {
            context.logger.warning("the seal cannot be read: \(error)", metadata: ["drive": "\(name)"])
            return nil
        }
    }

    /// Opens the catalogue of the mounted drive; nil when the run has to go on without one.
    mutating func openCatalogue(_ mounted: borrowing MountedVolume, _ drive: DriveFile) -> Catalogue? {
        let files = CatalogueFiles(luksUUID: drive.luksUUID, in: context.layout)
        do {
            switch mode {
            case .backup:
                let folder = try Descriptor.makeFolder(files.folder, mode: 0o700)
                return try openCatalogue(files, in: folder, mounted)
            case .preview: return try openSealedCatalogue(files, mounted)
            }
        } catch {
            warn("the run has no catalogue: \(error)")
            return nil
        }
    }

    /// A preview believes a sealed catalogue, and otherwise does not touch it.
    private func openSealedCatalogue(
        _ files: CatalogueFiles,
        _ mounted: borrowing MountedVolume
    ) throws -> Catalogue? {
        guard let stored = files.storedSeal() else { return nil }
        let own = try mounted.root.open(Marker.folder, .directory)
        let folder = try Descriptor.open(files.folder, .directory)
        guard let glance = try Manifest.glance(at: files.manifest, in: folder) else { return nil }
        let reason = WalkReason(
            catalogue: glance,
            stored: stored,
            seal: sealBefore,
            onDrive: try Manifest.glance(at: DriveManifest.sealed, in: own),
            fileSystem: mounted.fileSystemState
        )
        if reason != nil { return nil }
        let manifest = try Manifest.open(at: files.path)
        return Catalogue(manifest: manifest, reason: nil, sources: stored.sources)
    }

    private mutating func openCatalogue(
        _ files: CatalogueFiles,
        in folder: borrowing Descriptor,
        _ mounted: borrowing MountedVolume
    ) throws -> Catalogue {
        let own = try mounted.root.open(Marker.folder, .directory)
        var onDrive: ManifestGlance?
        do {
            onDrive = try Manifest.glance(at: DriveManifest.sealed, in: own)
        } catch {
            warn("the catalogue on the drive is not used: \(error)")
        }
        var origin: WalkReason?
        if try folder.statusIfPresent(of: files.manifest) == nil {
            origin = .noCatalogue
            if onDrive != nil, adopt(from: own, as: files.manifest, in: folder) { origin = .fromDrive }
        }
        let (manifest, isNew) = try openManifest(files)
        if isNew { origin = .begunAnew }
        let stored = files.storedSeal()
        let reason = WalkReason(
            catalogue: manifest.glance,
            stored: stored,
            seal: sealBefore,
            onDrive: onDrive,
            fileSystem: mounted.fileSystemState
        )
        let why = origin ?? reason
        return Catalogue(manifest: manifest, reason: why, sources: why == nil ? stored?.sources ?? [] : [])
    }

    /// A machine that knows nothing of the drive learns from it, and keeps hashes and numbers.
    private mutating func adopt(
        from own: borrowing Descriptor,
        as name: FileName,
        in folder: borrowing Descriptor
    ) -> Bool {
        do {
            return try Manifest.copy(DriveManifest.sealed, from: own, to: name, in: folder)
        } catch {
            warn("the catalogue on the drive cannot be copied: \(error)")
            return false
        }
    }

    /// Opens it, or begins it anew where it is unusable.
    private mutating func openManifest(_ files: CatalogueFiles) throws -> (Manifest, isNew: Bool) {
        do {
            return (try Manifest.open(at: files.path), false)
        } catch {
            if !error.asksForNewOne { throw error }
            warn("the catalogue is begun anew: \(error)")
        }
        try files.discard()
        return (try Manifest.open(at: files.path), true)
    }

    /// The run goes on without a catalogue: the copy is what matters.
    mutating func dropCatalogue(_ error: ManifestError) {
        guard catalogue != nil else { return }
        catalogue = nil
        warn("the run goes on without a catalogue: \(error)")
        if !error.asksForNewOne { return }
        do {
            try CatalogueFiles(luksUUID: record.luksUUID, in: context.layout).discard()
        } catch {
            warn("the catalogue cannot be removed: \(error)")
        }
    }

    /// What the catalogue has of a source; nil without one. Says in the journal whether the drive is walked.
    mutating func part(of source: SourceConfiguration) throws(ManifestError) -> ManifestPart? {
        var reason: WalkReason? = .unusable
        var part: ManifestPart?
        if let catalogue {
            let isComplete = catalogue.sources.contains(source.name)
            let opened = try ManifestPart(
                of: catalogue.manifest,
                below: FileName(source.name),
                trusting: catalogue.reason == nil && isComplete ? .sealed : .compared
            )
            switch opened.trust {
            case .sealed: reason = nil
            case .compared:
                reason = catalogue.reason ?? .incomplete
                self.catalogue?.sources.remove(source.name)
            }
            part = opened
        }
        let verdict = reason.map { "destination walked: \($0.rawValue)" }
        context.logger.notice(
            "\(verdict ?? "destination not walked: the seal holds")",
            metadata: ["drive": "\(name)", "source": "\(source.name)"]
        )
        return part
    }

    /// A source that was compared and copied: the catalogue describes all that the drive has of it, unless something
    /// stays there that it was not told of, and that would never be seen again.
    mutating func noteCompleteness(of planned: PlannedSource, _ outcome: CopyOutcome) {
        let summary = planned.plan.summary
        if outcome.leavesDoubt {
            catalogue?.sources.remove(planned.source.name)
            return
        }
        if outcome.isPartial || outcome.withheld > 0 || summary.strangersThatStay > 0 { return }
        let isComplete =
            switch planned.decision {
            case .perform: true
            case .hold: summary.strangersThatGo == 0 && outcome.held == 0
            }
        if isComplete { catalogue?.sources.insert(planned.source.name) }
    }

    /// Before the first change: from now on the drive carries no catalogue that claims to be right.
    mutating func openDriveManifest(_ mounted: borrowing MountedVolume) throws(Failure) {
        do {
            let own = try mounted.root.open(Marker.folder, .directory)
            try own.rename(DriveManifest.sealed, to: DriveManifest.open)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return }
            throw writeFailure(error, mounted)
        }
        do {
            try mounted.sync()
        } catch {
            throw Failure(error)
        }
    }

    /// After the last change is on the drive: the catalogue is sealed, and the drive gets its copy, unless nothing of it
    /// changed.
    mutating func publishCatalogue(on mounted: borrowing MountedVolume) {
        guard let catalogue else { return }
        let manifest = catalogue.manifest
        do {
            if manifest.state == .open { try manifest.seal() }
            let own = try mounted.root.open(Marker.folder, .directory)
            // What cannot be read is replaced, ignoring.
            let onDrive = try? Manifest.glance(at: DriveManifest.sealed, in: own)
            if onDrive?.identity != manifest.identity {
                try manifest.copy(to: DriveManifest.sealed, in: own)
                try own.removeFileIfPresent(DriveManifest.open)
            }
            isPublished = true
        } catch {
            warn("the catalogue cannot be put on the drive: \(error)")
        }
    }

    /// The drive was unmounted and released in order: as long as it says the same, the next run believes the catalogue.
    mutating func store(_ seal: Seal?) {
        guard let seal, let catalogue else { return }
        let stored = CatalogueSeal(
            seal: seal,
            manifest: catalogue.manifest.identity.description,
            sources: catalogue.sources
        )
        let files = CatalogueFiles(luksUUID: record.luksUUID, in: context.layout)
        do {
            try Descriptor.open(files.folder, .directory).replaceFile(
                files.seal,
                with: Array(stored.text.utf8),
                mode: 0o600
            )
        } catch {
            warn("the seal cannot be stored: \(error)")
        }
    }
}

extension ManifestError {
    /// True when only another manifest helps.
    fileprivate var asksForNewOne: Bool {
        switch self {
        case .damaged, .foreign: true
        case .file, .newer, .noSpace, .inUse, .sealed, .other: false
        }
    }
}
