internal import LinuxSystem
internal import SystemPackage

/// Links to what earlier copies have unchanged.
extension Applier {
    /// Links an entry from an earlier copy. Where that cannot be (no more names, another mount, something changed since
    /// the plan), it is copied.
    mutating func linkReference(
        _ job: FileJob,
        _ kind: EntryKind,
        from tree: Int
    ) throws(CopyError) {
        var linked: EntryMetadata?
        if let folder = try references.folder(tree, at: job.folder) {
            do throws(TransferEnd) {
                linked = try link(job, kind, from: folder)
            } catch {
                switch error {
                case .run(let error): throw error
                case .destination(let error):
                    if let fatal = CopyError(onDestination: error) { throw fatal }
                // The copy fails for the same reason, and names it.
                case .source, .changed: break
                }
            }
        }
        guard let linked else {
            try copy(job, kind)
            return
        }
        outcome.links += 1
        if let group = job.group { leaders.didPlace(group) }
        try recordReference(job, linked)
        didStep(job.folder, job.name)
    }

    /// Gives an entry of `folder` its second name, unless it is not, or no more, what the source has.
    ///
    /// - Returns: what the source says of it.
    private func link(
        _ job: FileJob,
        _ kind: EntryKind,
        from folder: SharedDescriptor
    ) throws(TransferEnd) -> EntryMetadata? {
        let wanted = try TransferEnd.reading { () throws(SystemError) in
            let status = try job.source.descriptor.status(of: job.name)
            return try EntryMetadata(status, at: AttributePlace(job.name, in: job.source.descriptor), ability)
        }
        if wanted.status.kind != kind { return nil }
        let temporary = TemporaryName.random()
        return try TransferEnd.writing { () throws(SystemError) in
            try folder.descriptor.link(job.name, to: job.mirror.descriptor, as: temporary)
            do throws(SystemError) {
                // What the link leads to is looked at, not the name that somebody may have changed.
                let status = try job.mirror.descriptor.status(of: temporary)
                let place = AttributePlace(temporary, in: job.mirror.descriptor)
                let there = try EntryMetadata(status, at: place, ability)
                let isSame =
                    EntryMetadata.areAlike(wanted.status, there.status, ability)
                    && wanted.attributes == there.attributes
                if isSame { try placer.place(temporary, as: job) }
                if case .nothing = job.replacing, isSame { return wanted }
                // When both names were one file already, rename(2) does nothing.
                try job.mirror.descriptor.removeFileIfPresent(temporary)
                return isSame ? wanted : nil
            } catch {
                WrittenFile.Place.hidden(temporary).discard(in: job.mirror)
                throw error
            }
        }
    }
}
