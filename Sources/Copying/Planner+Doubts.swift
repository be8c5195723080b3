internal import LinuxSystem

/// What the destination has and the source does not carry, and what was not looked at: where the destination is compared
/// with the manifest, nobody knows afterwards whether the rows of that are right.
extension Planner {
    mutating func planMissing(
        _ name: FileName,
        _ mirror: EntryStatus,
        _ row: ManifestEntry?
    ) throws(CopyError) {
        if isLeftover(name) {
            try addStep(PlannedStep(name: name, kind: mirror.kind, action: .removeLeftover))
            summary.leftovers += 1
        } else if isExcluded(name, mirror.kind) {
            try noteLeftAlone(name, mirror, row)
        } else if !PartialFile.matches(name) {
            if row == nil { summary.strangersThatGo += 1 }
            try addMissing(name, mirror.kind)
        }
    }

    private func isLeftover(_ name: FileName) -> Bool {
        if TemporaryName.matches(name) { return true }
        return PartialFile.matches(name) && !partials.contains(name)
    }

    /// A folder was not entered.
    mutating func noteUnseen() {
        if !isRecorded { leavesDoubt = true }
    }

    /// An entry stays as it is, whatever the source has.
    mutating func noteLeftAlone(
        _ name: FileName,
        _ mirror: EntryStatus?,
        _ row: ManifestEntry?
    ) throws(CopyError) {
        switch (mirror, row) {
        case (nil, nil): return
        case (_?, nil): summary.strangersThatStay += 1
        case (nil, let row?):
            if !isRecorded { try addStep(PlannedStep(name: name, kind: row.kind, action: .forget)) }
        case (let mirror?, let row?):
            let known = EntryStatus(row)
            let isSame =
                (known.kind, known.size, known.deviceNumber)
                == (mirror.kind, mirror.size, mirror.deviceNumber)
                && EntryMetadata.statusDifferences(known, mirror, ability).isEmpty
            if mirror.kind == .directory || !isSame { noteUnseen() }
        }
    }

    /// What the destination has where the source has a mount point is not entered either: fine where that is nothing.
    mutating func noteUnseen(behind child: Child, in frame: Frame) throws(CopyError) {
        if isRecorded || part == nil || child.state != .present { return }
        let listing: FolderListing
        do {
            let folder = try mirror.move(to: frame.path)
            listing = FolderListing(of: SharedDescriptor(try folder.descriptor.open(child.name, .directory)))
        } catch {
            noteUnseen()
            return
        }
        let rows: [ManifestRow]
        do {
            rows = try part?.manifest.rows(of: child.number) ?? []
        } catch {
            throw .manifestFailed(error)
        }
        let isEmpty = listing.entries.isEmpty && listing.failures.isEmpty && listing.listFailure == nil
        if !isEmpty || !rows.isEmpty { noteUnseen() }
    }
}
