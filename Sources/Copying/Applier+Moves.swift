internal import LinuxSystem
internal import SystemPackage

/// Renames, and what becomes of the others when one of them cannot be.
extension Applier {
    /// Gives an entry that was moved on the source its new name; false when it cannot be, which is noted.
    mutating func move(
        _ step: PlannedStep,
        from place: ManifestPlace,
        in folder: PlannedFolder,
        _ mirrorFolder: SharedDescriptor
    ) throws(CopyError) -> Bool {
        guard let part = request.manifest else { return false }
        do throws(SystemError) {
            let old = try leaderPlace.move(to: part.path(of: place.folder))
            try old.descriptor.move(place.name, to: mirrorFolder.descriptor, as: step.name)
        } catch {
            keep(step, from: place, in: folder)
            try note(destinationFailure: error, folder.path, step.name)
            return false
        }
        outcome.moved += 1
        try recorder?.move(from: place, to: step.name, in: folder.number)
        return true
    }

    /// What was to be moved to here stays where it is, and what is above it there as well.
    mutating func giveUpMoves(_ folder: PlannedFolder) {
        outcome.leavesDoubt = true
        for step in folder.steps {
            guard case .move(let place) = step.action else { continue }
            withholdsAll = true
            keep(step, from: place, in: folder)
        }
    }

    private mutating func keep(_ step: PlannedStep, from place: ManifestPlace, in folder: PlannedFolder) {
        closedFolders.insert(folder.path.appending(step.name))
        keptPlaces.insert(place)
    }

    /// False, and noted, for a name that something has which could not be moved away: it is the only copy.
    mutating func isFree(_ name: FileName, in folder: PlannedFolder) -> Bool {
        isFree(name, in: folder.number, folder.path)
    }

    private mutating func isFree(_ name: FileName, in folder: FolderNumber, _ path: FileName) -> Bool {
        if keptPlaces.isEmpty || !keptPlaces.contains(ManifestPlace(folder: folder, name: name)) {
            return true
        }
        let error = SystemError(call: "renameat2", subject: name, errno: .fileExists)
        outcome.skipped.append(path.appending(name), .refused(error))
        outcome.leavesDoubt = true
        return false
    }

    /// The same for a folder that is to be made.
    mutating func isFree(_ folder: PlannedFolder) -> Bool {
        isFree(folder.path.lastComponent, in: folder.parent, folder.path.parent)
    }
}
