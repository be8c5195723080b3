internal import LinuxSystem

/// How planned folders are written into a spool.
extension RecordWriter {
    mutating func append(_ planned: PlannedFolder) {
        append(planned.path)
        append(byte: planned.state.rawValue)
        append(byte: planned.differences.rawValue)
        append(byte: planned.timeChanges ? 1 : 0)
        append(planned.number)
        append(planned.parent)
        append(planned.steps.count)
        for step in planned.steps { append(step) }
    }

    mutating func append(_ step: PlannedStep) {
        append(step.name)
        append(byte: step.kind.code)
        append(byte: step.differences.rawValue)
        switch step.action {
        case .copy(let replacing, let size, let group):
            append(byte: 0)
            append(byte: replacing.rawValue)
            append(Int(size))
            append(optional: group)
        case .repair: append(byte: 1)
        case .link(let group, let leader, let replacing, let size, let mirrorIsEqual):
            append(byte: mirrorIsEqual ? 3 : 2)
            append(group)
            append(leader.folder)
            append(leader.number)
            append(leader.name)
            append(byte: replacing.rawValue)
            append(Int(size))
        case .remove: append(byte: 4)
        case .removeLeftover: append(byte: 5)
        case .check(let size, let hash):
            append(byte: 6)
            append(Int(size))
            append(hash)
        case .move(let place):
            append(byte: 7)
            append(place.folder)
            append(place.name)
        case .record(let child):
            append(byte: 8)
            append(child)
        case .forget: append(byte: 9)
        case .linkReference(let tree, let replacing, let size, let group):
            append(byte: 10)
            append(tree)
            append(byte: replacing.rawValue)
            append(Int(size))
            append(optional: group)
        }
    }

    private mutating func append(optional group: Int?) {
        append(group.map { $0 + 1 } ?? 0)
    }
}

/// How they are read again.
extension RecordReader {
    mutating func folder() -> PlannedFolder {
        let path = name()
        var planned = PlannedFolder(path: path, state: value(), differences: Differences(rawValue: byte()))
        planned.timeChanges = byte() == 1
        planned.number = folderNumber()
        planned.parent = folderNumber()
        let count = number()
        planned.steps.reserveCapacity(count)
        for _ in 0..<count { planned.steps.append(step()) }
        return planned
    }

    mutating func step() -> PlannedStep {
        let name = name()
        let kind = kind()
        let differences = Differences(rawValue: byte())
        let action: PlannedStep.Action
        switch byte() {
        case 0:
            let replacing: PlannedStep.Replaced = value()
            let size = Int64(number())
            action = .copy(replacing: replacing, size: size, group: group())
        case 1: action = .repair
        case 2: action = link(mirrorIsEqual: false)
        case 3: action = link(mirrorIsEqual: true)
        case 4: action = .remove
        case 5: action = .removeLeftover
        case 6: action = .check(size: Int64(number()), hash: hash())
        case 7: action = .move(from: ManifestPlace(folder: folderNumber(), name: self.name()))
        case 8: action = .record(child: folderNumber())
        case 9: action = .forget
        case 10: action = linkReference()
        default: Self.fail()
        }
        return PlannedStep(name: name, kind: kind, action: action, differences: differences)
    }

    private mutating func link(mirrorIsEqual: Bool) -> PlannedStep.Action {
        let group = number()
        let leader = LinkTable.Leader(folder: name(), number: folderNumber(), name: name())
        let replacing: PlannedStep.Replaced = value()
        return .link(
            group: group,
            leader: leader,
            replacing: replacing,
            size: Int64(number()),
            mirrorIsEqual: mirrorIsEqual
        )
    }

    private mutating func linkReference() -> PlannedStep.Action {
        let tree = number()
        let replacing: PlannedStep.Replaced = value()
        let size = Int64(number())
        return .linkReference(tree: tree, replacing: replacing, size: size, group: group())
    }

    private mutating func group() -> Int? {
        let number = number()
        return number == 0 ? nil : number - 1
    }
}
