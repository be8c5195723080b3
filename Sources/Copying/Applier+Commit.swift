internal import LinuxSystem
internal import SystemPackage

/// The end of a batch: durable first, then under its names.
extension Applier {
    mutating func commit() throws(CopyError) {
        if batch.files.isEmpty { return }
        try sync()
        for file in batch.files {
            do {
                let folder = try commitPlace.move(to: file.folder, in: folders)
                try place(file, in: folder)
                didWrite(file.folder, file.name, group: file.group, bytes: file.dataBytes)
            } catch {
                try note(destinationFailure: error, file.folder, file.name)
            }
            meter.tick(path: folders.path(of: file.folder, file.name))
        }
        batch.removeAll()
    }

    /// Waits until all that was written is on the device.
    func sync() throws(CopyError) {
        do {
            try plan.request.destination.descriptor.syncFileSystem()
        } catch {
            throw CopyError(onDestination: error) ?? .destinationFailed(error)
        }
    }

    /// Lets the batch go; files without names vanish by themselves.
    mutating func dropBatch() {
        for file in batch.files {
            if case .hidden(let name) = file.place {
                // The next run removes what is left under a hidden name, ignoring.
                try? commitPlace.move(to: file.folder, in: folders).descriptor.unlink(name)
            }
        }
        batch.removeAll()
    }

    private func place(_ file: CommitBatch.File, in folder: SharedDescriptor) throws(SystemError) {
        switch file.place {
        case .hidden(let name):
            try place(name, as: file.name, file.replacing, in: folder)
        case .unnamed(let descriptor):
            if case .nothing = file.replacing {
                do {
                    try descriptor.descriptor.linkOpenFile(to: folder.descriptor, as: file.name)
                    return
                } catch {
                    // Somebody made the name since the plan: it is replaced, as the plan would have it.
                    if error.errno != .fileExists { throw error }
                }
            }
            let temporary = TemporaryName.random()
            try descriptor.descriptor.linkOpenFile(to: folder.descriptor, as: temporary)
            try place(temporary, as: file.name, file.replacing, in: folder)
        }
    }

    /// Gives the finished `temporary` its name. What was under the name is replaced in one step; a folder is
    /// exchanged for it and removed after that.
    ///
    /// - Throws: after it removed `temporary`.
    func place(
        _ temporary: FileName,
        as name: FileName,
        _ replaced: PlannedStep.Replaced,
        in folder: SharedDescriptor
    ) throws(SystemError) {
        do {
            switch replaced {
            case .nothing, .entry:
                try folder.descriptor.rename(temporary, to: name)
            case .emptyFolder, .folder:
                try exchange(temporary, with: name, in: folder)
            }
        } catch {
            // The next run removes what is left under a hidden name, ignoring.
            try? folder.descriptor.unlink(temporary)
            throw error
        }
    }

    private func exchange(
        _ temporary: FileName,
        with name: FileName,
        in folder: SharedDescriptor
    ) throws(SystemError) {
        do {
            try folder.descriptor.exchange(temporary, with: name)
        } catch {
            if error.errno != .invalidArgument { throw error }
            // The file system cannot exchange names.
            try removeTree(name, in: folder)
            try folder.descriptor.rename(temporary, to: name)
            return
        }
        try removeTree(temporary, in: folder)
    }

    private func removeTree(_ name: FileName, in folder: SharedDescriptor) throws(SystemError) {
        var remover = TreeRemover(in: folder, ability: ability)
        do {
            try remover.remove(name, kind: .directory) { () throws(CopyError) in }
        } catch {
            switch error {
            case .entry(let error): throw error
            case .run: fatalError("a removal without a callback is not ended by one")
            }
        }
    }

    // MARK: - Hard links

    /// Makes the further names of files that are whole and durable now.
    mutating func linkAll() throws(CopyError) {
        for id in folders.indices where !closedFolders.contains(id) && !folders[id].isRetained {
            for step in folders[id].steps {
                guard case .link(let group, let replacing, _, let mirrorIsEqual) = step.action else {
                    continue
                }
                try checkInterruption()
                if isHeld(replacing) {
                    outcome.held += 1
                    continue
                }
                let job = EntryJob(folder: id, step: step, replacing: replacing, group: group)
                try link(job, mirrorIsEqual: mirrorIsEqual)
                didStep(id, step.name)
            }
        }
    }

    private mutating func link(_ job: EntryJob, mirrorIsEqual: Bool) throws(CopyError) {
        guard let group = job.group, let leader = leaders[group] else {
            // The first name could not be copied; the next one takes its place.
            try copyAsLeader(job)
            return
        }
        do {
            let from = try commitPlace.move(to: leader.folder, in: folders)
            let folder = try mirror.move(to: job.folder, in: folders)
            let temporary = TemporaryName.random()
            try from.descriptor.link(leader.name, to: folder.descriptor, as: temporary)
            try place(temporary, as: job.name, job.replacing, in: folder)
            // When both names were one file already, rename(2) does nothing.
            try folder.descriptor.removeFileIfPresent(temporary)
            outcome.links += 1
        } catch {
            if error.errno != .tooManyLinks {
                try note(destinationFailure: error, job.folder, job.name)
            } else if mirrorIsEqual {
                leaders[group] = LinkTable.Leader(folder: job.folder, name: job.name)
            } else {
                try copyAsLeader(job)
            }
        }
    }

    private mutating func copyAsLeader(_ job: EntryJob) throws(CopyError) {
        let sourceFolder: SharedDescriptor
        do {
            sourceFolder = try source.move(to: job.folder, in: folders)
        } catch {
            try note(sourceFailure: error, job.folder, job.name)
            return
        }
        let mirrorFolder: SharedDescriptor
        do {
            mirrorFolder = try mirror.move(to: job.folder, in: folders)
        } catch {
            try note(destinationFailure: error, job.folder, job.name)
            return
        }
        try copy(job, from: sourceFolder, to: mirrorFolder)
        try commit()
    }
}
