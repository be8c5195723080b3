internal import LinuxSystem
internal import SystemPackage

/// A folder in which steps are made, open on either side.
struct OpenFolder {
    let planned: PlannedFolder
    let source: SharedDescriptor
    let mirror: SharedDescriptor

    func job(
        _ name: FileName,
        replacing: PlannedStep.Replaced,
        size: Int64,
        group: Int? = nil,
        expected: ContentHash? = nil
    ) -> FileJob {
        FileJob(
            folder: planned.path,
            name: name,
            replacing: replacing,
            group: group,
            number: planned.number,
            expected: expected,
            size: size,
            source: source,
            mirror: mirror
        )
    }
}

/// One step after the other, links and deletions apart.
extension Applier {
    /// Makes a step; false for a rename that could not be made, after which nothing else is done with the name.
    mutating func carryOut(_ step: PlannedStep, in folder: OpenFolder) throws(CopyError) -> Bool {
        let planned = folder.planned
        switch step.action {
        case .copy(let replacing, let size, let group):
            if !isFree(step.name, in: planned) || countsAsHeld(replacing, step.name, in: planned.path) {
                break
            }
            try copy(folder.job(step.name, replacing: replacing, size: size, group: group), step.kind)
            return true
        case .linkReference(let tree, let replacing, let size, let group):
            if !isFree(step.name, in: planned) || countsAsHeld(replacing, step.name, in: planned.path) {
                break
            }
            let job = folder.job(step.name, replacing: replacing, size: size, group: group)
            try linkReference(job, step.kind, from: tree)
            return true
        case .check(let size, let hash):
            try copy(folder.job(step.name, replacing: .entry, size: size, expected: hash), step.kind)
            return true
        case .move(let place):
            if try move(step, from: place, in: planned, folder.mirror) { break }
            withholdsAll = true
            didStep(planned.path, step.name)
            return false
        case .repair:
            try repair(step, in: folder)
            return true
        case .record(let child):
            try record(planned, step, child)
            return true
        case .forget:
            try recorder?.remove(step.name, in: planned.number)
            return true
        case .removeLeftover:
            try remove(step.name, step.kind, in: planned.path, folder.mirror)
        case .link, .remove:
            return true
        }
        didStep(planned.path, step.name)
        return true
    }

    private mutating func repair(_ step: PlannedStep, in folder: OpenFolder) throws(CopyError) {
        let path = folder.planned.path
        guard let wanted = try sourceMetadata(path, step.name, step.kind, folder.source),
            try isStillCopied(step, wanted.status, path, folder.mirror)
        else {
            didStep(path, step.name)
            return
        }
        let isShared: Bool
        do {
            // It may have names elsewhere, perhaps in earlier copies: these would change with it.
            let there = try folder.mirror.descriptor.status(of: step.name)
            isShared = there.linkCount > wanted.status.linkCount
            if !isShared {
                let target = MetadataTarget.named(step.name, in: folder.mirror)
                noteRefused(try target.apply(wanted, ability), path, step.name)
                outcome.repaired += 1
            }
        } catch {
            try note(destinationFailure: error, path, step.name)
            didStep(path, step.name)
            return
        }
        if isShared {
            try copy(folder.job(step.name, replacing: .entry, size: wanted.status.size), step.kind)
            return
        }
        try record(step.name, in: folder.planned.number, wanted)
        didStep(path, step.name)
    }
}
