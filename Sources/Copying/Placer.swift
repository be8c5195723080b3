internal import LinuxSystem
internal import SystemPackage

/// Gives finished files their names, in one step each.
struct Placer: Sendable {
    let ability: Ability
    /// Takes over what was under the name.
    let earlierVersions: EarlierVersions?

    func place(_ file: WrittenFile) throws(SystemError) {
        let job = file.job
        switch file.place {
        case .final: break
        case .hidden(let name), .partial(let name):
            try place(name, as: job)
        case .unnamed(let descriptor):
            if case .nothing = job.replacing {
                do {
                    try descriptor.descriptor.linkOpenFile(to: job.mirror.descriptor, as: job.name)
                    return
                } catch {
                    // Somebody made the name since the plan: it is replaced, as the plan would have it.
                    if error.errno != .fileExists { throw error }
                }
            }
            let temporary = TemporaryName.random()
            try descriptor.descriptor.linkOpenFile(to: job.mirror.descriptor, as: temporary)
            try place(temporary, as: job)
        }
    }

    /// Gives the finished `temporary` its name. What was under the name is replaced in one step; a folder is
    /// exchanged for it and removed after that.
    ///
    /// - Throws: after it removed `temporary`.
    func place(_ temporary: FileName, as job: FileJob) throws(SystemError) {
        let (name, folder) = (job.name, job.mirror)
        do {
            if let earlierVersions {
                try earlierVersions.keep(name, of: folder, at: job.folder)
                try folder.descriptor.rename(temporary, to: name)
                return
            }
            switch job.replacing {
            case .nothing, .entry:
                try folder.descriptor.rename(temporary, to: name)
            case .emptyFolder:
                try exchangeEmpty(temporary, with: name, in: folder)
            case .folder:
                try exchange(temporary, with: name, in: folder)
            }
        } catch {
            // The next run removes what is left under a hidden name, ignoring.
            try? folder.descriptor.unlink(temporary)
            throw error
        }
    }

    /// Should something have come or stayed in the folder after all, the folder stays.
    private func exchangeEmpty(
        _ temporary: FileName,
        with name: FileName,
        in folder: SharedDescriptor
    ) throws(SystemError) {
        do {
            try folder.descriptor.exchange(temporary, with: name)
        } catch {
            if error.errno != .invalidArgument { throw error }
            // The file system cannot exchange names.
            try folder.descriptor.removeDirectory(name)
            try folder.descriptor.rename(temporary, to: name)
            return
        }
        do {
            try folder.descriptor.removeDirectory(temporary)
        } catch {
            if error.errno == .directoryNotEmpty {
                try folder.descriptor.exchange(temporary, with: name)
            }
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
}
