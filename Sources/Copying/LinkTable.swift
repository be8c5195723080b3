internal import LinuxSystem

/// Files with several names on either side.
///
/// The mirror's groups must be the source's groups: names that are one file there are one file here, and names that are
/// two files there are two here. Only entries with more than one name are kept, most of them in a file: trees of earlier
/// copies consist of them.
struct LinkTable {
    /// Where a name is, and when the walk came to it.
    struct Place {
        var order = 0
        let folder: FileName
        /// The folder's number in the manifest.
        let number: FolderNumber
        /// That of the folder above.
        let parent: FolderNumber
    }

    /// A file of either side.
    struct File {
        let inode: Inode
        let occupancy: Occupancy

        init(_ status: EntryStatus) {
            self.init(inode: Inode(status), occupancy: Occupancy(status))
        }

        init(inode: Inode, occupancy: Occupancy) {
            self.inode = inode
            self.occupancy = occupancy
        }
    }

    /// One name.
    struct Member {
        var place: Place
        let name: FileName
        let source: File
        /// What the destination has there, of the same kind.
        let mirror: File?
        let replaced: PlannedStep.Replaced
        /// How it differs from the source.
        let differences: Differences
        /// True when the manifest says all this already.
        let isKnown: Bool
        /// What an earlier copy has under the name, as the source has it.
        let reference: Reference?

        /// Contents, or the target of a link.
        var contentsEqual: Bool { !differences.contains(.contents) }
        /// Everything.
        var isEqual: Bool { differences.isEmpty }
        var asLeader: Leader { Leader(folder: place.folder, number: place.number, name: name) }

        func isOn(_ inode: Inode?) -> Bool {
            guard let inode, let mirror else { return false }
            return mirror.inode == inode
        }
    }

    /// An entry of an earlier copy.
    struct Reference {
        let tree: Int
        let inode: Inode
    }

    /// The name from which the others of a group are made, once it holds the contents.
    struct Leader: Equatable, Sendable {
        let folder: FileName
        let number: FolderNumber
        let name: FileName
    }

    /// What is done with one name.
    struct Decision {
        let place: Place
        let step: PlannedStep
        let source: Occupancy
        let mirror: Occupancy?
    }

    private let workFolder: FileName
    /// By their inodes, so that a group comes together.
    private let members: PartitionedSpool
    private var count = 0
    /// What came of reading a file once more; all its names share it.
    var reread: [Inode: Differences] = [:]
    /// Inodes that a name or a group of the destination has or gets; no other one may have them.
    private var claimed = InodeSet()

    init(workFolder: FileName) {
        self.workFolder = workFolder
        members = PartitionedSpool(workFolder: workFolder)
    }

    /// True when nobody else has this inode; then it is taken.
    mutating func claim(_ status: EntryStatus) -> Bool {
        claimed.insert(Inode(status))
    }

    mutating func add(_ member: Member) throws(CopyError) {
        var member = member
        member.place.order = count
        count += 1
        // The golden ratio's bits spread neighbors.
        let spread = (member.source.inode.number ^ member.source.inode.device) &* 0x9E37_79B9_7F4A_7C15
        try members.append(to: Int(spread >> 56)) { $0.append(member) }
    }

    /// Decides for each group which file of the destination it keeps, and calls `body` with every step to make, in the
    /// order in which the names were added.
    ///
    /// A file of the destination is kept by one group only. It is not repaired in place when it has names that are not
    /// of the group: those would change with it.
    mutating func resolve(_ body: (Decision) throws(CopyError) -> Void) throws(CopyError) -> LinkLeaders {
        var leaders = LinkLeaders()
        let decisions = PartitionedSpool(workFolder: workFolder)
        for partition in 0..<PartitionedSpool.partitionCount {
            var rest = try members.take(partition) { $0.member() }[...]
            rest.sort { $0.groupOrder < $1.groupOrder }
            while let inode = rest.first?.source.inode {
                let group = rest.prefix { $0.source.inode == inode }
                rest = rest.dropFirst(group.count)
                for decision in decide(group, &leaders) {
                    let partition = decision.place.order * PartitionedSpool.partitionCount / count
                    try decisions.append(to: partition) { $0.append(decision) }
                }
            }
        }
        for partition in 0..<PartitionedSpool.partitionCount {
            let inOrder = try decisions.take(partition) { $0.decision() }
                .sorted { $0.place.order < $1.place.order }
            for decision in inOrder { try body(decision) }
        }
        return leaders
    }

    private mutating func decide(_ members: ArraySlice<Member>, _ leaders: inout LinkLeaders) -> [Decision] {
        let group = leaders.groupCount
        var decisions: [Decision] = []
        var kept = keptMember(of: members)
        var linked: Int?
        if !(kept?.isEqual ?? false), let found = claimReference(of: members) {
            linked = found.position
            kept = nil
            let member = members[found.position]
            let action = PlannedStep.Action.linkReference(
                tree: found.tree,
                replacing: member.replaced,
                size: member.source.occupancy.size,
                group: group
            )
            decisions.append(Decision(member, action))
        }
        if let kept { decisions += keep(kept, of: members) }
        leaders.addGroup(isThere: kept != nil)
        var leader = kept?.asLeader ?? linked.map { members[$0].asLeader }
        for (position, member) in zip(members.indices, members) where !member.isOn(kept?.mirror?.inode) {
            if position == linked { continue }
            let size = member.source.occupancy.size
            if let leader {
                let action = PlannedStep.Action.link(
                    group: group,
                    leader: leader,
                    replacing: member.replaced,
                    size: size,
                    mirrorIsEqual: member.isEqual
                )
                decisions.append(Decision(member, action))
            } else {
                leader = member.asLeader
                let action = PlannedStep.Action.copy(replacing: member.replaced, size: size, group: group)
                decisions.append(Decision(member, action))
            }
        }
        return decisions
    }

    /// Lets the group have a file that the destination has.
    private mutating func keep(_ kept: Member, of members: ArraySlice<Member>) -> [Decision] {
        guard let inode = kept.mirror?.inode else { return [] }
        _ = claimed.insert(inode)
        var decisions: [Decision] = []
        if !kept.isEqual { decisions.append(Decision(kept, .repair)) }
        for member in members where member.isOn(inode) {
            // The names that are repaired with the first one are not what the manifest knew of them.
            if kept.isEqual ? member.isKnown : member.place.order == kept.place.order { continue }
            decisions.append(Decision(member, .record(child: FolderNumber(rawValue: 0))))
        }
        return decisions
    }

    /// Takes the file of an earlier copy for the group, if there is one.
    ///
    /// - Returns: the position of the name that is linked to it.
    private mutating func claimReference(of members: ArraySlice<Member>) -> (position: Int, tree: Int)? {
        for (position, member) in zip(members.indices, members) {
            guard let reference = member.reference, claimed.insert(reference.inode) else { continue }
            return (position, reference.tree)
        }
        return nil
    }

    private func keptMember(of members: ArraySlice<Member>) -> Member? {
        var names: [Inode: Int] = [:]
        for member in members {
            if let mirror = member.mirror { names[mirror.inode, default: 0] += 1 }
        }
        var best: Member?
        for member in members where member.contentsEqual {
            guard let mirror = member.mirror, !claimed.contains(mirror.inode) else { continue }
            if member.isEqual { return member }
            let isAlone = Int(mirror.occupancy.linkCount) <= names[mirror.inode, default: 0]
            if best == nil && isAlone { best = member }
        }
        return best
    }
}

extension LinkTable.Member {
    /// Names of one file beside each other, in the order of the walk.
    fileprivate var groupOrder: (UInt64, UInt64, Int) {
        (source.inode.device, source.inode.number, place.order)
    }
}

extension LinkTable.Decision {
    fileprivate init(_ member: LinkTable.Member, _ action: PlannedStep.Action) {
        self.init(
            place: member.place,
            step: PlannedStep(
                name: member.name,
                kind: member.source.occupancy.kind,
                action: action,
                differences: member.mirror == nil ? [] : member.differences
            ),
            source: member.source.occupancy,
            mirror: member.mirror?.occupancy
        )
    }
}
