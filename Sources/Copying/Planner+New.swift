internal import LinuxSystem

/// What the destination does not have, and what is decided later.
extension Planner {
    /// Plans an entry that the destination does not have, or has as something else.
    mutating func planNew(
        _ name: FileName,
        _ source: EntryStatus,
        _ replaced: PlannedStep.Replaced
    ) throws(CopyError) {
        if try planMove(name, source, replaced) { return }
        if source.kind == .directory {
            summary.newFolders += 1
            space.addFolder()
            folder.timeChanges = true
            let state: PlannedFolder.State = if case .nothing = replaced { .new } else { .replacesEntry }
            addChild(name, source, state, [], number: newNumber())
        } else if source.linkCount > 1 {
            try addLink(name, EntryPair(source: source, mirror: nil), replaced, .contents, isKnown: false)
        } else if try !planReference(name, EntryPair(source: source, mirror: nil), replaced) {
            let action = PlannedStep.Action.copy(replacing: replaced, size: source.size, group: nil)
            try add(name, EntryPair(source: source, mirror: nil), action, [])
        }
    }

    mutating func addLink(
        _ name: FileName,
        _ pair: EntryPair,
        _ replaced: PlannedStep.Replaced,
        _ differences: Differences,
        isKnown: Bool
    ) throws(CopyError) {
        let reference = differences.isEmpty ? nil : try reference(name, pair.source, .amongNames)
        try links.add(
            LinkTable.Member(
                place: .init(folder: folder.path, number: folder.number, parent: folder.parent),
                name: name,
                source: LinkTable.File(pair.source),
                mirror: pair.mirror.map { LinkTable.File($0) },
                replaced: replaced,
                differences: differences,
                isKnown: isKnown,
                reference: reference
            )
        )
    }

    func newNumber() -> FolderNumber {
        part?.manifest.newFolderNumber() ?? FolderNumber(rawValue: 0)
    }

    mutating func addChild(
        _ name: FileName,
        _ source: EntryStatus,
        _ state: PlannedFolder.State,
        _ differences: Differences,
        number: FolderNumber
    ) {
        let isElsewhere = source.isMountRoot || source.device != sourceRoot.device
        let isMountPoint =
            switch request.boundary {
            case .oneFileSystem: isElsewhere
            case .acrossFileSystems: false
            }
        children.append(
            Child(
                name: name,
                state: state,
                differences: differences,
                number: number,
                isMountPoint: isMountPoint,
                size: source.size
            )
        )
    }

    /// The child just added is not what the manifest knew: something may be moved out of it, which touches its time.
    mutating func noteChanged() {
        children[children.count - 1].timeChanges = isRecorded
    }
}
