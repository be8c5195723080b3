internal import LinuxSystem
internal import SystemPackage

/// What the manifest is told, and renames.
extension Applier {
    /// From now on the manifest says that the destination changes.
    func openManifest() throws(CopyError) {
        do {
            try request.manifest?.manifest.markOpen()
        } catch {
            throw .manifestFailed(error)
        }
    }

    /// A file that has its name now.
    mutating func record(_ file: WrittenFile) throws(CopyError) {
        guard recorder != nil else { return }
        var entry = entry(file.metadata)
        entry.hash = file.contents.hash
        entry.blockList = file.blockList
        if entry.hash != nil { entry.checked = .now() }
        try recorder?.put(file.job.name, in: file.job.number, entry)
    }

    /// An entry whose contents are what they were, if the manifest knew it.
    mutating func record(
        _ name: FileName,
        in folder: FolderNumber,
        _ metadata: EntryMetadata,
        child: FolderNumber? = nil
    ) throws(CopyError) {
        guard recorder != nil else { return }
        var entry = entry(metadata)
        if let known = try known(name, in: folder), known.kind == entry.kind {
            if (known.size, known.modified) == (entry.size, entry.modified) { entry.takeContents(of: known) }
            entry.child = known.child
        }
        if let child { entry.child = child }
        try recorder?.put(name, in: folder, entry)
    }

    /// A file that was read again and whose contents are right. Metadata that changed since the plan are left to the next
    /// run.
    mutating func recordChecked(_ job: FileJob, _ metadata: EntryMetadata) throws(CopyError) {
        let there: EntryStatus
        do {
            there = try job.mirror.descriptor.status(of: job.name)
        } catch {
            if error.errno == .noSuchFileOrDirectory {
                // Somebody else removed it: the manifest is not right, and the next run compares.
                outcome.leavesDoubt = true
                return
            }
            try note(destinationFailure: error, job.folder, job.name)
            return
        }
        if EntryMetadata.statusDifferences(metadata.status, there, ability).isEmpty {
            try record(job.name, in: job.number, metadata)
        } else {
            noteUnseen()
        }
    }

    /// A further name of a file. The manifest has the first name by now, and says the same of this one: it is the same
    /// file. Where the source has something else meanwhile, the next run sees it.
    mutating func recordLink(_ job: FileJob, to leader: LinkTable.Leader) throws(CopyError) {
        let place = ManifestPlace(folder: leader.number, name: leader.name)
        try recorder?.link(job.name, in: job.number, to: place)
    }

    /// A name that a file of an earlier copy got. Nobody has read that file: its hash is not known.
    mutating func recordReference(_ job: FileJob, _ metadata: EntryMetadata) throws(CopyError) {
        guard recorder != nil else { return }
        let entry = entry(metadata)
        try recorder?.put(job.name, in: job.number, entry)
    }

    /// A folder that was just made. It gets its metadata at the end.
    mutating func recordMade(_ folder: PlannedFolder) throws(CopyError) {
        guard recorder != nil else { return }
        guard let metadata = try folderMetadata(folder.path) else {
            // It is on the destination, and nobody knows.
            outcome.leavesDoubt = true
            return
        }
        try record(folder, metadata)
    }

    mutating func record(_ folder: PlannedFolder, _ metadata: EntryMetadata) throws(CopyError) {
        guard recorder != nil, let part = request.manifest else { return }
        var entry = entry(metadata)
        if folder.path.isEmpty {
            entry.child = part.number
            try recorder?.put(part.place.name, in: part.place.folder, entry)
        } else {
            try record(
                folder.path.lastComponent,
                in: folder.parent,
                metadata,
                child: folder.number
            )
        }
    }

    /// A folder in which nothing is done but to tell the manifest.
    mutating func recordAll(_ folder: PlannedFolder) throws(CopyError) {
        for step in folder.steps {
            switch step.action {
            case .record(let child): try record(folder, step, child)
            case .forget: try recorder?.remove(step.name, in: folder.number)
            case .copy, .check, .move, .repair, .link, .linkReference, .remove, .removeLeftover: continue
            }
        }
    }

    mutating func record(
        _ folder: PlannedFolder,
        _ step: PlannedStep,
        _ child: FolderNumber
    ) throws(CopyError) {
        try checkInterruption()
        if step.name.isEmpty {
            try record(folder, rootMetadata())
            return
        }
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.move(to: folder.path)
        } catch {
            try note(sourceFailure: error, folder.path, FileName())
            return
        }
        let metadata = try sourceMetadata(folder.path, step.name, step.kind, sourceFolder)
        guard let metadata else { return }
        if step.kind == .file {
            let mirrorFolder: SharedDescriptor
            do {
                mirrorFolder = try mirror.move(to: folder.path)
            } catch {
                try note(destinationFailure: error, folder.path, step.name)
                return
            }
            guard try isStillCopied(step, metadata.status, folder.path, mirrorFolder) else { return }
        }
        try record(
            step.name,
            in: folder.number,
            metadata,
            child: child.rawValue == 0 ? nil : child
        )
    }

    private func entry(_ metadata: EntryMetadata) -> ManifestEntry {
        var entry = ManifestEntry(metadata.status)
        if metadata.isRacy { entry.flags.insert(.racy) }
        if let key = request.manifest?.manifest.hashKey {
            entry.attributes = EntryMetadata.digest(of: metadata.attributes, key)
        }
        return entry
    }

    private func known(_ name: FileName, in folder: FolderNumber) throws(CopyError) -> ManifestEntry? {
        do {
            return try request.manifest?.manifest.entry(name, in: folder)
        } catch {
            throw .manifestFailed(error)
        }
    }
}

extension ManifestEntry {
    /// What was known of the contents still holds.
    fileprivate mutating func takeContents(of known: ManifestEntry) {
        hash = known.hash
        blockList = known.blockList
        checked = known.checked
    }
}

extension ManifestPart {
    /// Where a folder of the manifest is, from the root of the copy.
    ///
    /// - Throws: ENOENT when it is nowhere below that.
    func path(of folder: FolderNumber) throws(SystemError) -> FileName {
        // A manifest that cannot tell is as good as a folder that is not there, ignoring.
        let top = try? manifest.path(of: number)
        let path = try? manifest.path(of: folder)
        guard let top, let path, path.bytes.starts(with: top.bytes) else {
            throw SystemError(call: "openat2", errno: .noSuchFileOrDirectory)
        }
        let rest = path.bytes.dropFirst(top.bytes.count)
        return FileName(bytes: rest.first == slash ? rest.dropFirst() : rest)
    }

    /// True for a folder that is below the root of the copy.
    func holds(_ folder: FolderNumber) -> Bool {
        // Whatever the reason, it cannot be found there, ignoring.
        (try? path(of: folder)) != nil
    }
}
