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
                try exchange(temporary, with: name, in: folder) { (old) throws(SystemError) in
                    try removeEmpty(old, temporary, name, in: folder)
                }
            case .folder:
                try exchange(temporary, with: name, in: folder) { (old) throws(SystemError) in
                    try TreeRemover.remove(old, kind: .directory, in: folder, ability)
                }
            }
        } catch {
            // The next run removes what is left under a hidden name, ignoring.
            try? folder.descriptor.unlink(temporary)
            throw error
        }
    }

    /// Puts `temporary` in the folder's place; `remove` removes the folder under the name that it has then.
    private func exchange(
        _ temporary: FileName,
        with name: FileName,
        in folder: SharedDescriptor,
        remove: (FileName) throws(SystemError) -> Void
    ) throws(SystemError) {
        do {
            try folder.descriptor.exchange(temporary, with: name)
        } catch {
            if error.errno != .invalidArgument { throw error }
            // The file system cannot exchange names.
            try remove(name)
            try folder.descriptor.rename(temporary, to: name)
            return
        }
        try remove(temporary)
    }

    /// Should something have come or stayed in the folder after all, it is back under its name, and stays.
    private func removeEmpty(
        _ old: FileName,
        _ temporary: FileName,
        _ name: FileName,
        in folder: SharedDescriptor
    ) throws(SystemError) {
        do {
            try folder.descriptor.removeDirectory(old)
        } catch {
            if error.errno == .directoryNotEmpty && old == temporary {
                try folder.descriptor.exchange(temporary, with: name)
            }
            throw error
        }
    }
}
