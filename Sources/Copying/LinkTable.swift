internal import LinuxSystem

/// Files with several names on either side.
///
/// The mirror's groups must be the source's groups: names that are one file there are one file here, and names that are
/// two files there are two here. Only entries with more than one name are kept.
struct LinkTable {
    /// One inode of a file system.
    struct Inode: Hashable {
        let device: UInt64
        let number: UInt64

        init(_ status: EntryStatus) {
            device = status.device
            number = status.inode
        }
    }

    /// One name.
    struct Member {
        let folder: FileName
        /// The folder's number in the manifest.
        let number: FolderNumber
        /// That of the folder above.
        let parent: FolderNumber
        let name: FileName
        let source: EntryStatus
        /// What the destination has there, of the same kind.
        let mirror: EntryStatus?
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

        func isSameName(as other: Member) -> Bool {
            name == other.name && folder == other.folder
        }

        func isOn(_ inode: Inode?) -> Bool {
            guard let inode, let mirror else { return false }
            return Inode(mirror) == inode
        }
    }

    /// An entry of an earlier copy.
    struct Reference {
        let tree: Int
        let inode: Inode
    }

    /// The name from which the others of a group are made, once it holds the contents.
    struct Leader {
        let folder: FileName
        let number: FolderNumber
        let name: FileName
    }

    private var groups: [[Member]] = []
    private var groupOfInode: [Inode: Int] = [:]
    /// What came of reading a file once more; all its names share it.
    var reread: [Inode: Differences] = [:]
    /// Inodes that a name or a group of the destination has or gets; no other one may have them.
    private var claimed: Set<Inode> = []

    /// True when nobody else has this inode; then it is taken.
    mutating func claim(_ status: EntryStatus) -> Bool {
        claimed.insert(Inode(status)).inserted
    }

    mutating func add(_ member: Member) {
        let inode = Inode(member.source)
        if let group = groupOfInode[inode] {
            groups[group].append(member)
        } else {
            groupOfInode[inode] = groups.count
            groups.append([member])
        }
    }

    /// Decides for each group which file of the destination it keeps, and calls `body` with every step to make.
    ///
    /// A file of the destination is kept by one group only. It is not repaired in place when it has names that are not
    /// of the group: those would change with it.
    ///
    /// - Returns: the leader of each group that keeps a file; nil where the first name is written anew.
    mutating func resolve(_ body: (Member, PlannedStep.Action) -> Void) -> [Leader?] {
        var leaders: [Leader?] = []
        for (index, members) in groups.enumerated() {
            var kept = Self.keptMember(of: members, claimed)
            let isRight = kept?.isEqual ?? false
            let linked = isRight ? nil : linkReference(of: members, group: index, body)
            if linked != nil { kept = nil }
            let keptInode = kept.flatMap { keep($0, of: members, body) }
            leaders.append(kept.map { Leader(folder: $0.folder, number: $0.number, name: $0.name) })
            var hasLeader = kept != nil || linked != nil
            for (position, member) in members.enumerated() where !member.isOn(keptInode) {
                if position == linked { continue }
                if hasLeader {
                    let action = PlannedStep.Action.link(
                        group: index,
                        replacing: member.replaced,
                        size: member.source.size,
                        mirrorIsEqual: member.isEqual
                    )
                    body(member, action)
                } else {
                    hasLeader = true
                    body(
                        member,
                        .copy(replacing: member.replaced, size: member.source.size, group: index)
                    )
                }
            }
        }
        return leaders
    }

    /// Lets the group have a file that the destination has.
    private mutating func keep(
        _ kept: Member,
        of members: [Member],
        _ body: (Member, PlannedStep.Action) -> Void
    ) -> Inode? {
        guard let inode = kept.mirror.map(Inode.init) else { return nil }
        claimed.insert(inode)
        if !kept.isEqual { body(kept, .repair) }
        for member in members where member.isOn(inode) {
            // The names that are repaired with the first one are not what the manifest knew of them.
            if kept.isEqual ? member.isKnown : member.isSameName(as: kept) { continue }
            body(member, .record(child: FolderNumber(rawValue: 0)))
        }
        return inode
    }

    /// Lets the group have the file of an earlier copy, if there is one.
    ///
    /// - Returns: the position of the name that is linked to it.
    private mutating func linkReference(
        of members: [Member],
        group: Int,
        _ body: (Member, PlannedStep.Action) -> Void
    ) -> Int? {
        for (position, member) in members.enumerated() {
            guard let reference = member.reference, claimed.insert(reference.inode).inserted else { continue }
            let action = PlannedStep.Action.linkReference(
                tree: reference.tree,
                replacing: member.replaced,
                size: member.source.size,
                group: group
            )
            body(member, action)
            return position
        }
        return nil
    }

    private static func keptMember(of members: [Member], _ claimed: Set<Inode>) -> Member? {
        var names: [Inode: Int] = [:]
        for member in members {
            if let mirror = member.mirror { names[Inode(mirror), default: 0] += 1 }
        }
        var best: Member?
        for member in members where member.contentsEqual {
            guard let mirror = member.mirror else { continue }
            let inode = Inode(mirror)
            if claimed.contains(inode) { continue }
            if member.isEqual { return member }
            if best == nil && Int(mirror.linkCount) <= names[inode, default: 0] { best = member }
        }
        return best
    }
}
